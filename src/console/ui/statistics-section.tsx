/** Statistics under a heading, with the choice of the time that they cover. */

import { lazy, Suspense } from 'react';
import type { StatisticsWindow } from '../generated/graphql.js';
import { Loading } from './loading.js';
import { Section } from './section.js';
import type { History } from './statistics-charts.js';
import { WindowChoice } from './window-choice.js';

const StatisticsCharts = lazy(async () => ({ default: (await import('./statistics-charts.js')).StatisticsCharts }));

/** Shows statistics; charts are loaded when they are first shown. */
export function StatisticsSection({ history, window }: { history: History; window: StatisticsWindow }) {
  return (
    <Section title="Statistics" actions={<WindowChoice window={window} />}>
      <Suspense fallback={<Loading />}>
        <StatisticsCharts history={history} />
      </Suspense>
    </Section>
  );
}

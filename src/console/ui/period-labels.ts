/** Names of the periods of a chart: times within a day, else dates. */

const times = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const days = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
const MS_OF_A_DAY = 86_400_000;
/** The first period begins within a day of the last one's end, give or take a bucket. */
const TOLERANCE_MS = 3_600_000;

/** One label a period, in the reader's zone. */
export function labelPeriods(periods: readonly { readonly from: string; readonly to: string }[]): string[] {
  const begin = Date.parse(periods[0]?.from ?? '');
  const end = Date.parse(periods.at(-1)?.to ?? '');
  const format = end - begin > MS_OF_A_DAY + TOLERANCE_MS ? days : times;
  return periods.map(({ from }) => format.format(new Date(from)));
}

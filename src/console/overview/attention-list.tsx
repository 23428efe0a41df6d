/** What needs a person: destinations that do not deliver, or not for long, and exports that did not end well. */

import { Alert, Anchor, List } from '@mantine/core';
import { Link } from 'wouter';
import type { ExportRowFragment, OverviewQuery } from '../generated/graphql.js';
import { MomentText } from '../ui/moment-text.js';
import { countOf, formatCount, toWords } from '../ui/words.js';

const MAX_EXPORTS = 5;

/** What is looked through. */
export interface AttentionListProps {
  /** Those that do not deliver as they should, the worst first. */
  readonly troubled: OverviewQuery['troubled'];
  /** Credentials that expire some day soon. */
  readonly expiring: OverviewQuery['expiring']['nodes'];
  readonly exports: readonly ExportRowFragment[];
}

/** Lists what needs attention; nothing if nothing does. */
export function AttentionList({ troubled, expiring, exports }: AttentionListProps) {
  const warned = expiring.filter(isWarnedOf);
  const failing = exports.filter(isUnrecovered).slice(0, MAX_EXPORTS);
  const unlisted = Number(troubled.totalCount) - troubled.nodes.length;
  if (troubled.nodes.length + warned.length + failing.length === 0) return null;
  return (
    <Alert color="red" variant="outline" title="Needs attention">
      <List size="sm">
        {troubled.nodes.map(({ id, name, health }) => (
          <List.Item key={id}>
            <Anchor component={Link} href={`/destinations/${id}`} size="sm" underline="always">
              {name}
            </Anchor>{' '}
            is {toWords(health.status)}. {health.reason?.remedy}
          </List.Item>
        ))}
        {unlisted > 0 && <List.Item>And {countOf(unlisted, 'destination')} more.</List.Item>}
        {warned.map(({ id, name, current, warning }) => (
          <List.Item key={id}>
            <Anchor component={Link} href="/credentials" size="sm" underline="always">
              Credential {name}
            </Anchor>{' '}
            expires {current.expiresAt !== null && <MomentText at={current.expiresAt} />}. {warning?.remedy}
          </List.Item>
        ))}
        {failing.map(({ id, state, destination, failed, recovered }) => (
          <List.Item key={id}>
            <Anchor component={Link} href={`/exports/${id}`} size="sm" underline="always">
              An export to {destination.name}
            </Anchor>{' '}
            {toWords(state)}: {formatCount(failed)} failed, {formatCount(recovered)} recovered since.
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}

/** Of what failed, whether some is neither delivered since nor decided on. */
function isUnrecovered({ failed, recovered }: ExportRowFragment): boolean {
  return Number(failed) > Number(recovered);
}

/** Whether a credential needs a new secret; one that no enabled destination uses does not. */
function isWarnedOf({ warning, destinations }: AttentionListProps['expiring'][number]): boolean {
  return warning !== null && Number(destinations.totalCount) > 0;
}

/** What needs a person: destinations that do not deliver, or not for long, and exports that did not end well. */

import { Alert, Anchor, List } from '@mantine/core';
import { Link } from 'wouter';
import type { DestinationRowFragment, ExportRowFragment } from '../generated/graphql.js';
import { MomentText } from '../ui/moment-text.js';
import { formatCount, toWords } from '../ui/words.js';

/** What is looked through. */
export interface AttentionListProps {
  readonly destinations: readonly DestinationRowFragment[];
  readonly exports: readonly ExportRowFragment[];
}

/** Lists what needs attention; nothing if nothing does. */
export function AttentionList({ destinations, exports }: AttentionListProps) {
  const halted = destinations.filter(({ enabled, health }) => enabled && health.status === 'HALTED');
  const expiring = findExpiring(destinations);
  if (halted.length + expiring.length + exports.length === 0) return null;
  return (
    <Alert color="red" variant="outline" title="Needs attention">
      <List size="sm">
        {halted.map(({ id, name, health }) => (
          <List.Item key={id}>
            <Anchor component={Link} href={`/destinations/${id}`} size="sm" underline="always">
              {name}
            </Anchor>{' '}
            is halted. {health.reason?.remedy}
          </List.Item>
        ))}
        {expiring.map(({ id, name, current, warning }) => (
          <List.Item key={id}>
            <Anchor component={Link} href="/credentials" size="sm" underline="always">
              Credential {name}
            </Anchor>{' '}
            expires {current.expiresAt !== null && <MomentText at={current.expiresAt} />}. {warning?.remedy}
          </List.Item>
        ))}
        {exports.map(({ id, state, destination, failed, recovered }) => (
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

/** Each credential once, however many destinations use it. */
function findExpiring(destinations: AttentionListProps['destinations']) {
  const warned = destinations.flatMap(({ enabled, credential }) =>
    enabled && credential.warning !== null ? [credential] : [],
  );
  return [...new Map(warned.map((credential) => [credential.id, credential])).values()];
}

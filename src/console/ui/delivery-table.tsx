/** What became of records: outcome, shard and sequence number, or the code. */

import { Anchor, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { SentDeliveryFragment } from '../generated/graphql.js';
import { MomentText } from './moment-text.js';
import { StateBadge } from './state-badge.js';
import { WideTable } from './wide-table.js';
import { capitalize, toWords } from './words.js';

const TITLES = ['Time', 'Outcome', 'Profile', 'Why sent', 'Where, or why not'];

/** Shows deliveries. */
export function DeliveryTable({ deliveries }: { deliveries: readonly SentDeliveryFragment[] }) {
  if (deliveries.length === 0) return <Text c="dimmed">None yet.</Text>;
  return (
    <WideTable label="Deliveries" titles={TITLES} minWidthPx={720}>
      {deliveries.map((delivery) => (
        <DeliveryRow key={delivery.id} delivery={delivery} />
      ))}
    </WideTable>
  );
}

function DeliveryRow({ delivery }: { delivery: SentDeliveryFragment }) {
  const { committedAt, outcome, profileId, shardId, sequenceNumber, code, reason } = delivery;
  return (
    <Table.Tr>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>
        <MomentText at={committedAt} />
      </Table.Td>
      <Table.Td>
        <StateBadge state={outcome} />
      </Table.Td>
      <Table.Td>
        {profileId === null ? (
          'Erased'
        ) : (
          <Anchor component={Link} href={`/profiles/${encodeURIComponent(profileId)}`}>
            {profileId}
          </Anchor>
        )}
      </Table.Td>
      <Table.Td>{describeCauses(delivery)}</Table.Td>
      <Table.Td>
        {outcome === 'DELIVERED' ? `${shardId}, ${sequenceNumber}` : `${code}: ${reason?.meaning ?? ''}`}
      </Table.Td>
    </Table.Tr>
  );
}

/** Such as `Live: membership vip, attribute tier`. Exports of members have no causes. */
function describeCauses({ origin, causes }: SentDeliveryFragment): string {
  const changes = causes.map(({ kind, subject }) => `${toWords(kind)} ${subject}`).join(', ');
  return capitalize(toWords(origin)) + (changes && `: ${changes}`);
}

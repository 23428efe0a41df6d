/** Failed records as a table, each with why it failed, what mends it, and what a retry would send. */

import { Anchor, Button, Modal, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import type { FailedRecordRowFragment } from '../generated/graphql.js';
import { HelpText } from '../ui/help-text.js';
import { MomentText } from '../ui/moment-text.js';
import { StateBadge } from '../ui/state-badge.js';
import { WideTable } from '../ui/wide-table.js';
import { RetryPreview } from './retry-preview.js';

const TITLES = ['Time', 'State', 'Profile', 'Why', 'What to do', 'Record'];

/** Shows failed records. */
export function FailedRecordTable({ records }: { records: readonly FailedRecordRowFragment[] }) {
  const [opened, setOpened] = useState<FailedRecordRowFragment | null>(null);
  return (
    <>
      <WideTable label="Failed records" titles={TITLES} minWidthPx={800}>
        {records.map((record) => (
          <FailedRecordRow key={record.id} record={record} onOpen={() => setOpened(record)} />
        ))}
      </WideTable>
      <Modal
        opened={opened !== null}
        onClose={() => setOpened(null)}
        size="lg"
        title={`What a retry of ${opened?.profileId} would send`}
      >
        {opened && <RetryPreview record={opened} />}
      </Modal>
    </>
  );
}

function FailedRecordRow({ record, onOpen }: { record: FailedRecordRowFragment; onOpen: () => void }) {
  const { failedAt, state, profileId, code, message, reason } = record;
  return (
    <Table.Tr>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>
        <MomentText at={failedAt} />
      </Table.Td>
      <Table.Td>
        <StateBadge state={state} />
      </Table.Td>
      <Table.Td>
        <Anchor component={Link} href={`/profiles/${encodeURIComponent(profileId)}`}>
          {profileId}
        </Anchor>
      </Table.Td>
      <Table.Td>
        <Text size="sm" fw={600}>
          {code}
        </Text>
        <Text size="sm">{message}</Text>
      </Table.Td>
      <Table.Td>
        <HelpText text={reason.remedy} />
      </Table.Td>
      <Table.Td>
        <Button size="xs" variant="default" onClick={onOpen} aria-label={`Show the record of ${profileId}`}>
          Show
        </Button>
      </Table.Td>
    </Table.Tr>
  );
}

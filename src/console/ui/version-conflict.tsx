/** Two states of the same thing: what was typed here, and what somebody else saved meanwhile. */

import { Alert, Button, Group, Stack, Table } from '@mantine/core';
import { WideTable } from './wide-table.js';

const TITLES = ['Field', 'Here', 'Saved by somebody else'];

/** One field in both states. */
export interface FieldStates {
  readonly label: string;
  /** As text; empty where nothing is set. */
  readonly mine: string;
  readonly theirs: string;
}

/** What was changed by two, and what can be done. */
export interface VersionConflictProps {
  /** Such as `these settings`. */
  readonly what: string;
  readonly fields: readonly FieldStates[];
  readonly onTakeTheirs: () => void;
  /** Saves what was changed here, on top of theirs. */
  readonly onKeepMine: () => void;
}

/** Shows both states where they differ. */
export function VersionConflict({ what, fields, onTakeTheirs, onKeepMine }: VersionConflictProps) {
  const different = fields.filter(({ mine, theirs }) => mine !== theirs);
  return (
    <Alert role="alert" color="orange" variant="outline" title={`Somebody changed ${what} meanwhile`}>
      <Stack>
        <WideTable label="Differences" titles={TITLES} minWidthPx={480}>
          {different.map(({ label, mine, theirs }) => (
            <Table.Tr key={label}>
              <Table.Td>{label}</Table.Td>
              <Table.Td>{mine || '(empty)'}</Table.Td>
              <Table.Td>{theirs || '(empty)'}</Table.Td>
            </Table.Tr>
          ))}
        </WideTable>
        <Group>
          <Button variant="default" onClick={onTakeTheirs}>
            Take theirs
          </Button>
          <Button variant="default" onClick={onKeepMine}>
            Save mine over theirs
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

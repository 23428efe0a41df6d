/** Two states of the same settings: what was typed here, and what somebody else saved meanwhile. */

import { Alert, Button, Group, Stack, Table } from '@mantine/core';
import type { Field, FieldValue, FieldValues } from '../fields/field-values.js';
import { WideTable } from '../ui/wide-table.js';

const TITLES = ['Setting', 'Here', 'Saved by somebody else'];

/** What differs, and what can be done. */
export interface SettingsConflictProps {
  readonly fields: readonly Field[];
  readonly mine: FieldValues;
  readonly theirs: FieldValues;
  readonly onTakeTheirs: () => void;
  /** Saves what was changed here, on top of theirs. */
  readonly onKeepMine: () => void;
}

/** Shows both states where they differ. */
export function SettingsConflict({ fields, mine, theirs, onTakeTheirs, onKeepMine }: SettingsConflictProps) {
  const different = fields.filter(({ name }) => toText(mine[name]) !== toText(theirs[name]));
  return (
    <Alert role="alert" color="orange" variant="outline" title="Somebody changed these settings meanwhile">
      <Stack>
        <WideTable label="Differences" titles={TITLES} minWidthPx={480}>
          {different.map(({ name, label }) => (
            <Table.Tr key={name}>
              <Table.Td>{label}</Table.Td>
              <Table.Td>{toText(mine[name])}</Table.Td>
              <Table.Td>{toText(theirs[name])}</Table.Td>
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

function toText(value: FieldValue | undefined): string {
  if (value === undefined || value === '') return '(empty)';
  return typeof value === 'object' ? value.join(', ') || '(empty)' : String(value);
}

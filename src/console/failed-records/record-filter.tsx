/** Which failed records are shown: their state and code, as part of the address. */

import { Group, Select } from '@mantine/core';
import { useSearchParams } from 'wouter';
import type { DeliveryCode, FailedRecordState } from '../generated/graphql.js';
import { withChoice } from '../ui/page.js';
import { capitalize, toWords } from '../ui/words.js';
import { FAILURE_CODES } from './failure-codes.js';

/** What was chosen. */
export interface RecordFilter {
  readonly state: FailedRecordState;
  /** Null shows all. */
  readonly code: DeliveryCode | null;
}

const STATES: readonly FailedRecordState[] = ['OPEN', 'RETRYING', 'RECOVERED', 'DISCARDED'];

/** Reads the filter of an address; open records with any code if it names none. */
export function readRecordFilter(parameters: URLSearchParams): RecordFilter {
  const state = STATES.find((candidate) => candidate === parameters.get('state')) ?? 'OPEN';
  const code = FAILURE_CODES.find((candidate) => candidate === parameters.get('code')) ?? null;
  return { state, code };
}

/** The choice. */
export function RecordFilterFields({ filter: { state, code } }: { filter: RecordFilter }) {
  const [, setParameters] = useSearchParams();
  const change = (name: 'state' | 'code', value: string | null) =>
    setParameters((present) => withChoice(present, name, value));
  return (
    <Group>
      <Select
        label="State of failed records"
        data={STATES.map((value) => ({ value, label: capitalize(toWords(value)) }))}
        value={state}
        allowDeselect={false}
        onChange={(value) => change('state', value)}
      />
      <Select
        label="Code"
        placeholder="All"
        data={[...FAILURE_CODES]}
        value={code}
        clearable
        clearButtonProps={{ 'aria-label': 'Show all codes' }}
        onChange={(value) => change('code', value)}
      />
    </Group>
  );
}

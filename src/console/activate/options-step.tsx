/** Third step: who is delivered at once, which changes count later, and exports that come by themselves. */

import { NumberInput, Radio, Stack, TextInput } from '@mantine/core';
import type { BackfillMode, ChangeDetection, ScheduleMode } from '../generated/graphql.js';
import type { DraftProps } from './activation-draft.js';

interface Choice<Value extends string> {
  readonly value: Value;
  readonly label: string;
  readonly help: string;
}

const BACKFILLS: readonly Choice<BackfillMode>[] = [
  { value: 'ALL', label: 'All present members', help: 'An export of them starts at once.' },
  { value: 'SINCE', label: 'Members since a time', help: 'Only who qualified at that time or later.' },
  { value: 'NONE', label: 'None', help: 'Only changes from now on are delivered.' },
];

const DETECTIONS: readonly Choice<ChangeDetection>[] = [
  { value: 'EXPORT_IF_CHANGED', label: 'If a value changed', help: 'Writing an equal value delivers nothing.' },
  { value: 'EXPORT_ALWAYS', label: 'Always', help: 'Each write of a mapped attribute is delivered.' },
];

const SCHEDULES: readonly Choice<ScheduleMode>[] = [
  { value: 'FULL', label: 'All present members', help: 'Each time.' },
  { value: 'CHANGED_SINCE_LAST', label: 'Those who changed', help: 'Since the last scheduled export began.' },
];

/** The step. */
export function OptionsStep({ draft, onChange }: DraftProps) {
  return (
    <Stack mt="md" maw={640}>
      <BackfillOptions draft={draft} onChange={onChange} />
      <ChangeOptions draft={draft} onChange={onChange} />
    </Stack>
  );
}

/** Which changes count, and exports that come by themselves. */
export function ChangeOptions({ draft, onChange }: DraftProps) {
  return (
    <>
      <Choices
        label="Deliver changes"
        choices={DETECTIONS}
        value={draft.changeDetection}
        onChange={(changeDetection) => onChange({ changeDetection })}
      />
      <TextInput
        label="Export by itself"
        description="A cron expression of 5 fields, such as 0 3 * * * for each night at 3; empty: never."
        value={draft.cron}
        onChange={(event) => onChange({ cron: event.currentTarget.value })}
      />
      {draft.cron.trim() !== '' && (
        <>
          <TextInput
            label="Time zone of the expression"
            description="Such as Europe/Berlin."
            value={draft.timeZone}
            onChange={(event) => onChange({ timeZone: event.currentTarget.value })}
          />
          <Choices
            label="Whom it exports"
            choices={SCHEDULES}
            value={draft.scheduleMode}
            onChange={(scheduleMode) => onChange({ scheduleMode })}
          />
        </>
      )}
    </>
  );
}

/** Who is delivered at once. */
export function BackfillOptions({ draft, onChange }: DraftProps) {
  return (
    <>
      <Choices
        label="Deliver at once"
        choices={BACKFILLS}
        value={draft.backfillMode}
        onChange={(backfillMode) => onChange({ backfillMode })}
      />
      {draft.backfillMode === 'SINCE' && (
        <TextInput
          type="datetime-local"
          label="Since"
          required
          value={draft.since}
          onChange={(event) => onChange({ since: event.currentTarget.value })}
        />
      )}
      {draft.backfillMode !== 'NONE' && (
        <NumberInput
          label="Most records a second"
          description="Empty: as fast as the stream takes them."
          min={1}
          max={1_000_000}
          thousandSeparator=","
          value={draft.maxRecordsPerSecond ?? ''}
          onChange={(rate) => onChange({ maxRecordsPerSecond: typeof rate === 'number' ? rate : null })}
        />
      )}
    </>
  );
}

interface ChoicesProps<Value extends string> {
  readonly label: string;
  readonly choices: readonly Choice<Value>[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}

function Choices<Value extends string>({ label, choices, value, onChange }: ChoicesProps<Value>) {
  return (
    <Radio.Group
      label={label}
      value={value}
      onChange={(text) => {
        const chosen = choices.find((choice) => choice.value === text);
        if (chosen) onChange(chosen.value);
      }}
    >
      <Stack gap="xs" mt="xs">
        {choices.map((choice) => (
          <Radio key={choice.value} value={choice.value} label={choice.label} description={choice.help} />
        ))}
      </Stack>
    </Radio.Group>
  );
}

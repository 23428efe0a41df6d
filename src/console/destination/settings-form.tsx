/** The form that changes settings. Who changed them meanwhile is not overwritten: both states are shown. */

import { Button, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { FieldList } from '../fields/field-list.js';
import { compareValues, type Field, toChanges } from '../fields/field-values.js';
import { useFields } from '../fields/use-fields.js';
import { type SettingsFragment, UpdateKinesisDestinationDocument } from '../generated/graphql.js';
import { ActionForm } from '../ui/action-form.js';
import { faultsByField, useAction } from '../ui/outcome.js';
import { RefusalAlert } from '../ui/refusal-alert.js';
import { VersionConflict } from '../ui/version-conflict.js';
import type { Destination } from './destination-view.js';
import { valuesOf } from './settings-values.js';

/** What is changed. */
export interface SettingsFormProps {
  readonly fields: readonly Field[];
  readonly destination: Destination;
}

/** The form; made anew when it takes over what somebody else saved. */
export function SettingsForm({ fields, destination }: SettingsFormProps) {
  const [base, setBase] = useState<SettingsFragment>(destination);
  return <VersionForm key={base.version} fields={fields} destination={destination} base={base} onBase={setBase} />;
}

interface VersionFormProps extends SettingsFormProps {
  /** The settings that the form began with. */
  readonly base: SettingsFragment;
  readonly onBase: (base: SettingsFragment) => void;
}

function VersionForm({ fields, destination, base, onBase }: VersionFormProps) {
  const before = valuesOf(fields, base);
  const state = useFields(before);
  const [conflict, setConflict] = useState<SettingsFragment | null>(null);
  const { isRunning, run } = useAction(UpdateKinesisDestinationDocument);
  const changes = toChanges(fields, { before, after: state.values });
  const save = async (expectedVersion: number) => {
    if (!state.check(fields)) return;
    const outcome = await run({ input: { id: destination.id, expectedVersion, ...changes } });
    if (outcome.isDone) {
      notifications.show({ title: 'Saved', message: `${outcome.success.destination.name} has its new settings.` });
      return onBase(outcome.success.destination);
    }
    const { answer, refusal } = outcome;
    if (answer?.__typename !== 'ConflictError' || !isSettings(answer.current))
      return state.setFaults(faultsByField(refusal));
    setConflict(answer.current);
  };
  return (
    <ActionForm label="Settings" onSubmit={() => void save(base.version)}>
      <Stack>
        <FieldList fields={fields} state={state} />
        <RefusalAlert message={state.faults['']} />
        {conflict && (
          <VersionConflict
            what="these settings"
            fields={compareValues(fields, { mine: state.values, theirs: valuesOf(fields, conflict) })}
            onTakeTheirs={() => onBase(conflict)}
            onKeepMine={() => void save(conflict.version)}
          />
        )}
        <Button
          type="submit"
          loading={isRunning}
          disabled={Object.keys(changes).length === 0}
          style={{ alignSelf: 'flex-start' }}
        >
          Save the settings
        </Button>
      </Stack>
    </ActionForm>
  );
}

function isSettings(current: object | null): current is SettingsFragment {
  return current !== null && 'version' in current && 'stream' in current;
}

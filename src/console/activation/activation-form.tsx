/** The form that changes an activation. Who changed it meanwhile is not overwritten: both states are shown. */

import { Button, Stack, Switch } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import type { ActivationDraft } from '../activate/activation-draft.js';
import { AttributesStep } from '../activate/attributes-step.js';
import { BackfillOptions, ChangeOptions } from '../activate/options-step.js';
import { SegmentsStep } from '../activate/segments-step.js';
import type { ActivationRowFragment } from '../generated/graphql.js';
import { ConfirmByName } from '../ui/confirm-by-name.js';
import { RefusalAlert } from '../ui/refusal-alert.js';
import { Section } from '../ui/section.js';
import { VersionConflict } from '../ui/version-conflict.js';
import { compareStates, draftOf } from './activation-changes.js';
import { type SavedActivation, useActivationUpdate } from './activation-update.js';

/** What is changed. */
export interface ActivationFormProps {
  /** The activation that the form begins with. */
  readonly base: ActivationRowFragment;
  readonly onSaved: (saved: SavedActivation) => void;
  readonly onTakeTheirs: (theirs: ActivationRowFragment) => void;
}

/** The form. */
export function ActivationForm({ base, onSaved, onTakeTheirs }: ActivationFormProps) {
  const [draft, setDraft] = useState(() => draftOf(base, Intl.DateTimeFormat().resolvedOptions().timeZone));
  const [sendExits, setSendExits] = useState(false);
  const [isAsking, { open, close }] = useDisclosure();
  const update = useActivationUpdate({ base, draft, sendExits, onSaved });
  const { conflict, removed } = update;
  const submit = () => (removed.length > 0 ? open() : void update.save());
  return (
    <Stack gap="xl" maw={720}>
      <DraftFields draft={draft} onChange={(change) => setDraft({ ...draft, ...change })} hasAdded={update.hasAdded} />
      {removed.length > 0 && <ExitChoice removed={removed} isOn={sendExits} onChange={setSendExits} />}
      <RefusalAlert message={update.refusal} />
      {conflict ? (
        <VersionConflict
          what="this activation"
          fields={compareStates(draft, conflict)}
          onTakeTheirs={() => onTakeTheirs(conflict)}
          onKeepMine={submit}
        />
      ) : (
        <SaveButton isRunning={update.isRunning} hasChanges={update.hasChanges} onSave={submit} />
      )}
      <ConfirmByName
        isOpen={isAsking}
        onClose={close}
        title="Take out of the activation"
        name={removed.join(', ')}
        consequence={describeRemoval(sendExits)}
        isRunning={update.isRunning}
        onConfirm={() => void update.save().then(close)}
      />
    </Stack>
  );
}

interface DraftFieldsProps {
  readonly draft: ActivationDraft;
  readonly onChange: (change: Partial<ActivationDraft>) => void;
  /** Whether segments come in, whose members may be delivered at once. */
  readonly hasAdded: boolean;
}

function DraftFields({ draft, onChange, hasAdded }: DraftFieldsProps) {
  return (
    <>
      <Section title="Segments">
        <SegmentsStep draft={draft} onChange={onChange} />
        {hasAdded && <BackfillOptions draft={draft} onChange={onChange} />}
      </Section>
      <Section title="Attributes">
        <AttributesStep draft={draft} onChange={onChange} />
      </Section>
      <Section title="Options">
        <ChangeOptions draft={draft} onChange={onChange} />
      </Section>
    </>
  );
}

interface ExitChoiceProps {
  readonly removed: readonly string[];
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}

function ExitChoice({ removed, isOn, onChange }: ExitChoiceProps) {
  return (
    <Switch
      label={`Send the members of ${removed.join(', ')} once more, as exited`}
      description="Else the destination hears nothing of it, and goes on believing that they are members."
      checked={isOn}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

interface SaveButtonProps {
  readonly isRunning: boolean;
  readonly hasChanges: boolean;
  readonly onSave: () => void;
}

function SaveButton({ isRunning, hasChanges, onSave }: SaveButtonProps) {
  return (
    <Button loading={isRunning} disabled={!hasChanges} onClick={onSave} style={{ alignSelf: 'flex-start' }}>
      Save the activation
    </Button>
  );
}

function describeRemoval(sendExits: boolean): string {
  const exits = sendExits ? 'Each member is sent once more, as exited.' : 'No exits are sent.';
  return `Changes of these members are not delivered any more. ${exits}`;
}

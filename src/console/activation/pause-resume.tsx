/** Holds an activation, and lets it go on: with the changes kept meanwhile, or without them. */

import { Button } from '@mantine/core';
import { type ActivationRowFragment, PauseActivationDocument, ResumeActivationDocument } from '../generated/graphql.js';
import { EndByName } from '../ui/end-by-name.js';
import { type Refusal, useAction } from '../ui/outcome.js';
import { tellRefusal } from '../ui/tell-refusal.js';
import { nameActivation } from './activation-name.js';

/** The buttons that its state calls for. */
export function PauseResume({ activation }: { activation: ActivationRowFragment }) {
  return activation.state === 'PAUSED' ? <Resume activation={activation} /> : <Pause activation={activation} />;
}

function Pause({ activation: { id } }: { activation: ActivationRowFragment }) {
  const { isRunning, run } = useAction(PauseActivationDocument);
  return (
    <Button size="xs" variant="default" loading={isRunning} onClick={() => void run({ id }).then(tellIfRefused)}>
      Pause
    </Button>
  );
}

function Resume({ activation }: { activation: ActivationRowFragment }) {
  const { id } = activation;
  const name = nameActivation(activation);
  const { isRunning, run } = useAction(ResumeActivationDocument);
  return (
    <>
      <Button
        size="xs"
        variant="default"
        loading={isRunning}
        onClick={() => void run({ id, onResume: 'LATEST_ONLY' }).then(tellIfRefused)}
      >
        Resume
      </Button>
      <EndByName
        document={ResumeActivationDocument}
        variables={{ id, onResume: 'DISCARD' }}
        label="Discard changes"
        description={`Discard the changes kept of ${name}`}
        size="xs"
        title="Resume without the changes"
        name={name}
        consequence="What changed while it was paused is not delivered, but skipped with code CHANGES_DISCARDED. Its exports go on all the same."
      />
    </>
  );
}

function tellIfRefused(outcome: { isDone: true } | { isDone: false; refusal: Refusal }): void {
  if (!outcome.isDone) tellRefusal(outcome.refusal.message);
}

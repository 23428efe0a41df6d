/** Activates segments to a destination: whom, what of them, how, a look at a real record, and start. */

import { Button, Group, Stack, Stepper, useMatches } from '@mantine/core';
import { useState } from 'react';
import { ViewFrame } from '../ui/view-frame.js';
import { type ActivationDraft, emptyDraft } from './activation-draft.js';
import { AttributesStep } from './attributes-step.js';
import { OptionsStep } from './options-step.js';
import { ReviewStep } from './review-step.js';
import { SegmentsStep } from './segments-step.js';

const LAST_STEP = 3;

/** The flow. */
export function ActivateView({ destinationId }: { destinationId: string }) {
  const [step, setStep] = useState(0);
  const [draft, setDraft] = useState(() => emptyDraft(Intl.DateTimeFormat().resolvedOptions().timeZone));
  const orientation = useMatches<'vertical' | 'horizontal'>({ base: 'vertical', md: 'horizontal' });
  const shared = { draft, onChange: (change: Partial<ActivationDraft>) => setDraft({ ...draft, ...change }) };
  const above = [
    { href: '/', label: 'Overview' },
    { href: `/destinations/${destinationId}`, label: 'Destination' },
  ];
  return (
    <ViewFrame title="Activate segments" above={above}>
      <Stepper active={step} onStepClick={setStep} allowNextStepsSelect={false} size="sm" orientation={orientation}>
        <Stepper.Step label="Segments" description="Whose profiles">
          <SegmentsStep {...shared} />
        </Stepper.Step>
        <Stepper.Step label="Attributes" description="What of them">
          <AttributesStep {...shared} />
        </Stepper.Step>
        <Stepper.Step label="Options" description="Backfill and changes">
          <OptionsStep {...shared} />
        </Stepper.Step>
        <Stepper.Step label="Review" description="A real record">
          <ReviewStep draft={draft} destinationId={destinationId} />
        </Stepper.Step>
      </Stepper>
      <StepButtons step={step} canGoOn={draft.segmentIds.length > 0} onStep={setStep} />
    </ViewFrame>
  );
}

interface StepButtonsProps {
  readonly step: number;
  readonly canGoOn: boolean;
  readonly onStep: (step: number) => void;
}

function StepButtons({ step, canGoOn, onStep }: StepButtonsProps) {
  return (
    <Stack>
      <Group>
        {step > 0 && (
          <Button variant="default" onClick={() => onStep(step - 1)}>
            Back
          </Button>
        )}
        {step < LAST_STEP && (
          <Button onClick={() => onStep(step + 1)} disabled={!canGoOn}>
            Continue
          </Button>
        )}
      </Group>
    </Stack>
  );
}

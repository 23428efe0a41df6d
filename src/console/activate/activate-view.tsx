/** Activates segments to a destination: whom, what of them, how, a look at a real record, and start. */

import { Button, Group, Stack } from '@mantine/core';
import { useDraft } from '../ui/draft.js';
import { FlowSteps } from '../ui/flow-steps.js';
import { useStep } from '../ui/step.js';
import { ViewFrame } from '../ui/view-frame.js';
import { ACTIVATION_STEPS, type ActivationDraft, emptyDraft, findFirstUnfilled } from './activation-draft.js';
import { AttributesStep } from './attributes-step.js';
import { OptionsStep } from './options-step.js';
import { ReviewStep } from './review-step.js';
import { SegmentsStep } from './segments-step.js';

/** The flow. */
export function ActivateView({ destinationId }: { destinationId: string }) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const { content: draft, change, forget } = useDraft(`activate.${destinationId}`, emptyDraft(timeZone));
  const firstUnfilled = findFirstUnfilled(draft);
  const [step, showStep] = useStep(ACTIVATION_STEPS, firstUnfilled);
  const shared = { draft, onChange: (made: Partial<ActivationDraft>) => change((before) => ({ ...before, ...made })) };
  const above = [
    { href: '/', label: 'Overview' },
    { href: `/destinations/${destinationId}`, label: 'Destination' },
  ];
  const steps = [
    { label: 'Segments', description: 'Whose profiles', content: <SegmentsStep {...shared} /> },
    { label: 'Attributes', description: 'What of them', content: <AttributesStep {...shared} /> },
    { label: 'Options', description: 'Backfill and changes', content: <OptionsStep {...shared} /> },
    {
      label: 'Review',
      description: 'A real record',
      content: <ReviewStep draft={draft} destinationId={destinationId} onStarted={forget} />,
    },
  ];
  return (
    <ViewFrame title="Activate segments" above={above}>
      <FlowSteps steps={steps} step={step} onStep={showStep} wideFrom="md" />
      <StepButtons step={step} firstUnfilled={firstUnfilled} onStep={showStep} />
    </ViewFrame>
  );
}

interface StepButtonsProps {
  readonly step: number;
  readonly firstUnfilled: number;
  readonly onStep: (step: number) => void;
}

function StepButtons({ step, firstUnfilled, onStep }: StepButtonsProps) {
  return (
    <Stack>
      <Group>
        {step > 0 && (
          <Button variant="default" onClick={() => onStep(step - 1)}>
            Back
          </Button>
        )}
        {step < ACTIVATION_STEPS.length - 1 && (
          <Button onClick={() => onStep(step + 1)} disabled={step >= firstUnfilled}>
            Continue
          </Button>
        )}
      </Group>
    </Stack>
  );
}

/** The steps of a flow, and what stands in the present one. */

import { Stepper, useMatches } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import styles from './flow-steps.module.css';

/** One step. */
export interface FlowStep {
  readonly label: string;
  readonly description: string;
  readonly content: ReactNode;
}

/** What is shown. */
export interface FlowStepsProps {
  readonly steps: readonly FlowStep[];
  /** Place of the present one. */
  readonly step: number;
  /** Called with the place of one before it. */
  readonly onStep: (step: number) => void;
  /** From which width on the steps stand side by side. */
  readonly wideFrom: 'sm' | 'md';
}

/** Shows the steps. With another step, the page and the focus begin anew at its start. */
export function FlowSteps({ steps, step, onStep, wideFrom }: FlowStepsProps) {
  const orientation = useMatches<'vertical' | 'horizontal'>({ base: 'vertical', [wideFrom]: 'horizontal' });
  const content = useStart(step);
  const present = steps[step];
  return (
    <div>
      <Stepper active={step} onStepClick={onStep} allowNextStepsSelect={false} size="sm" orientation={orientation}>
        {steps.map(({ label, description }) => (
          <Stepper.Step key={label} label={label} description={description} />
        ))}
      </Stepper>
      <section key={step} ref={content} tabIndex={-1} aria-label={present?.label} className={styles['content']}>
        {present?.content}
      </section>
    </div>
  );
}

/** The part of the page that is taken to when the step changes. */
function useStart(step: number) {
  const content = useRef<HTMLElement>(null);
  const before = useRef(step);
  useEffect(() => {
    if (before.current === step) return;
    before.current = step;
    // A faulty field has taken it.
    if (content.current?.contains(document.activeElement)) return;
    content.current?.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }, [step]);
  return content;
}

/** Which step of a flow is shown: part of the address, so that the browser leads a step back, and a reload stays. */

import { useEffect, useEffectEvent } from 'react';
import { useSearchParams } from 'wouter';
import { withChoice } from './page.js';

/** Shows the step of a place, as a new entry of the browser's history, or in place of the present one. */
export type ShowStep = (place: number, options?: { readonly replace: boolean }) => void;

const STEP = 'step';

/**
 * The place of the step that is shown. Who asks for a step whose turn has not come is led to the first that is not filled.
 * @param names as the address has them, in order; the first needs none there.
 * @param firstUnfilled its place; that of the last step if all before are filled.
 */
export function useStep(names: readonly string[], firstUnfilled: number): [number, ShowStep] {
  const [parameters, setParameters] = useSearchParams();
  const asked = Math.max(0, names.indexOf(parameters.get(STEP) ?? ''));
  const step = Math.min(asked, firstUnfilled);
  const show: ShowStep = (place, options) =>
    setParameters((present) => withChoice(present, STEP, place === 0 ? null : (names[place] ?? null)), options);
  const leadBack = useEffectEvent(() => show(step, { replace: true }));
  useEffect(() => {
    if (asked > step) leadBack();
  }, [asked, step]);
  return [step, show];
}

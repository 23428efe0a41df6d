/** The consent rule in the columns of a destination. */

import type { ConsentRule } from '../domain/consent.js';

/** Columns of `destination` that hold a rule: all or none. */
export interface ConsentColumns {
  consent_path: string | null;
  consent_values: string[] | null;
  consent_refusal: ConsentRule['whenRefused'] | null;
}

/** Reads the rule; null if there is none. */
export function toConsentRule(row: ConsentColumns): ConsentRule | null {
  const { consent_path: path, consent_values: permittedValues, consent_refusal: whenRefused } = row;
  return path === null || permittedValues === null || whenRefused === null
    ? null
    : { path, permittedValues, whenRefused };
}

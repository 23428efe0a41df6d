/** The consent rule in the columns of a destination. */

import { z } from 'zod';
import type { ConsentRule } from '../domain/consent.js';

/** Columns of `destination` that hold a rule: all or none. */
export const CONSENT_COLUMNS = {
  consent_path: z.string().nullable(),
  consent_values: z.array(z.string()).nullable(),
  consent_refusal: z.enum(['SEND_EXIT', 'SKIP']).nullable(),
} as const;

const ConsentRow = z.object(CONSENT_COLUMNS);

/** Reads the rule; null if there is none. */
export function toConsentRule(row: z.infer<typeof ConsentRow>): ConsentRule | null {
  const { consent_path: path, consent_values: permittedValues, consent_refusal: whenRefused } = row;
  return path === null || permittedValues === null || whenRefused === null
    ? null
    : { path, permittedValues, whenRefused };
}

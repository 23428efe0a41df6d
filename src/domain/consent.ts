/** Consent: an attribute whose value permits a profile's export, or refuses it. */

import { findAttributeText } from './attribute-path.js';

/** What becomes of a profile whose consent is refused: one record with status exited when it is withdrawn, or nothing. */
export type ConsentRefusal = 'SEND_EXIT' | 'SKIP';

/** Which profiles a destination may get. */
export interface ConsentRule {
  /** Dot path of the attribute that holds the consent. */
  path: string;
  /** Values that permit, compared as text; any other value, and none, refuses. */
  permittedValues: string[];
  whenRefused: ConsentRefusal;
}

/** Whether a profile may be exported; without a rule every one may. Arrays, maps and null refuse. */
export function permitsExport(rule: ConsentRule | null, attributes: Readonly<Record<string, unknown>>): boolean {
  if (!rule) return true;
  const value = findAttributeText(attributes, rule.path);
  return value !== null && rule.permittedValues.includes(value);
}

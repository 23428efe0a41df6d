/** Consent: which profiles a destination may be told of. */

import { findAttributeText } from './attribute-path.js';

/** What becomes of a profile whose consent is refused. */
export type ConsentRefusal = 'SEND_EXIT' | 'SKIP';

/** Which profiles permit export. */
export interface ConsentRule {
  /** Dot path of the attribute that holds the consent. */
  path: string;
  /** The values that permit, as text. */
  permittedValues: string[];
  whenRefused: ConsentRefusal;
}

/**
 * Whether a profile permits export. Values are compared as text: `y`, `true`, `1`; an attribute that is absent, null,
 * an array or a map refuses.
 * @param rule null permits everything.
 */
export function permitsExport(
  rule: Pick<ConsentRule, 'path' | 'permittedValues'> | null,
  attributes: Readonly<Record<string, unknown>>,
): boolean {
  if (rule === null) return true;
  const value = findAttributeText(attributes, rule.path);
  return value !== null && rule.permittedValues.includes(value);
}

/** What may be typed into a consent rule. */

import { checkAttributePath } from './attribute-path.js';
import type { ConsentRefusal, ConsentRule } from './consent.js';
import type { InputIssues } from './input-issues.js';

const MAX_PERMITTED_VALUES = 100;

/** Longest permitted value, in characters. */
export const MAX_CONSENT_VALUE_CHARACTERS = 256;

/** What becomes of a profile whose consent is refused when nothing else is said. */
export const DEFAULT_REFUSAL = 'SKIP' satisfies ConsentRefusal;

/** Checks the field `consent`: a dot path, and 1–100 values of 1–256 characters, none twice. */
export function checkConsent(issues: InputIssues, rule: ConsentRule | null): void {
  if (rule === null) return;
  const field = ['consent', 'permittedValues'];
  checkAttributePath(issues, ['consent', 'path'], rule.path);
  const count = rule.permittedValues.length;
  if (count < 1 || count > MAX_PERMITTED_VALUES) {
    const message = `\`consent.permittedValues\` has ${count} values; give 1–${MAX_PERMITTED_VALUES}.`;
    issues.add('OUT_OF_RANGE', field, message);
    return;
  }
  const seen = new Set<string>();
  rule.permittedValues.forEach((value, index) => {
    const place = [...field, String(index)];
    issues.checkText(place, value, { min: 1, max: MAX_CONSENT_VALUE_CHARACTERS });
    if (seen.has(value)) issues.add('DUPLICATE', place, 'This value is there twice: give it once.');
    seen.add(value);
  });
}

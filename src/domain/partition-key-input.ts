/** What may be typed into a partition key. */

import { checkAttributePath } from './attribute-path.js';
import type { InputIssues } from './input-issues.js';
import { MAX_PARTITION_KEY_CHARACTERS, type PartitionKey, type PartitionKeyStrategy } from './partition-key.js';

/** A partition key as it is given; no argument and null are the same. */
export interface PartitionKeyInput {
  strategy: PartitionKeyStrategy;
  argument?: string | null;
}

/** What the argument of each strategy is; null: the strategy takes none. */
const ARGUMENTS: Record<PartitionKeyStrategy, string | null> = {
  ATTRIBUTE: 'the dot path of the attribute',
  CONSTANT: 'the text',
  IDENTITY: 'the namespace of the identity',
  PROFILE_ID: null,
  RANDOM: null,
};

/** The strategies that take an argument. */
export const STRATEGIES_WITH_ARGUMENT: readonly string[] = Object.entries(ARGUMENTS).flatMap(([strategy, argument]) =>
  argument === null ? [] : [strategy],
);

/** Fills in what was not given. */
export function toPartitionKey({ strategy, argument }: PartitionKeyInput): PartitionKey {
  return { strategy, argument: argument ?? null };
}

/** Checks the field `partitionKey`: an argument where the strategy takes one, 1–256 characters, a path 1–512. */
export function checkPartitionKey(issues: InputIssues, { strategy, argument }: PartitionKey): void {
  const field = ['partitionKey', 'argument'];
  const wanted = ARGUMENTS[strategy];
  if (wanted === null && argument !== null) {
    issues.add(
      'NOT_ALLOWED',
      field,
      `\`partitionKey.argument\` goes with other strategies than ${strategy}: leave it out.`,
    );
    return;
  }
  if (wanted === null) return;
  if (argument === null)
    issues.add('REQUIRED', field, `\`partitionKey.argument\` is missing: with ${strategy} give ${wanted}.`);
  else if (strategy === 'ATTRIBUTE') checkAttributePath(issues, field, argument);
  else issues.checkText(field, argument, { min: 1, max: MAX_PARTITION_KEY_CHARACTERS });
}

/** What may be typed into a partition key. */

import type { InputIssues } from './input-issues.js';
import { MAX_PARTITION_KEY_CHARACTERS, type PartitionKey, type PartitionKeyStrategy } from './partition-key.js';

/** What strategies take beside their name, and its length in characters. */
const ARGUMENTS: Record<PartitionKeyStrategy, { what: string; max: number } | null> = {
  ATTRIBUTE: { what: 'the dot path of an attribute', max: 512 },
  CONSTANT: { what: 'the text', max: MAX_PARTITION_KEY_CHARACTERS },
  IDENTITY: { what: 'the namespace of an identity', max: 255 },
  PROFILE_ID: null,
  RANDOM: null,
};
const FIELD = ['partitionKey', 'argument'];

/** Checks a partition key: an argument where the strategy takes one, and none where it does not. */
export function checkPartitionKey(issues: InputIssues, { strategy, argument }: PartitionKey): void {
  const wanted = ARGUMENTS[strategy];
  if (wanted && argument !== null) checkArgument(issues, argument, { strategy, max: wanted.max });
  if (wanted && argument === null)
    issues.add('REQUIRED', FIELD, `\`partitionKey.argument\` is missing: ${strategy} needs ${wanted.what}.`);
  if (!wanted && argument !== null)
    issues.add('NOT_ALLOWED', FIELD, `\`partitionKey.argument\` does not go with ${strategy}: leave it out.`);
}

function checkArgument(
  issues: InputIssues,
  argument: string,
  { strategy, max }: { strategy: PartitionKeyStrategy; max: number },
): void {
  const faults = issues.count;
  issues.checkText(FIELD, argument, { min: 1, max });
  if (issues.count > faults || strategy !== 'ATTRIBUTE' || !argument.split('.').includes('')) return;
  const message = '`partitionKey.argument` has an empty part: write names with single dots between them.';
  issues.add('MALFORMED', FIELD, message);
}

/** Statements of IAM policies that give what is missing. */

import { parseStream } from './stream-name.js';

/** The statement that allows an action on a stream, as far as its ARN is known: `*` stands for an unknown account. */
export function statementFor(
  action: string,
  place: { region: string; stream: string; awsIdentity: string | null },
): Record<string, unknown> {
  return { Effect: 'Allow', Action: [action], Resource: [resourceOf(action, place)] };
}

/** The statement that allows an action which is about no single resource, such as `kinesis:ListStreams`. */
export function statementForAll(action: string): Record<string, unknown> {
  return { Effect: 'Allow', Action: [action], Resource: ['*'] };
}

function resourceOf(
  action: string,
  { region, stream, awsIdentity }: { region: string; stream: string; awsIdentity: string | null },
): string {
  const parsed = parseStream(stream, region);
  const address = parsed.ok ? parsed.address : null;
  const [, identityPartition, , , identityAccount] = awsIdentity?.split(':') ?? [];
  const partition = address?.partition ?? identityPartition ?? partitionOf(region);
  const account = address?.accountId ?? identityAccount ?? '*';
  if (action.startsWith('kms:')) return `arn:${partition}:kms:${region}:${account}:key/*`;
  return `arn:${partition}:kinesis:${region}:${account}:stream/${address?.name ?? stream}`;
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

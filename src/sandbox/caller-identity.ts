/** GetCallerIdentity of AWS STS: who a key is. */

import { escapeXml, queryResultBody } from './query-protocol.js';
import type { Operation, RequestContext } from './request-context.js';

/** Answers the role of a session, and the one user that every other access key here belongs to. */
export const getCallerIdentity: Operation = (_input, context) => {
  const { accountId } = context.state;
  const result =
    `<Arn>${escapeXml(callerArn(context))}</Arn>` +
    `<UserId>AIDASANDBOXSANDBOX000</UserId><Account>${accountId}</Account>`;
  return queryResultBody('GetCallerIdentity', result);
};

/** The ARN of who signed a request. */
export function callerArn({ accessKeyId, state }: RequestContext): string {
  const session = state.sessions.find(accessKeyId);
  return session ? assumedRoleArn(session) : `arn:aws:iam::${state.accountId}:user/sandbox`;
}

/** The ARN of a session, as AWS makes it of the role's: without the role's path. */
export function assumedRoleArn({ roleArn, name }: { roleArn: string; name: string }): string {
  const [, partition = 'aws', , , accountId = '', role = ''] = roleArn.split(':');
  return `arn:${partition}:sts::${accountId}:assumed-role/${role.split('/').at(-1) ?? ''}/${name}`;
}

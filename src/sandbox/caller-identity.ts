/** AWS STS as far as a credential asks who it is: GetCallerIdentity of the query protocol, form in and XML out. */

import { AwsError } from './aws-error.js';
import type { Operation } from './request-context.js';
import type { WireInput } from './wire-input.js';

/** The only operation of STS here. */
export const CALLER_IDENTITY = 'GetCallerIdentity';

/** Answers the user that every access key here belongs to. */
export const getCallerIdentity: Operation = (_input, { state }) => {
  const result =
    `<Arn>arn:aws:iam::${state.accountId}:user/sandbox</Arn>` +
    `<UserId>AIDASANDBOXSANDBOX000</UserId><Account>${state.accountId}</Account>`;
  return (
    `<GetCallerIdentityResponse xmlns="${NAMESPACE}">` +
    `<GetCallerIdentityResult>${result}</GetCallerIdentityResult></GetCallerIdentityResponse>`
  );
};

/** Reads the form. @throws {AwsError} `InvalidAction` if it asks for anything else. */
export function parseQueryInput(body: Buffer): WireInput {
  const form = new URLSearchParams(body.toString('utf8'));
  if (form.get('Action') === CALLER_IDENTITY) return {};
  throw new AwsError('InvalidAction', `Only ${CALLER_IDENTITY} is known here.`);
}

/** The body of an error of the query protocol. */
export function queryErrorBody(code: string, message: string): string {
  const text = message.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return (
    `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code>` +
    `<Message>${text}</Message></Error></ErrorResponse>`
  );
}

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

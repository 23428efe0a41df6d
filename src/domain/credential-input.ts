/** What may be typed into a credential. Messages never hold a value: people paste secrets into the wrong field. */

import type { CredentialKind } from './credential.js';
import { checkIdempotencyKey } from './idempotency.js';
import { InputIssues } from './input-issues.js';

/** What a credential authenticates with, as it is given: which fields are needed, the kind says. */
interface GivenIdentity {
  accessKeyId?: string | null;
  secretAccessKey?: string | null;
  roleArn?: string | null;
}

/** Input of `Credentials.create`. */
export interface NewCredential extends GivenIdentity {
  kind: CredentialKind;
  name: string;
  /** Null: never. */
  expiresAt?: Date | null;
  idempotencyKey?: string | null;
}

/** A {@link NewCredential} that passed the check; null is what its kind does not have. */
export interface CheckedCredential extends NewCredential {
  accessKeyId: string | null;
  secretAccessKey: string | null;
  roleArn: string | null;
}

/** A new secret or role of a credential that there is. */
export interface NewSecretInput extends GivenIdentity {
  /** Null: never. */
  expiresAt?: Date | null;
}

/** A {@link NewSecretInput} that passed the check. */
export type CheckedSecret = { expiresAt: Date | null } & (
  | { kind: 'ACCESS_KEY'; accessKeyId: string; secretAccessKey: string }
  | { kind: 'ASSUME_ROLE'; roleArn: string }
);

/** Input of `Credentials.update`; what is undefined stays. */
export interface CredentialChange {
  id: number;
  expectedVersion: number;
  name?: string | null;
  /** Null: never. */
  expiresAt?: Date | null;
}

/** Form of an AWS access key id, whole value. */
export const ACCESS_KEY_ID_PATTERN = /^[A-Z0-9]{16,128}$/;

/** Form of an AWS secret access key, whole value. */
export const SECRET_ACCESS_KEY_PATTERN = /^[A-Za-z0-9/+=]{40}$/;

/** Form of the ARN of a role in any AWS partition, with or without a path, whole value. */
export const ROLE_ARN_PATTERN = /^arn:aws(?:-[a-z]+)*:iam::\d{12}:role\/(?:[\w+=,.@-]+\/)*[\w+=,.@-]{1,64}$/;

/** Longest ARN of a role, in characters: AWS takes paths of 512. */
export const MAX_ROLE_ARN_CHARACTERS = 640;

/** Longest name, in characters. */
export const MAX_NAME_CHARACTERS = 255;

/** @param kinds those that the operator allows. @throws {InvalidInputError} with every fault found. */
export function checkNewCredential(input: NewCredential, kinds: readonly CredentialKind[]): CheckedCredential {
  const issues = new InputIssues();
  if (!kinds.includes(input.kind))
    issues.add(
      'NOT_ALLOWED',
      'kind',
      `This server's operator allows no credential of kind ${input.kind}: ask for OWN_IDENTITY=${MODE_OF[input.kind]}, or choose ${kinds.join(' or ')}.`,
    );
  checkIdentity(issues, input.kind, input);
  checkIdempotencyKey(issues, input.idempotencyKey);
  issues.checkText('name', input.name, { min: 1, max: MAX_NAME_CHARACTERS });
  issues.throwIfAny();
  const { accessKeyId = null, secretAccessKey = null, roleArn = null } = input;
  return { ...input, accessKeyId, secretAccessKey, roleArn };
}

/** @param kind that of the credential. @throws {InvalidInputError} with every fault found. */
export function checkNewSecret(input: NewSecretInput, kind: CredentialKind): CheckedSecret {
  const issues = new InputIssues();
  const { accessKeyId, secretAccessKey, roleArn, expiresAt = null } = input;
  checkIdentity(issues, kind, input);
  if (kind === 'PROCESS_IDENTITY')
    issues.add(
      'NOT_ALLOWED',
      'id',
      `A credential of kind ${kind} has nothing to rotate: the keys are this server's own.`,
    );
  issues.throwIfAny();
  if (kind === 'ASSUME_ROLE') return { kind, roleArn: roleArn ?? '', expiresAt };
  return { kind: 'ACCESS_KEY', accessKeyId: accessKeyId ?? '', secretAccessKey: secretAccessKey ?? '', expiresAt };
}

/** @throws {InvalidInputError} with every fault found. */
export function checkCredentialChange(input: CredentialChange): void {
  const issues = new InputIssues();
  if (input.name === null) issues.add('REQUIRED', 'name', '`name` cannot be cleared; give 1–255 characters.');
  if (input.name != null) issues.checkText('name', input.name, { min: 1, max: MAX_NAME_CHARACTERS });
  issues.throwIfAny();
}

/** What the operator has to set for a kind. */
const MODE_OF: Record<CredentialKind, string> = { ACCESS_KEY: 'off', ASSUME_ROLE: 'roles', PROCESS_IDENTITY: 'direct' };

/** The fields that a kind needs; the others it does not take. */
const FIELDS_OF: Record<CredentialKind, readonly (keyof GivenIdentity)[]> = {
  ACCESS_KEY: ['accessKeyId', 'secretAccessKey'],
  ASSUME_ROLE: ['roleArn'],
  PROCESS_IDENTITY: [],
};

function checkIdentity(issues: InputIssues, kind: CredentialKind, given: GivenIdentity): void {
  for (const field of ['accessKeyId', 'secretAccessKey', 'roleArn'] as const)
    if (given[field] != null && !FIELDS_OF[kind].includes(field))
      issues.add('NOT_ALLOWED', field, `A credential of kind ${kind} takes no \`${field}\`: leave it out.`);
  if (kind === 'ACCESS_KEY') checkKeyPair(issues, given.accessKeyId ?? '', given.secretAccessKey ?? '');
  if (kind === 'ASSUME_ROLE') checkField(issues, given.roleArn ?? '', ROLE_ARN_FIELD);
}

function checkKeyPair(issues: InputIssues, accessKeyId: string, secretAccessKey: string): void {
  if (!ACCESS_KEY_ID_PATTERN.test(accessKeyId) && isSwapped(accessKeyId, secretAccessKey)) {
    const message = '`accessKeyId` and `secretAccessKey` are swapped: the id is the shorter one. Exchange the two.';
    issues.add('MALFORMED', 'accessKeyId', message);
    issues.add('MALFORMED', 'secretAccessKey', message);
    return;
  }
  checkField(issues, accessKeyId, ACCESS_KEY_ID_FIELD);
  checkField(issues, secretAccessKey, SECRET_ACCESS_KEY_FIELD);
}

function isSwapped(accessKeyId: string, secretAccessKey: string): boolean {
  return SECRET_ACCESS_KEY_PATTERN.test(accessKeyId) && ACCESS_KEY_ID_PATTERN.test(secretAccessKey);
}

interface PatternField {
  name: string;
  pattern: RegExp;
  form: string;
  max?: number;
}

const ACCESS_KEY_ID_FIELD: PatternField = {
  name: 'accessKeyId',
  pattern: ACCESS_KEY_ID_PATTERN,
  form: '16–128 upper-case letters and digits, as AWS IAM shows them',
};

const SECRET_ACCESS_KEY_FIELD: PatternField = {
  name: 'secretAccessKey',
  pattern: SECRET_ACCESS_KEY_PATTERN,
  form: 'exactly 40 letters, digits, `/`, `+` or `=`, as AWS IAM showed them when the key was made',
};

const ROLE_ARN_FIELD: PatternField = {
  name: 'roleArn',
  pattern: ROLE_ARN_PATTERN,
  form: 'the ARN of a role as AWS IAM shows it, such as `arn:aws:iam::123456789012:role/tributary`',
  max: MAX_ROLE_ARN_CHARACTERS,
};

function checkField(issues: InputIssues, value: string, field: PatternField): void {
  if (value.length <= (field.max ?? value.length) && field.pattern.test(value)) return;
  if (value === '') issues.add('REQUIRED', field.name, `\`${field.name}\` is missing; give ${field.form}.`);
  else if (/\s/u.test(value))
    issues.add(
      'MALFORMED',
      field.name,
      `\`${field.name}\` holds a space or line break, pasted along perhaps: give ${field.form}.`,
    );
  else issues.add('MALFORMED', field.name, `\`${field.name}\` is malformed: give ${field.form}.`);
}

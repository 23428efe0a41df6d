/** What may be typed into a credential. Messages never hold a value: people paste secrets into the wrong field. */

import { checkIdempotencyKey } from './idempotency.js';
import { InputIssues } from './input-issues.js';

/** Input of `Credentials.create`. */
export interface NewCredential {
  kind: 'ACCESS_KEY';
  name: string;
  accessKeyId?: string | null;
  secretAccessKey?: string | null;
  /** Null: never. */
  expiresAt?: Date | null;
  idempotencyKey?: string | null;
}

/** A {@link NewCredential} that passed the check. */
export interface CheckedCredential extends NewCredential {
  accessKeyId: string;
  secretAccessKey: string;
}

/** A new secret of a credential that there is. */
export interface NewSecretInput {
  accessKeyId?: string | null;
  secretAccessKey?: string | null;
  /** Null: never. */
  expiresAt?: Date | null;
}

/** A {@link NewSecretInput} that passed the check. */
export interface CheckedSecret extends NewSecretInput {
  accessKeyId: string;
  secretAccessKey: string;
}

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

/** Longest name, in characters. */
export const MAX_NAME_CHARACTERS = 255;

/** @throws {InvalidInputError} with every fault found. */
export function checkNewCredential(input: NewCredential): CheckedCredential {
  const issues = new InputIssues();
  const accessKeyId = input.accessKeyId ?? '';
  const secretAccessKey = input.secretAccessKey ?? '';
  checkKeyPair(issues, accessKeyId, secretAccessKey);
  checkIdempotencyKey(issues, input.idempotencyKey);
  issues.checkText('name', input.name, { min: 1, max: MAX_NAME_CHARACTERS });
  issues.throwIfAny();
  return { ...input, accessKeyId, secretAccessKey };
}

/** @throws {InvalidInputError} with every fault found. */
export function checkNewSecret(input: NewSecretInput): CheckedSecret {
  const issues = new InputIssues();
  const { accessKeyId, secretAccessKey, expiresAt } = input;
  const checked = {
    accessKeyId: accessKeyId ?? '',
    secretAccessKey: secretAccessKey ?? '',
    expiresAt: expiresAt ?? null,
  };
  checkKeyPair(issues, checked.accessKeyId, checked.secretAccessKey);
  issues.throwIfAny();
  return checked;
}

/** @throws {InvalidInputError} with every fault found. */
export function checkCredentialChange(input: CredentialChange): void {
  const issues = new InputIssues();
  if (input.name === null) issues.add('REQUIRED', 'name', '`name` cannot be cleared; give 1–255 characters.');
  if (input.name != null) issues.checkText('name', input.name, { min: 1, max: MAX_NAME_CHARACTERS });
  issues.throwIfAny();
}

function checkKeyPair(issues: InputIssues, accessKeyId: string, secretAccessKey: string): void {
  if (!ACCESS_KEY_ID_PATTERN.test(accessKeyId) && isSwapped(accessKeyId, secretAccessKey)) {
    const message = '`accessKeyId` and `secretAccessKey` are swapped: the id is the shorter one. Exchange the two.';
    issues.add('MALFORMED', 'accessKeyId', message);
    issues.add('MALFORMED', 'secretAccessKey', message);
    return;
  }
  checkKey(issues, accessKeyId, ACCESS_KEY_ID_FIELD);
  checkKey(issues, secretAccessKey, SECRET_ACCESS_KEY_FIELD);
}

function isSwapped(accessKeyId: string, secretAccessKey: string): boolean {
  return SECRET_ACCESS_KEY_PATTERN.test(accessKeyId) && ACCESS_KEY_ID_PATTERN.test(secretAccessKey);
}

interface KeyField {
  name: string;
  pattern: RegExp;
  form: string;
}

const ACCESS_KEY_ID_FIELD: KeyField = {
  name: 'accessKeyId',
  pattern: ACCESS_KEY_ID_PATTERN,
  form: '16–128 upper-case letters and digits, as AWS IAM shows them',
};

const SECRET_ACCESS_KEY_FIELD: KeyField = {
  name: 'secretAccessKey',
  pattern: SECRET_ACCESS_KEY_PATTERN,
  form: 'exactly 40 letters, digits, `/`, `+` or `=`, as AWS IAM showed them when the key was made',
};

function checkKey(issues: InputIssues, value: string, field: KeyField): void {
  if (field.pattern.test(value)) return;
  if (value === '') issues.add('REQUIRED', field.name, `\`${field.name}\` is missing; give ${field.form}.`);
  else if (/\s/u.test(value))
    issues.add(
      'MALFORMED',
      field.name,
      `\`${field.name}\` holds a space or line break, pasted along perhaps: give ${field.form}.`,
    );
  else issues.add('MALFORMED', field.name, `\`${field.name}\` is malformed: give ${field.form}.`);
}

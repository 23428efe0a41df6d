/** The step of the wizard that asks for a credential, judged by the rules that inputs are checked by. */

import type { CredentialKind } from './credential.js';
import {
  ACCESS_KEY_ID_PATTERN,
  MAX_NAME_CHARACTERS,
  MAX_ROLE_ARN_CHARACTERS,
  ROLE_ARN_PATTERN,
  SECRET_ACCESS_KEY_PATTERN,
} from './credential-input.js';
import { type WizardOption, type WizardStep, wizardField } from './wizard-step.js';

const DEFAULT_KIND: CredentialKind = 'ACCESS_KEY';

const KIND_OPTIONS: (WizardOption & { value: CredentialKind })[] = [
  {
    value: 'ACCESS_KEY',
    label: 'Access key',
    help: 'An access key id and its secret, made for an IAM user at AWS IAM.',
  },
  {
    value: 'ASSUME_ROLE',
    label: 'Role',
    help: "An IAM role of yours that trusts this server with your workspace's external id; no secret is stored.",
  },
  {
    value: 'PROCESS_IDENTITY',
    label: 'This server',
    help: 'The identity that this server has at AWS itself; its operator has to give it access to the stream.',
  },
];

/** The step that asks for a credential's secret or role. */
export const AUTHENTICATION: WizardStep = {
  kind: 'AUTHENTICATION',
  title: 'Authentication',
  fields: [
    wizardField('kind', 'Authentication', 'ENUM', {
      help: 'How to prove to AWS who is calling.',
      required: true,
      defaultValue: DEFAULT_KIND,
      options: KIND_OPTIONS,
    }),
    wizardField('accessKeyId', 'Access key id', 'TEXT', {
      help: '16–128 upper-case letters and digits, such as `AKIAIOSFODNN7EXAMPLE`.',
      required: true,
      pattern: ACCESS_KEY_ID_PATTERN.source,
      shownWhen: onlyFor('ACCESS_KEY'),
    }),
    wizardField('secretAccessKey', 'Secret access key', 'SECRET', {
      help: '40 characters. It is encrypted, used only to call AWS, and never shown again.',
      required: true,
      pattern: SECRET_ACCESS_KEY_PATTERN.source,
      shownWhen: onlyFor('ACCESS_KEY'),
    }),
    wizardField('roleArn', 'Role ARN', 'TEXT', {
      help: 'Such as `arn:aws:iam::123456789012:role/tributary`. Give the role the trust policy of your workspace first.',
      required: true,
      pattern: ROLE_ARN_PATTERN.source,
      maxLength: MAX_ROLE_ARN_CHARACTERS,
      shownWhen: onlyFor('ASSUME_ROLE'),
    }),
    wizardField('name', 'Name', 'TEXT', {
      help: 'What to find this credential by.',
      required: true,
      maxLength: MAX_NAME_CHARACTERS,
    }),
    wizardField('expiresAt', 'Expires', 'TIME', { help: 'When the access key will be replaced; empty if never.' }),
  ],
};

function onlyFor(kind: CredentialKind): { field: string; values: string[] } {
  return { field: 'kind', values: [kind] };
}

import { GraphQLEnumType, GraphQLInputObjectType, GraphQLNonNull, getNamedType } from 'graphql';
import { beforeAll, expect, test } from 'vitest';
import { checkNewCredential } from '../../src/domain/credential-input.js';
import { checkSettings, toNewSettings } from '../../src/domain/destination-input.js';
import { AMAZON_KINESIS } from '../../src/domain/destination-type.js';
import type { WizardField } from '../../src/domain/wizard-step.js';
import { buildGraphQLSchema } from '../../src/graphql/schema.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let edge: TestEdge;

beforeAll(async () => {
  edge = await createTestEdge(database.db, { ownIdentity: 'direct' });
});

const schema = buildGraphQLSchema();
const STEP_INPUTS = { AUTHENTICATION: 'CreateCredentialInput', SETUP: 'CreateKinesisDestinationInput' };

test('the catalogue is answered whole', async () => {
  const { data, errors } = await edge.execute(`{
    destinationTypes {
      kind name description category exportType frequency iamPolicy
      permissions { action purpose required }
      steps {
        kind title
        fields { name label help type required pattern maxLength defaultValue options { value label help } shownWhen { field values } }
      }
    }
  }`);

  expect(errors).toEqual([]);
  expect(data.destinationTypes).toEqual([AMAZON_KINESIS]);
});

test.each(AMAZON_KINESIS.steps)(
  'each field of step $kind is a field of its input, and each but the key of the call is asked for',
  (step) => {
    const fields = inputFields(STEP_INPUTS[step.kind]).filter(({ name }) => name !== 'idempotencyKey');

    expect(step.fields.map(({ name }) => name).sort()).toEqual(fields.map(({ name }) => name).sort());
    for (const { name, isRequired, defaultValue } of fields) {
      const asked = step.fields.find((field) => field.name === name);
      if (isRequired) expect(asked?.required, name).toBe(true);
      if (defaultValue !== undefined) expect(asked?.defaultValue, name).toBe(String(defaultValue));
    }
  },
);

test('the values of each ENUM are those of its input, its default among them', () => {
  const fields = AMAZON_KINESIS.steps.flatMap((step) =>
    step.fields.map((field) => ({ field, input: STEP_INPUTS[step.kind] })),
  );

  for (const { field, input } of fields.filter(({ field: { type } }) => type === 'ENUM')) {
    const values = field.options.map(({ value }) => value);
    expect(values.toSorted(), field.name).toEqual(inputFields(input).find(({ name }) => name === field.name)?.values);
    expect(values, field.name).toContain(field.defaultValue);
  }
});

const RIGHT_CREDENTIAL = {
  kind: 'ACCESS_KEY' as const,
  name: 'c',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const RIGHT_DESTINATION = { name: 'd', credentialId: 1, region: 'us-east-2', stream: 'orders' };

const accepts: Record<string, (value: string) => boolean> = {
  accessKeyId: (accessKeyId) => passes(() => checkNewCredential({ ...RIGHT_CREDENTIAL, accessKeyId }, ['ACCESS_KEY'])),
  secretAccessKey: (secretAccessKey) =>
    passes(() => checkNewCredential({ ...RIGHT_CREDENTIAL, secretAccessKey }, ['ACCESS_KEY'])),
  region: (region) => checkSettings(toNewSettings({ ...RIGHT_DESTINATION, region })).count === 0,
  stream: (stream) => checkSettings(toNewSettings({ ...RIGHT_DESTINATION, stream })).count === 0,
};

test.each([
  [
    'accessKeyId',
    [
      'AKIAIOSFODNN7EXAMPLE',
      'A'.repeat(15),
      'A'.repeat(16),
      'A'.repeat(128),
      'A'.repeat(129),
      'AKIA IOSFODNN7EXAM',
      'AKIAIOSFODNN7EXAMPLE\n',
      '',
    ],
  ],
  [
    'secretAccessKey',
    ['a'.repeat(39), 'a'.repeat(40), 'a'.repeat(41), `${'a'.repeat(39)}_`, `${'a'.repeat(40)}\n`, ''],
  ],
  ['region', ['us-east-2', 'us-gov-west-1', 'localhost', 'US-EAST-1', 'nowhere-9', 'evil.com/#', 'us-east-2\n', '']],
  [
    'stream',
    [
      'orders',
      's'.repeat(128),
      's'.repeat(129),
      '../',
      'a b',
      'arn:aws:kinesis:us-east-2:901341027596:stream/orders',
      'arn:aws:kinesis:us-east-2:9:stream/orders',
      'orders\n',
      '',
    ],
  ],
])('the pattern of %s judges as the check of the input does', (name, values) => {
  const pattern = new RegExp(findField(name).pattern ?? '');

  for (const value of values) expect([value, pattern.test(value)]).toEqual([value, accepts[name]?.(value)]);
});

test('the policy allows what the permissions name, and covers the known minimum but for other streams', () => {
  const statements = AMAZON_KINESIS.iamPolicy['Statement'];
  const text = JSON.stringify(AMAZON_KINESIS.iamPolicy);

  expect(Array.isArray(statements)).toBe(true);
  // The key is the stream's owner's to name, and only if the stream is encrypted.
  for (const { action } of AMAZON_KINESIS.permissions)
    if (action !== 'kms:GenerateDataKey') expect(text).toContain(`"${action}"`);
  expect(text).toContain('arn:aws:kinesis:<region>:<account>:stream/<stream>');
  expect(AMAZON_KINESIS.permissions.filter(({ required }) => required).map(({ action }) => action)).toEqual([
    'kinesis:PutRecords',
  ]);
});

interface InputFieldFacts {
  /** With a dot for a field of a nested input. */
  name: string;
  /** Of a nested input: no, since the whole of it may be left out. */
  isRequired: boolean;
  defaultValue: unknown;
  /** Of an enum, sorted. */
  values: string[];
}

function inputFields(input: string): InputFieldFacts[] {
  const type = schema.getType(input);
  if (!(type instanceof GraphQLInputObjectType)) throw new Error('There is no such input.');
  return Object.values(type.getFields()).flatMap((field) => {
    const inner = getNamedType(field.type);
    if (inner instanceof GraphQLInputObjectType)
      return inputFields(inner.name).map((nested) => ({
        ...nested,
        name: `${field.name}.${nested.name}`,
        isRequired: false,
      }));
    const values =
      inner instanceof GraphQLEnumType
        ? inner
            .getValues()
            .map(({ name }) => name)
            .sort()
        : [];
    const isRequired = field.type instanceof GraphQLNonNull;
    return [{ name: field.name, isRequired, defaultValue: field.defaultValue, values }];
  });
}

function findField(name: string): WizardField {
  const field = AMAZON_KINESIS.steps.flatMap(({ fields }) => fields).find((candidate) => candidate.name === name);
  if (field) return field;
  throw new Error(`There is no field ${name}.`);
}

function passes(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

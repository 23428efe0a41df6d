import { parse } from 'graphql';
import { expect, test } from 'vitest';
import type { Viewer } from '../../src/domain/viewer.js';
import { buildGraphQLSchema } from '../../src/graphql/schema.js';
import { subscriptionKey } from '../../src/http/subscription-key.js';
import 'reflect-metadata';

const schema = buildGraphQLSchema();
const viewer: Viewer = {
  actor: { kind: 'API_KEY', name: 'one' },
  apiKeyId: 1,
  role: 'OPERATOR',
  workspaceId: 1,
  expiresAt: null,
};
const document = parse(`
  subscription Events($destinationId: ID!, $after: String, $first: Int, $withCursor: Boolean!) {
    deliveryEvents(destinationId: $destinationId, after: $after) {
      ...Cursor @include(if: $withCursor)
      ... on DeliveriesCommitted { deliveries(first: $first) { nodes { id } } }
    }
  }
  subscription Other($destinationId: ID!) { deliveryEvents(destinationId: $destinationId) { __typename } }
  fragment Cursor on DeliveryEvent { cursor }`);
const variables = { destinationId: 'd', after: 'a', first: 5, withCursor: true };

const keyOf = (variableValues: Record<string, unknown>, of = {}, caller = viewer) =>
  subscriptionKey({ schema, document, operationName: 'Events', variableValues, ...of }, caller);

test('the arguments of the subscription itself, and who exactly asks, make no difference', () => {
  const other = { ...viewer, actor: { kind: 'TOKEN' as const, name: 'two' }, apiKeyId: 2 };

  expect(keyOf({ ...variables, after: null, destinationId: 'e' }, {}, other)).toBe(keyOf(variables));
});

test.each([
  ['a variable of the answer', keyOf({ ...variables, first: 6 })],
  ['a variable of a directive', keyOf({ ...variables, withCursor: false })],
  ['the operation', keyOf(variables, { operationName: 'Other' })],
  ['the document', keyOf(variables, { document: parse('subscription Events { __typename }') })],
  ['the role', keyOf(variables, {}, { ...viewer, role: 'VIEWER' })],
  ['the workspace', keyOf(variables, {}, { ...viewer, workspaceId: 2 })],
])('%s makes one', (_what, key) => {
  expect(key).not.toBe(keyOf(variables));
});

test('a variable that is left out is not one that is null: it may have a default', () => {
  const { first: _first, ...rest } = variables;

  expect(keyOf(rest)).not.toBe(keyOf({ ...rest, first: null }));
});

test('a subscription in a fragment of the root counts with all its variables', () => {
  const spread = parse(
    `subscription ($id: ID!) { ...Root } fragment Root on Subscription { deliveryEvents(destinationId: $id) { __typename } }`,
  );

  expect(keyOf({ id: 'a' }, { document: spread })).not.toBe(keyOf({ id: 'b' }, { document: spread }));
});

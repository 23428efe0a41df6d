import { buildSchema, GraphQLError } from 'graphql';
import { expect, test } from 'vitest';
import { createKnownDocuments } from '../../src/http/known-documents.js';

const schema = buildSchema('type Query { a: String } type Subscription { a: String }');

function read(documents: ReturnType<typeof createKnownDocuments>, text: string) {
  const document = documents.parse(text);
  if (document instanceof GraphQLError) throw document;
  return { document, faults: documents.findFaults(text, document) };
}

test('a document that fits is the same object when it comes again', () => {
  const documents = createKnownDocuments(schema);
  const first = read(documents, 'subscription { a }');

  expect(first.faults).toEqual([]);
  expect(read(documents, 'subscription { a }').document).toBe(first.document);
});

test('a document that does not fit is told so each time, and not kept', () => {
  const documents = createKnownDocuments(schema);
  const first = read(documents, 'subscription { b }');
  const second = read(documents, 'subscription { b }');

  for (const { faults } of [first, second])
    expect(faults.map(({ extensions }) => extensions['code'])).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  expect(second.document).not.toBe(first.document);
});

test('the one unused for longest gives way to the 201st, and a long one is not kept', () => {
  const documents = createKnownDocuments(schema);
  const texts = Array.from({ length: 200 }, (_, index) => `subscription S${index} { a }`);
  const kept = texts.map((text) => read(documents, text).document);
  read(documents, texts[0] ?? '');
  read(documents, 'subscription One { a }');
  const long = `subscription Long { a } #${'x'.repeat(5_000)}`;

  expect(documents.parse(texts[0] ?? '')).toBe(kept[0]);
  expect(documents.parse(texts[1] ?? '')).not.toBe(kept[1]);
  expect(read(documents, long).document).not.toBe(read(documents, long).document);
});

test('what cannot be parsed has its code', () => {
  const fault = createKnownDocuments(schema).parse('subscription {');

  expect(fault).toBeInstanceOf(GraphQLError);
  expect(Object(fault).extensions).toMatchObject({ code: 'GRAPHQL_PARSE_FAILED' });
});

/** Pausing, resuming, enabling and disabling: what it refuses, what it keeps, and that it can be repeated. */

import { sql } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import { toGlobalId } from '../../src/domain/global-id.js';
import { addExport, type Books, openBooks } from '../support/books.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const PROBLEM = '__typename ... on UserError { code path }';

const database = useTestDatabase();
let edge: TestEdge;
let books: Books;
let activationId: string;
let destinationId: string;

beforeEach(async () => {
  edge = await createTestEdge(database.db);
  books = await openBooks(database.db, edge.workspaceId);
  activationId = toGlobalId('Activation', books.activationId);
  destinationId = toGlobalId('KinesisDestination', books.destinationId);
});

async function run(mutation: string, input: Record<string, unknown>) {
  const name = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}`;
  const field = mutation.endsWith('Activation') ? 'activation { state version }' : 'destination { enabled version }';
  const source = `mutation ($input: ${name}Input!) { ${mutation}(input: $input) {
    ${PROBLEM} ... on ${name}Success { ${field} } } }`;
  const answer = await edge.execute(source, { input });
  expect(answer.errors).toEqual([]);
  return answer.data[mutation];
}

async function trigger() {
  const answer = await edge.execute(
    `mutation ($input: TriggerExportInput!) { triggerExport(input: $input) {
      __typename ... on InvalidStateError { code path current { id } } } }`,
    { input: { activationId } },
  );
  return answer.data.triggerExport;
}

describe('pauseActivation and resumeActivation', () => {
  test('hold and let go, without effect when repeated, and leave the version', async () => {
    for (let times = 0; times < 2; times += 1)
      expect(await run('pauseActivation', { id: activationId })).toMatchObject({
        activation: { state: 'PAUSED', version: 1 },
      });
    for (let times = 0; times < 2; times += 1)
      expect(await run('resumeActivation', { id: activationId })).toMatchObject({
        activation: { state: 'ACTIVE', version: 1 },
      });
  });

  test('while paused no export starts, and running ones say that they wait', async () => {
    const exportId = await addExport(books);
    await run('pauseActivation', { id: activationId });

    expect(await trigger()).toEqual({
      __typename: 'InvalidStateError',
      code: 'ACTIVATION_PAUSED',
      path: ['input', 'activationId'],
      current: { id: activationId },
    });
    expect(await readPaused(exportId)).toBe(true);

    await run('resumeActivation', { id: activationId, onResume: 'LATEST_ONLY' });
    expect(await readPaused(exportId)).toBe(false);
    expect(await trigger()).toEqual({ __typename: 'TriggerExportSuccess' });
  });

  test('DISCARD draws the line above all changes kept so far, below all to come; LATEST_ONLY draws none', async () => {
    await run('pauseActivation', { id: activationId });
    await run('resumeActivation', { id: activationId });
    expect(await readDiscardedUntil()).toBe(0);

    await run('pauseActivation', { id: activationId });
    const before = await nextVersion();
    await run('resumeActivation', { id: activationId, onResume: 'DISCARD' });
    const line = await readDiscardedUntil();

    expect(line).toBeGreaterThan(before);
    expect(await nextVersion()).toBeGreaterThan(line);
  });

  test('DISCARD discards nothing of an active one', async () => {
    await run('resumeActivation', { id: activationId, onResume: 'DISCARD' });

    expect(await readDiscardedUntil()).toBe(0);
  });

  test('answer NOT_FOUND for a foreign id as for a missing one', async () => {
    const other = await openBooks(database.db, (await createTestEdge(database.db)).workspaceId);
    for (const id of [toGlobalId('Activation', other.activationId), toGlobalId('Activation', 999_999), 'x'])
      for (const mutation of ['pauseActivation', 'resumeActivation'])
        expect(await run(mutation, { id })).toMatchObject({ code: 'NOT_FOUND', path: ['input', 'id'] });
  });

  test('need role OPERATOR', async () => {
    for (const mutation of ['pauseActivation', 'resumeActivation', 'enableDestination', 'disableDestination']) {
      const name = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}`;
      const source = `mutation ($input: ${name}Input!) { ${mutation}(input: $input) { __typename } }`;
      const answer = await edge.execute(source, { input: { id: 'x' } }, { ...edge.viewer, role: 'VIEWER' });
      expect(answer.errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    }
  });
});

describe('disableDestination and enableDestination', () => {
  test('hold and let go, without effect when repeated, and leave the version', async () => {
    for (let times = 0; times < 2; times += 1)
      expect(await run('disableDestination', { id: destinationId })).toMatchObject({
        destination: { enabled: false, version: 1 },
      });
    for (let times = 0; times < 2; times += 1)
      expect(await run('enableDestination', { id: destinationId })).toMatchObject({
        destination: { enabled: true, version: 1 },
      });
  });

  test('while disabled no export starts, and running ones say that they wait', async () => {
    const exportId = await addExport(books);
    await run('disableDestination', { id: destinationId });

    expect(await trigger()).toMatchObject({ code: 'DESTINATION_DISABLED', current: { id: destinationId } });
    expect(await readPaused(exportId)).toBe(true);

    await run('enableDestination', { id: destinationId });
    expect(await readPaused(exportId)).toBe(false);
  });

  test('answer NOT_FOUND for a foreign id as for a missing one', async () => {
    const other = await openBooks(database.db, (await createTestEdge(database.db)).workspaceId);
    for (const id of [toGlobalId('KinesisDestination', other.destinationId), activationId, 'x'])
      for (const mutation of ['disableDestination', 'enableDestination'])
        expect(await run(mutation, { id })).toMatchObject({ code: 'NOT_FOUND', path: ['input', 'id'] });
    const row = await database.db
      .selectFrom('destination')
      .select('enabled')
      .where('id', '=', other.destinationId)
      .executeTakeFirst();
    expect(row?.enabled).toBe(true);
  });
});

async function readPaused(exportId: number): Promise<boolean> {
  const answer = await edge.execute('query ($id: ID!) { export(id: $id) { paused } }', {
    id: toGlobalId('Export', exportId),
  });
  return answer.data.export.paused;
}

async function readDiscardedUntil(): Promise<number> {
  const row = await database.db
    .selectFrom('activation')
    .select('discarded_until')
    .where('id', '=', books.activationId)
    .executeTakeFirstOrThrow();
  return row.discarded_until;
}

async function nextVersion(): Promise<number> {
  const { rows } = await sql<{ version: number }>`select nextval('pending_version') as version`.execute(database.db);
  return rows[0]?.version ?? 0;
}

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { recordHealth } from '../../src/storage/state-events.js';
import { openBooks } from '../support/books.js';
import { createTestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

test('an event of health says when the destination is tried again', async () => {
  const { db } = database;
  const { destinationId } = await openBooks(db, (await createTestEdge(db)).workspaceId);
  const nextProbeAt = '2030-01-01T00:00:15+00:00';
  await sql`update destination set health_status = 'HALTED', health_code = 'ACCESS_DENIED',
    next_probe_at = ${nextProbeAt}::text::timestamptz where id = ${destinationId}`.execute(db);

  await db.transaction().execute((tx) => recordHealth(tx, destinationId));

  const event = await db
    .selectFrom('state_event')
    .select('health')
    .where('destination_id', '=', destinationId)
    .executeTakeFirstOrThrow();
  expect(event.health).toMatchObject({ status: 'HALTED', code: 'ACCESS_DENIED', nextProbeAt });
});

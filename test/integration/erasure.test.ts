/** A profile that is erased: nothing of it stays in the database, and nothing of it is sent any more. */

import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApp } from '../support/app.js';
import { Frontend } from '../support/frontend.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
/** The customer's id and an attribute of the profile: neither is anywhere else. */
const PROFILE_ID = 'erased-2f6b1c';
const ATTRIBUTE = 'attribute-9d41e0';
/** Longest time of one call of PutRecords with its repetitions. */
const CALL_DEADLINE_MS = 10_000;

const NamedExport = z.object({ export: z.object({ id: z.string() }) });

/** The tables that hold a text in any column. */
async function tablesWith(text: string): Promise<string[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'
      and not (select relispartition from pg_class where oid = to_regclass(table_name))`.execute(database.db);
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await sql`
      select from ${sql.table(name)} as held where to_jsonb(held)::text like ${`%${text}%`} limit 1`.execute(
      database.db,
    );
    if (rows.length > 0) found.push(name);
  }
  return found;
}

test('while its record waits and named exports of it have run, a profile is erased from all tables and from what is sent', {
  timeout: 60_000,
}, async () => {
  await using app = await startTestApp({ connection: database.connection });
  app.sandbox.createStream('orders', 2);
  const frontend = new Frontend(app.url, app.apiKey);
  await frontend.createSegments(['everyone']);
  const line = (profileId: string, tier: string) => ({
    profileId,
    attributes: { tier },
    memberships: [{ segmentId: 'everyone', status: 'REALIZED' }],
  });
  await frontend.ingest('profiles', [line(PROFILE_ID, ATTRIBUTE), line('kept', 'gold')]);
  const { activationId } = await frontend.setUp({ stream: 'orders', segmentIds: ['everyone'], attributes: ['tier'] });
  const exportBoth = async () => {
    const input = { type: 'TriggerExportInput', value: { activationId, profileIds: [PROFILE_ID, 'kept'] } };
    return NamedExport.parse(await frontend.mutate('triggerExport', input, '{ export { id } }')).export;
  };
  const named = await exportBoth();
  await until(async () => expect((await frontend.readExport(named.id)).state).toBe('SUCCEEDED'), { timeoutMs: 20_000 });
  app.sandbox.setFaults(
    [{ kind: 'request-error', code: 'LimitExceededException', status: 400, match: { operation: 'PutRecords' } }],
    1,
  );
  const sentBefore = [...app.sandbox.listRecords('orders')].length;
  await frontend.ingest('profiles', [line(PROFILE_ID, `${ATTRIBUTE} again`), line('kept', 'silver')]);
  const waiting = await exportBoth();
  await until(() => expect(app.sandbox.stats.requests['PutRecords'] ?? 0).toBeGreaterThan(2), { timeoutMs: 20_000 });
  await until(async () => expect((await frontend.readExport(waiting.id)).received).toBe(2), { timeoutMs: 20_000 });
  expect(await tablesWith(ATTRIBUTE)).toEqual(['profile']);

  await frontend.mutate(
    'deleteProfile',
    { type: 'DeleteProfileInput', value: { profileId: PROFILE_ID } },
    '{ deletedId }',
  );
  await delay(CALL_DEADLINE_MS);
  app.sandbox.setFaults([], 1);

  await until(async () => expect((await frontend.readExport(waiting.id)).state).toBe('SUCCEEDED'), {
    timeoutMs: 20_000,
  });
  expect(await frontend.readExport(waiting.id)).toMatchObject({ received: 2, delivered: 1, skipped: 1, pending: 0 });
  const sent = [...app.sandbox.listRecords('orders')].slice(sentBefore).map(({ data }) => String(data));
  expect(sent.some((text) => text.includes('silver'))).toBe(true);
  expect(sent.filter((text) => text.includes(ATTRIBUTE))).toEqual([]);
  expect(await tablesWith(ATTRIBUTE)).toEqual([]);
  expect(await tablesWith(PROFILE_ID)).toEqual([]);
});

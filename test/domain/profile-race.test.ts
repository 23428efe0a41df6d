import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { laneOf } from '../../src/domain/lane.js';
import { createProfiles, type Profiles } from '../../src/domain/profile.js';
import { createSegments } from '../../src/domain/segment.js';
import { deleteProfileRows, insertProfiles } from '../../src/storage/profile-writes.js';
import { listProfilesByKeys } from '../../src/storage/profiles.js';
import { lockWorkspace } from '../../src/storage/workspace-lock.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
let profiles: Profiles;
let workspaceId: number;

beforeAll(async () => {
  const { db } = database;
  profiles = createProfiles({ db, clock: () => new Date() });
  const workspace = await db
    .insertInto('workspace')
    .values({ name: 'races', external_id: 'races' })
    .returning('id')
    .executeTakeFirstOrThrow();
  workspaceId = workspace.id;
  const segments = createSegments({ db });
  for (let index = 0; index < 8; index += 1)
    await segments.create(workspaceId, { segmentId: `s${index}`, name: `s${index}` });
});

async function read(profileIds: string[]) {
  return (await listProfilesByKeys(database.db, workspaceId, profileIds)).flatMap((profile) => profile ?? []);
}

/** Waits until as many sessions of this database wait for a lock. */
async function waiting(count: number): Promise<void> {
  await until(async () => {
    const result = await sql<{ waiting: number }>`
      select count(*)::int as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(database.db);
    return result.rows[0]?.waiting === count;
  });
}

describe('writers at once', () => {
  test('that make the same new profiles lose no change, and wait in no circle', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `new-${index}`);
    const writers = Array.from({ length: 8 }, (_, writer) =>
      profiles.upsert(
        workspaceId,
        // Each writer in another order.
        ids
          .map((_, index) => ({
            profileId: ids[(index * (2 * writer + 1) + writer) % ids.length] ?? '',
            attributes: { [`writer${writer}`]: writer },
            memberships: [{ segmentId: `s${writer}`, status: 'REALIZED' as const }],
          }))
          .filter(({ profileId }, index, all) => all.findIndex((other) => other.profileId === profileId) === index),
      ),
    );

    const answers = await Promise.all(writers);

    const stored = await read(ids);
    expect(stored).toHaveLength(40);
    const touched = answers.flatMap((answer) => answer.profiles.map(({ profileId }) => profileId));
    for (const profile of stored) {
      const writes = touched.filter((profileId) => profileId === profile.profileId).length;
      expect(Object.keys(profile.attributes)).toHaveLength(writes);
      expect(Object.keys(profile.memberships)).toHaveLength(writes);
    }
    expect(answers.reduce((sum, { created }) => sum + created, 0)).toBe(40);
    const rows = await database.db.selectFrom('membership').select('profile_id').execute();
    expect(rows).toHaveLength(touched.length);
  });

  test('that change existing and new profiles in opposite orders all come through', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `mixed-${index}`);
    await profiles.upsert(
      workspaceId,
      ids.filter((_, index) => index % 2).map((profileId) => ({ profileId })),
    );

    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, writer) => {
        const order = writer % 2 ? ids : ids.toReversed();
        return profiles.upsert(
          workspaceId,
          order.map((profileId) => ({ profileId, attributes: { [`w${writer}`]: 1 } })),
        );
      }),
    );

    expect(answers.reduce((sum, { created, updated }) => sum + created + updated, 0)).toBe(300);
    for (const profile of await read(ids)) expect(Object.keys(profile.attributes)).toHaveLength(10);
  });

  test('add new profiles in the order of their ids, whatever the order of the input', async () => {
    const change = (profileId: string) => ({ profileId, attributes: {} });
    let writers: Promise<unknown>[] = [];

    await database.db.transaction().execute(async (tx) => {
      await insertProfiles(tx, workspaceId, [
        { profileId: 'order-b', lane: laneOf(workspaceId, 'order-b'), attributes: {}, identities: {}, memberships: {} },
      ]);
      writers = [profiles.upsert(workspaceId, [change('order-b'), change('order-a')])];
      await waiting(1);
      // Waits only because the first writer has added `order-a` already, before `order-b`.
      writers.push(profiles.upsert(workspaceId, [change('order-a')]));
      await waiting(2);
    });
    await Promise.all(writers);

    expect(await read(['order-a', 'order-b'])).toHaveLength(2);
  });

  test('each raise the revision, also when the clock stands behind it', async () => {
    await profiles.upsert(workspaceId, [{ profileId: 'ahead' }]);
    const ahead = 4_000_000_000_000_000;
    await database.db.updateTable('profile').set({ revision: ahead }).where('profile_id', '=', 'ahead').execute();

    const { profiles: written } = await profiles.upsert(workspaceId, [{ profileId: 'ahead', attributes: { a: 1 } }]);

    expect(written[0]?.revision).toBe(ahead + 1);
  });
});

describe('a profile that is erased meanwhile', () => {
  test('is made anew by a change that was waiting for it', async () => {
    await profiles.upsert(workspaceId, [{ profileId: 'erased', attributes: { old: true } }]);
    const [before] = await read(['erased']);
    let change: Promise<unknown> = Promise.resolve();

    await database.db.transaction().execute(async (tx) => {
      await deleteProfileRows(tx, workspaceId, { lane: before?.lane ?? 0, profileId: 'erased' });
      change = profiles.upsert(workspaceId, [{ profileId: 'erased', attributes: { fresh: true } }]);
      await waiting(1);
    });
    await change;

    const [after] = await read(['erased']);
    expect(after?.attributes).toEqual({ fresh: true });
    expect(after?.id).not.toBe(before?.id);
    expect(after?.revision).toBeGreaterThan(before?.revision ?? 0);
  });
});

describe('a change of an activation or segment', () => {
  test('holds up writers until it is done', async () => {
    let write: Promise<unknown> = Promise.resolve();

    await database.db.transaction().execute(async (tx) => {
      await lockWorkspace(tx, workspaceId, 'exclusive');
      write = profiles.upsert(workspaceId, [{ profileId: 'held-up' }]);
      await waiting(1);
      expect(await read(['held-up'])).toEqual([]);
    });
    await write;

    expect(await read(['held-up'])).toHaveLength(1);
  });
});

describe('what is stored', () => {
  test('the membership table holds what the profile holds, and says what will expire', async () => {
    const future = '2999-01-01T00:00:00+0000';
    await profiles.upsert(workspaceId, [
      {
        profileId: 'narrow',
        memberships: [
          {
            segmentId: 's0',
            status: 'REALIZED',
            lastQualificationTime: '2020-05-25T21:24:39+0000',
            validUntil: future,
          },
          { segmentId: 's1', status: 'EXITED', lastQualificationTime: '2020-05-25T21:24:39Z', validUntil: future },
        ],
      },
    ]);

    const [profile] = await read(['narrow']);
    const rows = await database.db
      .selectFrom('membership')
      .selectAll()
      .where('profile_id', '=', profile?.id ?? 0)
      .orderBy('segment_id')
      .execute();

    expect(rows).toMatchObject([
      {
        status: 'REALIZED',
        qualified_at: '2020-05-25T21:24:39+0000',
        valid_until: future,
        expires_at: new Date(future.replace('+0000', 'Z')),
      },
      { status: 'EXITED', valid_until: future, expires_at: null },
    ]);
    expect(Object.keys(profile?.memberships ?? {})).toEqual(rows.map((row) => String(row.segment_id)));
    expect(rows.every((row) => row.lane === profile?.lane)).toBe(true);
  });

  test('the size is that of the three texts, after each write', async () => {
    await profiles.upsert(workspaceId, [{ profileId: 'sized', attributes: { é: 'é'.repeat(100) } }]);
    await profiles.upsert(workspaceId, [
      { profileId: 'sized', attributes: { more: [1, 2] }, identities: [{ namespace: 'n', value: 'v' }] },
    ]);

    const result = await sql<{ size_bytes: number; real: number }>`
      select size_bytes, octet_length(attributes::text || identities::text || memberships::text) as real
      from profile where profile_id = 'sized'`.execute(database.db);

    expect(result.rows[0]?.size_bytes).toBe(result.rows[0]?.real);
  });

  test('erasing takes the failed records along, and leaves pending ones to their lane’s owner', async () => {
    await profiles.upsert(workspaceId, [{ profileId: 'failed' }]);
    const [profile] = await read(['failed']);
    await sql`with credential_row as (
        insert into credential (workspace_id, name, kind, access_key_id, secret_sealed)
        values (${workspaceId}, 'c', 'ACCESS_KEY', 'k', '') returning id
      ), destination_row as (
        insert into destination (workspace_id, kind, name, credential_id, region, stream)
        select ${workspaceId}, 'AMAZON_KINESIS', 'd', id, 'eu-west-1', 's' from credential_row returning id
      ), failed_row as (
        insert into failed_record (workspace_id, destination_id, activation_id, lane, profile_id, code, message, attempts, size_bytes, exports)
        select ${workspaceId}, id, 1, ${profile?.lane}, ${profile?.id}, 'RECORD_TOO_LARGE', 'm', 1, 1, '{}' from destination_row
      )
      insert into pending_record (lane, activation_id, profile_id, destination_id, not_before)
      select ${profile?.lane}, 1, ${profile?.id}, id, now() from destination_row`.execute(database.db);

    await profiles.delete(workspaceId, 'failed');

    const failed = await database.db.selectFrom('failed_record').select('id').execute();
    const pending = await database.db.selectFrom('pending_record').select('profile_id').execute();
    expect(failed).toEqual([]);
    expect(pending).toEqual([{ profile_id: profile?.id }]);
  });
});

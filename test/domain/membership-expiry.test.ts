/** Memberships that end by themselves: judged under the lock, written like any exit. */

import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import { EXPIRY_CHUNK, expireMemberships } from '../../src/domain/membership-expiry.js';
import { createProfiles, type Profiles } from '../../src/domain/profile.js';
import { createSegments } from '../../src/domain/segment.js';
import type { Db } from '../../src/storage/database.js';
import { listProfilesByKeys } from '../../src/storage/profiles.js';
import { afterStatement } from '../support/after-statement.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let profiles: Profiles;
let workspaceId: number;

/** Written a minute before the end, as given. */
const WRITTEN = new Date('2026-08-01T11:59:00.000Z');
const END = '2026-08-01T12:00:00+0000';
const ENDED = new Date('2026-08-01T12:00:00.000Z');
const TIME = '2026-01-01T00:00:00.5Z';

beforeEach(async () => {
  await sql`truncate membership, profile`.execute(database.db);
  profiles = createProfiles({ db: database.db, clock: () => WRITTEN });
  workspaceId = await addWorkspace();
});

async function addWorkspace(): Promise<number> {
  const { id } = await database.db
    .insertInto('workspace')
    .values({ name: 'expiry', external_id: randomUUID() })
    .returning('id')
    .executeTakeFirstOrThrow();
  const segments = createSegments({ db: database.db });
  for (const segmentId of ['gold', 'silver']) await segments.create(id, { segmentId, name: segmentId });
  return id;
}

function member(profileId: string, validUntil: string | null, segmentId = 'gold') {
  return { profileId, segmentId, status: 'REALIZED' as const, lastQualificationTime: TIME, validUntil };
}

async function write(memberships: ReturnType<typeof member>[], workspace = workspaceId): Promise<void> {
  const ids = [...new Set(memberships.map(({ profileId }) => profileId))];
  await profiles.upsert(
    workspace,
    ids.map((profileId) => ({ profileId })),
  );
  await profiles.setMemberships(workspace, memberships);
}

async function read(profileId: string, workspace = workspaceId) {
  const [profile] = await listProfilesByKeys(database.db, workspace, [profileId]);
  if (!profile) throw new Error(`There is no profile ${profileId}.`);
  return { revision: profile.revision, updatedAt: profile.updatedAt, memberships: Object.values(profile.memberships) };
}

const expire = (now: Date, db: Db = database.db) => expireMemberships({ db, profiles }, now);

/** Memberships whose row and whose place in the profile's row differ. */
async function countDisagreements(): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count
    from membership join profile on profile.lane = membership.lane and profile.id = membership.profile_id
    cross join lateral (select profile.memberships -> membership.segment_id::text as kept) as own
    where kept ->> 'status' <> status or kept ->> 'qualifiedAt' <> qualified_at
      or (kept ->> 'validUntil') is distinct from valid_until`.execute(database.db);
  return rows[0]?.count ?? -1;
}

describe('a membership', () => {
  test('ends when its time is over, not before; its texts stay, its revision grows', async () => {
    await write([member('p', END), member('p', null, 'silver')]);
    const before = await read('p');

    expect(await expire(new Date(ENDED.getTime() - 1))).toEqual({ ended: 0, hasMore: false });
    expect((await read('p')).revision).toBe(before.revision);
    expect(await expire(ENDED)).toEqual({ ended: 1, hasMore: false });
    expect(await expire(ENDED)).toEqual({ ended: 0, hasMore: false });

    const after = await read('p');
    expect(after.memberships).toEqual([
      { status: 'EXITED', qualifiedAt: TIME, validUntil: END },
      { status: 'REALIZED', qualifiedAt: TIME },
    ]);
    expect(after.revision).toBeGreaterThan(before.revision);
    const rows = await database.db.selectFrom('membership').selectAll().orderBy('segment_id').execute();
    expect(rows).toMatchObject([
      { status: 'EXITED', qualified_at: TIME, valid_until: END, expires_at: null },
      { status: 'REALIZED', valid_until: null },
    ]);
    expect(Number(rows[0]?.updated_at)).toBeGreaterThan(Number(rows[1]?.updated_at));
    expect(await countDisagreements()).toBe(0);
  });

  test.each([
    ['prolonged', '2026-08-01T12:00:01Z', 'EXISTING'],
    ['made to last', null, 'EXISTING'],
  ])('that is %s between the look and the lock stays', async (_what, validUntil, status) => {
    await write([member('p', END)]);
    const prolonging = afterStatement(database.db, 'membership_expiry.list', () => write([member('p', validUntil)]));

    expect(await expire(ENDED, prolonging)).toEqual({ ended: 0, hasMore: false });

    expect((await read('p')).memberships).toMatchObject([{ status, qualifiedAt: TIME }]);
    expect(await countDisagreements()).toBe(0);
  });

  test('of a profile that was erased between the look and the lock leaves nothing behind', async () => {
    await write([member('p', END), member('q', END)]);
    const erasing = afterStatement(database.db, 'membership_expiry.list', () => profiles.delete(workspaceId, 'p'));

    expect(await expire(ENDED, erasing)).toEqual({ ended: 1, hasMore: false });

    expect((await read('q')).memberships).toMatchObject([{ status: 'EXITED' }]);
    expect(await listProfilesByKeys(database.db, workspaceId, ['p'])).toEqual([null]);
  });

  test('that ended is realized, not existing, when it qualifies again', async () => {
    await write([member('p', END)]);
    await expire(ENDED);

    await write([member('p', null)]);

    expect((await read('p')).memberships).toMatchObject([{ status: 'REALIZED' }]);
  });
});

describe('memberships', () => {
  test('of several workspaces with the same ids end each in its own', async () => {
    const other = await addWorkspace();
    await write([member('p', END)]);
    await write([member('p', END)], other);
    await write([member('q', null)], other);

    expect(await expire(ENDED)).toEqual({ ended: 2, hasMore: false });

    expect((await read('p')).memberships).toMatchObject([{ status: 'EXITED' }]);
    expect((await read('p', other)).memberships).toMatchObject([{ status: 'EXITED' }]);
    expect((await read('q', other)).memberships).toMatchObject([{ status: 'REALIZED' }]);
  });

  test('of two segments of one profile end in one write', async () => {
    await write([member('p', END), member('p', '2026-08-01T11:59:59Z', 'silver')]);
    const before = await read('p');

    expect(await expire(ENDED)).toMatchObject({ ended: 2 });

    const { memberships, revision } = await read('p');
    expect(memberships).toMatchObject([{ status: 'EXITED' }, { status: 'EXITED' }]);
    expect(revision).toBeGreaterThan(before.revision);
    expect(await countDisagreements()).toBe(0);
  });

  test('more than a chunk end chunk by chunk, each once, also by several nodes at once', async () => {
    const ids = Array.from({ length: EXPIRY_CHUNK + 100 }, (_, number) => `p${number}`);
    await write(ids.slice(0, EXPIRY_CHUNK).map((id) => member(id, END)));
    await write(ids.slice(EXPIRY_CHUNK).map((id) => member(id, END)));

    const first = await Promise.all([expire(ENDED), expire(ENDED), expire(ENDED)]);
    const last = await expire(ENDED);

    const ended = [...first, last].reduce((sum, turn) => sum + turn.ended, 0);
    expect(first.map(({ ended, hasMore }) => hasMore === ended > 0)).toEqual([true, true, true]);
    expect(ended).toBe(ids.length);
    expect(await database.db.selectFrom('membership').select('status').distinct().execute()).toEqual([
      { status: 'EXITED' },
    ]);
    expect(await countDisagreements()).toBe(0);
  });
});

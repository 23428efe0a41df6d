import { Readable } from 'node:stream';
import { beforeAll, describe, expect, test } from 'vitest';
import { IngestInterruptedError, ingestMemberships, ingestProfiles, MAX_REFUSALS } from '../../src/domain/ingest.js';
import { MAX_LINE_BYTES } from '../../src/domain/ingest-line.js';
import { createProfiles, type Profiles } from '../../src/domain/profile.js';
import { createSegments } from '../../src/domain/segment.js';
import { listProfilesByKeys } from '../../src/storage/profiles.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let profiles: Profiles;
let workspaceId: number;

beforeAll(async () => {
  const { db } = database;
  profiles = createProfiles({ db, clock: () => new Date('2026-08-01T12:00:00Z') });
  const workspace = await db
    .insertInto('workspace')
    .values({ name: 'ingest', external_id: 'ingest' })
    .returning('id')
    .executeTakeFirstOrThrow();
  workspaceId = workspace.id;
  await createSegments({ db }).create(workspaceId, { segmentId: 'gold', name: 'Gold' });
  await createSegments({ db }).create(workspaceId, { segmentId: 'aam-1', name: 'Other', namespace: 'AAM' });
});

const toLine = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
const toBody = (lines: unknown[]) => Readable.from([Buffer.from(lines.map(toLine).join('\n'))]);
const ingest = (lines: unknown[]) => ingestProfiles(toBody(lines), { workspaceId, profiles });

async function read(profileId: string) {
  const [profile] = await listProfilesByKeys(database.db, workspaceId, [profileId]);
  return profile ?? null;
}

describe('lines of profiles', () => {
  test('a broken line 5,000 of 10,000: the good ones land, the bad one is named', async () => {
    const lines: unknown[] = Array.from({ length: 10_000 }, (_, index) => ({ profileId: `line-${index + 1}` }));
    lines[4_999] = '{"profileId": "line-5000", "attributes": ';

    const report = await ingest(lines);

    expect(report).toMatchObject({ lines: 10_000, accepted: 9_999, created: 9_999, refused: 1 });
    expect(report.refusals).toEqual([
      { line: 5_000, code: 'MALFORMED', message: expect.stringContaining('not valid JSON'), path: [] },
    ]);
    expect(await read('line-10000')).not.toBeNull();
    expect(await read('line-5000')).toBeNull();
  });

  test('empty lines are left out, and counted in the numbers', async () => {
    const report = await ingest(['', '{"profileId":"after-empty"}\r', '   ', '\r', 'x', '']);

    expect(report).toMatchObject({ lines: 2, created: 1, refused: 1, refusals: [{ line: 5 }] });
  });

  test('an empty body is a report of nothing', async () => {
    expect(await ingestProfiles(Readable.from([]), { workspaceId, profiles })).toEqual({
      lines: 0,
      accepted: 0,
      created: 0,
      updated: 0,
      unchanged: 0,
      refused: 0,
      refusals: [],
    });
  });

  test('later lines of a profile see what earlier ones made of it', async () => {
    const report = await ingest([
      { profileId: 'twice', attributes: { a: 1, b: 1 }, memberships: [{ segmentId: 'gold', status: 'realized' }] },
      { profileId: 'other' },
      { profileId: 'twice', attributes: { b: null }, memberships: [{ segmentId: 'gold', status: 'REALIZED' }] },
      { profileId: 'twice', attributes: { a: 1 } },
      { profileId: 'twice', attributes: { a: '\ud800' } },
    ]);

    expect(report).toMatchObject({ lines: 5, created: 2, updated: 1, unchanged: 1, refused: 1 });
    expect(await read('twice')).toMatchObject({ attributes: { a: 1 }, identities: {} });
    expect(Object.values((await read('twice'))?.memberships ?? {})).toMatchObject([{ status: 'EXISTING' }]);
    const rows = await database.db.selectFrom('membership').select('status').execute();
    expect(rows).toContainEqual({ status: 'EXISTING' });
  });

  test.each([
    ['no object', '[1]', 'MALFORMED', []],
    ['a text', '"x"', 'MALFORMED', []],
    [
      '1,000 levels',
      `{"profileId":"deep","attributes":${'{"a":'.repeat(1000)}1${'}'.repeat(1001)}`,
      'OUT_OF_RANGE',
      ['attributes', ...Array.from({ length: 32 }, () => 'a')],
    ],
    ['2^53 + 1', '{"profileId":"big","attributes":{"n":9007199254740993}}', 'OUT_OF_RANGE', ['attributes', 'n']],
    ['a number without end', '{"profileId":"big","attributes":{"n":1e400}}', 'OUT_OF_RANGE', ['attributes', 'n']],
    ['NUL', '{"profileId":"nul","attributes":{"a":["x","\\u0000"]}}', 'MALFORMED', ['attributes', 'a', '1']],
    ['NUL in a key', '{"profileId":"nul","attributes":{"a\\u0000":1}}', 'MALFORMED', ['attributes', 'a\u0000']],
    ['half a surrogate pair', '{"profileId":"\\ud800"}', 'MALFORMED', ['profileId']],
    ['no id', '{"attributes":{}}', 'REQUIRED', ['profileId']],
    ['an id that is a number', '{"profileId":5}', 'MALFORMED', ['profileId']],
    ['an unknown field', '{"profileId":"x","person":{}}', 'NOT_ALLOWED', ['person']],
    ['attributes in a list', '{"profileId":"x","attributes":[]}', 'MALFORMED', ['attributes']],
    [
      'a status of no kind',
      '{"profileId":"x","memberships":[{"segmentId":"gold","status":"in"}]}',
      'MALFORMED',
      ['memberships', '0', 'status'],
    ],
    ['no status', '{"profileId":"x","memberships":[{"segmentId":"gold"}]}', 'REQUIRED', ['memberships', '0', 'status']],
    [
      'an unknown segment',
      '{"profileId":"x","memberships":[{"segmentId":"no","status":"exited"}]}',
      'NOT_FOUND',
      ['memberships', '0', 'segmentId'],
    ],
    ['two forms', '{"profileId":"x","memberships":[],"segmentMembership":{}}', 'NOT_ALLOWED', ['segmentMembership']],
    [
      'another namespace',
      '{"profileId":"x","segmentMembership":{"ups":{"aam-1":{"status":"exited"}}}}',
      'NOT_ALLOWED',
      ['segmentMembership', 'ups', 'aam-1'],
    ],
    [
      'a segment twice',
      '{"profileId":"x","segmentMembership":{"AAM":{"aam-1":{"status":"exited"}},"B":{"aam-1":{"status":"exited"}}}}',
      'DUPLICATE',
      ['segmentMembership', 'B', 'aam-1'],
    ],
    [
      'two primary identities',
      '{"identityMap":{"a":[{"id":"1","primary":true}],"b":[{"id":"2","primary":true}]}}',
      'REQUIRED',
      ['profileId'],
    ],
    [
      'an identity twice',
      '{"profileId":"x","identityMap":{"a":[{"id":"1"},{"id":"1"}]}}',
      'DUPLICATE',
      ['identityMap', 'a', '1'],
    ],
    [
      '101 identities',
      JSON.stringify({ profileId: 'x', identityMap: { a: Array.from({ length: 101 }, (_, id) => ({ id: `${id}` })) } }),
      'OUT_OF_RANGE',
      ['identityMap'],
    ],
  ])('%s is refused, with its place', async (_what, line, code, path) => {
    const report = await ingest(['{"profileId":"before"}', line]);

    expect(report.refusals).toMatchObject([{ line: 2, code, path }]);
    expect(report.refused).toBe(1);
  });

  test('bytes that are no UTF-8 are refused, never replaced', async () => {
    const line = Buffer.concat([
      Buffer.from('{"profileId":"utf'),
      Buffer.from([0xff]),
      Buffer.from('"}\n{"profileId":"é"}'),
    ]);

    const report = await ingestProfiles(Readable.from([line]), { workspaceId, profiles });

    expect(report).toMatchObject({ created: 1, refused: 1, refusals: [{ line: 1, code: 'MALFORMED' }] });
    expect(report.refusals[0]?.message).toContain('UTF-8');
  });

  test('a line of 1 MiB is read, one byte more is refused; cut anywhere, lines stay whole', async () => {
    const frame = '{"profileId":"x"}';
    const fits = frame + ' '.repeat(MAX_LINE_BYTES - frame.length);
    const body = Buffer.from(`${fits}\n${fits} \n{"profileId":"y"}`);
    const pieces = Array.from({ length: Math.ceil(body.length / 65_521) }, (_, index) =>
      body.subarray(index * 65_521, (index + 1) * 65_521),
    );

    const report = await ingestProfiles(Readable.from(pieces), { workspaceId, profiles });

    expect(report).toMatchObject({ lines: 3, accepted: 2, refusals: [{ line: 2, code: 'OUT_OF_RANGE', path: [] }] });
  });

  test('the keys __proto__ and constructor are data, in attributes and namespaces', async () => {
    await ingest(['{"profileId":"proto","attributes":{"__proto__":{"a":1}},"identityMap":{"__proto__":[{"id":"i"}]}}']);

    const stored = await read('proto');

    expect(JSON.stringify(stored?.attributes)).toBe('{"__proto__":{"a":1}}');
    expect(JSON.stringify(stored?.identities)).toBe('{"__proto__":["i"]}');
    expect((await ingest(['{"profileId":"x","__proto__":1}'])).refusals).toMatchObject([{ path: ['__proto__'] }]);
  });

  test('all refusals are counted, the first 1,000 are named in the order of the lines', async () => {
    const report = await ingest(Array.from({ length: 2_500 }, (_, index) => (index % 2 ? '{' : { profileId: '' })));

    expect(report.refused).toBe(2_500);
    expect(report.refusals.map(({ line }) => line)).toEqual(
      Array.from({ length: MAX_REFUSALS }, (_, index) => index + 1),
    );
  });
});

describe('lines of memberships', () => {
  const ingestLines = (lines: unknown[]) => ingestMemberships(toBody(lines), { workspaceId, profiles });

  test('are set one by one, of existing profiles only', async () => {
    await ingest([{ profileId: 'member' }]);

    const report = await ingestLines([
      { profileId: 'member', segmentId: 'gold', status: 'REALIZED', lastQualificationTime: '2020-05-25T21:24:39Z' },
      { profileId: 'nobody', segmentId: 'gold', status: 'REALIZED' },
      { profileId: 'member', segmentId: 'gold' },
      { profileId: 'member', 'xdm:segmentMembership': { AAM: { 'aam-1': { 'xdm:status': 'existing' } } } },
    ]);

    expect(report).toMatchObject({ lines: 4, updated: 2, refused: 2 });
    expect(report.refusals).toMatchObject([
      { line: 2, code: 'NOT_FOUND', path: ['profileId'] },
      { line: 3, code: 'REQUIRED', path: ['status'] },
    ]);
    expect(Object.values((await read('member'))?.memberships ?? {})).toEqual([
      { status: 'REALIZED', qualifiedAt: '2020-05-25T21:24:39Z' },
      { status: 'EXISTING', qualifiedAt: '2026-08-01T12:00:00Z' },
    ]);
  });
});

describe('interruptions', () => {
  test('a database that fails says up to which line all is settled', async () => {
    let chunks = 0;
    const failing: Pick<Profiles, 'apply'> = {
      apply(...request) {
        chunks += 1;
        return chunks === 3 ? Promise.reject(new Error('connection lost')) : profiles.apply(...request);
      },
    };
    const lines = Array.from({ length: 5_000 }, (_, index) => ({ profileId: `cut-${index + 1}` }));

    const error = await ingestProfiles(toBody(lines), { workspaceId, profiles: failing }).catch(
      (fault: unknown) => fault,
    );

    expect(error).toBeInstanceOf(IngestInterruptedError);
    expect(error).toMatchObject({ lastLine: 2_000, report: { lines: 2_000, created: 2_000 } });
    expect(await read('cut-2000')).not.toBeNull();
    expect(await read('cut-2001')).toBeNull();
  });

  test('a body that breaks off leaves whole chunks, and no work behind', async () => {
    async function* broken() {
      for (let index = 0; index < 1_500; index += 1) yield Buffer.from(`{"profileId":"broken-${index}"}\n`);
      throw new Error('aborted');
    }

    await expect(ingestProfiles(broken(), { workspaceId, profiles })).rejects.toMatchObject({
      name: 'IngestInterruptedError',
      lastLine: 1_000,
      report: { created: 1_000 },
      cause: { message: 'aborted' },
    });

    expect(await read('broken-999')).not.toBeNull();
    expect(await read('broken-1000')).toBeNull();
  });

  test('no more of a body is read than two chunks ahead of the database', async () => {
    let yielded = 0;
    let written = 0;
    let ahead = 0;
    async function* endless() {
      for (; yielded < 10_000; yielded += 1) {
        ahead = Math.max(ahead, yielded - written);
        yield Buffer.from(`{"profileId":"flat-${yielded % 50}"}\n`);
      }
    }
    const counting: Pick<Profiles, 'apply'> = {
      async apply(id, changes, options) {
        const outcomes = await profiles.apply(id, changes, options);
        written += changes.length;
        return outcomes;
      },
    };

    await ingestProfiles(endless(), { workspaceId, profiles: counting });

    expect(ahead).toBeLessThanOrEqual(2_001);
  });
});

/** Cutting files into requests, and the commands import and export against a running server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateProfile } from '../../src/cli/demo-profiles.js';
import { readLineBlocks } from '../../src/cli/import.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { useTestDatabase } from '../support/test-database.js';
import { runCli } from './cli-process.js';

async function* toPieces(text: string, pieceBytes: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

test('blocks are the file, cut at ends of lines only, each with the number of lines before it', async () => {
  const text = fc.array(fc.constantFrom('a', 'ü', '\n'), { maxLength: 200 }).map((parts) => parts.join(''));

  await fc.assert(
    fc.asyncProperty(
      text,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 50 }),
      async (file, piece, block) => {
        let read = '';
        for await (const { bytes, linesBefore } of readLineBlocks(toPieces(file, piece), block)) {
          expect(read === '' || read.endsWith('\n')).toBe(true);
          expect(linesBefore).toBe(read.split('\n').length - 1);
          read += Buffer.from(bytes).toString('utf8');
        }
        expect(read).toBe(file);
      },
    ),
  );
});

describe('with a server', () => {
  const database = useTestDatabase();
  let app: TestApp;
  let folder: string;

  beforeAll(async () => {
    app = await startTestApp({ connection: database.connection });
    folder = await mkdtemp(join(tmpdir(), 'tributary-cli-'));
    await writeFile(join(folder, 'key'), `${app.apiKey}\n`, { mode: 0o600 });
  });

  afterAll(async () => {
    await app[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const command = (...args: string[]) => runCli([...args, '--url', app.url, '--key-file', join(folder, 'key')]);

  test('import sends the good lines, names the bad ones by their number, and says so with status 1', async () => {
    const lines = [0, 1, 2].map((index) => JSON.stringify({ ...generateProfile(index), memberships: [] }));
    const file = join(folder, 'people.ndjson');
    await writeFile(file, [lines[0], '{"profileId":', '', lines[1], '[]', lines[2]].join('\n'));

    const { status, stdout, stderr } = await command('import', 'profiles', file);

    expect(stdout).toContain('3 accepted (3 new, 0 changed, 0 as before), 2 refused.');
    expect(stderr).toMatch(/^line 2: MALFORMED: /m);
    expect(stderr).toMatch(/^line 5: MALFORMED: /m);
    expect(status).toBe(1);
  });

  test('a file or key that is not there, and a key that is none, are told apart', async () => {
    const missing = await command('import', 'profiles', join(folder, 'nowhere'));
    await writeFile(join(folder, 'other-key'), 'trb_none');
    const refused = await runCli(['export', 'abc', '--url', app.url, '--key-file', join(folder, 'other-key')]);

    expect(missing).toMatchObject({ status: 2, stderr: expect.stringContaining('nowhere cannot be read') });
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('UNAUTHENTICATED') });
  });

  test('export of an activation that does not exist says so', async () => {
    const { status, stderr } = await command('export', 'bm90aGluZw', '--watch');

    expect(stderr).toMatch(/InvalidInputError|NotFoundError/);
    expect(status).toBe(1);
  });

  test('export --watch follows an export to its end', async () => {
    const activationId = await activate(app);

    const { status, stdout } = await command('export', activationId, '--watch');

    expect(stdout).toContain('SUCCEEDED: received 3, delivered 3, failed 0, skipped 0.');
    expect(status).toBe(0);
  });
});

/** A segment with three members, activated to a stream of the app's sandbox. */
async function activate(app: TestApp): Promise<string> {
  app.sandbox.createStream('orders', 1);
  const created = await app.graphql(
    `mutation ($secretAccessKey: String!, $memberships: [SegmentMembershipInput!]!) {
      createSegment(input: { segmentId: "all", name: "All" }) { __typename }
      updateSegmentMemberships(input: { memberships: $memberships }) { __typename }
      createCredential(input: { kind: ACCESS_KEY, name: "c", accessKeyId: "AKIAAAAAAAAAAAAAAAAA", secretAccessKey: $secretAccessKey }) {
        ... on CreateCredentialSuccess { credential { id } }
      }
    }`,
    {
      secretAccessKey: 'x'.repeat(40),
      memberships: [0, 1, 2].map((index) => {
        const { profileId } = generateProfile(index);
        return { profileId, segmentId: 'all', status: 'REALIZED' };
      }),
    },
  );
  const destination = await app.graphql(
    `mutation ($credentialId: ID!) {
      createKinesisDestination(input: { name: "d", credentialId: $credentialId, region: "eu-west-1", stream: "orders" }) {
        ... on CreateKinesisDestinationSuccess { destination { id } }
      }
    }`,
    { credentialId: idIn(created.data) },
  );
  const activation = await app.graphql(
    `mutation ($destinationId: ID!) {
      activateSegments(input: { destinationId: $destinationId, segmentIds: ["all"], attributes: ["person.name.firstName"] }) {
        ... on ActivateSegmentsSuccess { activation { id } }
      }
    }`,
    { destinationId: idIn(destination.data) },
  );
  return idIn(activation.data);
}

/** The one `id` of an answer. */
function idIn(answer: unknown): string {
  const id = /"id":"(?<id>[^"]+)"/.exec(JSON.stringify(answer))?.groups?.['id'];
  if (!id) throw new Error(`There is no id in ${JSON.stringify(answer)}.`);
  return id;
}

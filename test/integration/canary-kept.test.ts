/**
 * Mutations that succeed with a canary in every text that they take. What a customer stores on purpose is where it is
 * stored, and nowhere else: neither in answers, the log and the metrics, nor in the tables that keep no texts.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorkspace } from '../../src/domain/workspace-admin.js';
import { buildGraphQLSchema } from '../../src/graphql/schema.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { dumpDatabase, KEEPING_TABLES, listTablesWith } from '../support/database-dump.js';
import type { Asker } from '../support/graphql-client.js';
import { listInputLeaves, writeOperation } from '../support/input-leaves.js';
import { useTestDatabase } from '../support/test-database.js';
import { fillTexts, makeValidInputs, type ValidInputs } from '../support/valid-inputs.js';

const MARK = 'C4n4ry';
/** Begins a canary that is a secret. */
const SECRET_MARK = 'S3cr3tC4n4ry';

/** Texts that are no free ones, or name what has to be there; `canary.test.ts` types one into them all the same. */
const BOUND_TEXTS =
  /\.(accessKeyId|roleArn|region|cron|timeZone|segmentIds?|profileIds?|validUntil|lastQualificationTime)$/;

const database = useTestDatabase();
const heard: string[] = [];
const logged: string[] = [];
const mutations = Object.values(buildGraphQLSchema().getMutationType()?.getFields() ?? {});
let app: TestApp;
beforeAll(async () => {
  const environment = { ROLE: 'api', OPERATIONS_PER_KEY: '100000', OPERATIONS_PER_ADDRESS: '100000' };
  app = await startTestApp({ connection: database.connection, environment, onLogLine: (line) => logged.push(line) });
});
afterAll(() => app?.[Symbol.asyncDispose]());

let number = 0;
/** Another one each time, of the form of a secret access key. */
function canary(mark = MARK): string {
  number += 1;
  return `${mark}${String(number).padStart(40 - mark.length, '0')}`;
}

/** Asks over HTTP with the ADMIN key of a workspace of its own. */
async function openWorkspace(): Promise<Asker> {
  const { workspace, apiKey } = await createWorkspace(database.db, 'canary');
  return {
    workspaceId: workspace.id,
    async execute(query, variables) {
      const response = await fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
        body: JSON.stringify({ query, variables }),
      });
      const text = await response.text();
      heard.push(`${JSON.stringify([...response.headers])} ${text}`);
      return { errors: [], ...JSON.parse(text) };
    },
  };
}

/** Secrets have a mark of their own. */
function fillCanaries(inputs: ValidInputs): ValidInputs {
  const filled = Object.entries(fillTexts(inputs, canary)).map(([name, { secretAccessKey, ...input }]) => [
    name,
    secretAccessKey ? { ...input, secretAccessKey: canary(SECRET_MARK) } : input,
  ]);
  return Object.fromEntries(filled);
}

test('every mutation succeeds with a canary in each of its free texts', async () => {
  const empty: string[] = [];
  for (const field of mutations) {
    const workspace = await openWorkspace();
    const input = fillCanaries(await makeValidInputs(workspace, database.db))[field.name] ?? {};

    const { data, errors } = await workspace.execute(writeOperation('mutation', field, { input }), { input });

    expect([field.name, errors, data?.[field.name]]).toEqual([
      field.name,
      [],
      expect.objectContaining({ __typename: expect.stringMatching(/Success$/) }),
    ]);
    const texts = listInputLeaves(field).filter(({ typeName }) => ['String', 'JSONObject'].includes(typeName));
    empty.push(...texts.filter(({ path }) => !holdsMark(input, path)).map(({ path }) => `${field.name}${path}`));
  }
  expect(empty.filter((path) => !BOUND_TEXTS.test(path))).toEqual([]);
}, 120_000);

/** Whether the value at a path such as `.filter.ids` has a canary; a list counts as its entries. */
function holdsMark(input: unknown, path: string): boolean {
  const values = path
    .slice(1)
    .split('.')
    .reduce((parts, name) => parts.flatMap((part) => part?.[name] ?? []), [Object(input)]);
  return JSON.stringify(values).includes(MARK);
}

test('it is in the tables that keep texts, and in no other: not in the audit log, nor in events, statistics and counters', async () => {
  const dump = await dumpDatabase(database.db);

  expect(dump.get('audit_entry')?.length).toBeGreaterThan(10_000);
  expect(listTablesWith(dump, MARK)).toEqual(Object.keys(KEEPING_TABLES));
});

test('no table has a secret, in whatever form', async () => {
  expect(listTablesWith(await dumpDatabase(database.db), SECRET_MARK)).toEqual([]);
});

test('neither answers, nor the log at its finest level, nor the metrics have it', async () => {
  expect(heard.length).toBeGreaterThan(mutations.length);
  expect(heard.filter((text) => text.includes(MARK))).toEqual([]);
  expect(logged.length).toBeGreaterThan(mutations.length);
  expect(logged.filter((line) => line.includes(MARK))).toEqual([]);
  expect(await (await fetch(`${app.url}/metrics`)).text()).not.toContain(MARK);
});

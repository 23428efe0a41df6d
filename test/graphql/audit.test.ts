/** The audit log: that every mutation leaves its entry, with the change or not at all, and what an entry holds. */
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fromGlobalId } from '../../src/domain/global-id.js';
import { buildGraphQLSchema } from '../../src/graphql/schema.js';
import { ACCESS_KEY_ID, createCredential, SECRET } from '../support/destination-seed.js';
import { createTestEdge, type TestEdge } from '../support/graphql-client.js';
import { sampleValue } from '../support/sample-input.js';
import { useTestDatabase } from '../support/test-database.js';
import { makeValidInputs } from '../support/valid-inputs.js';

const database = useTestDatabase();
const mutations = Object.values(buildGraphQLSchema().getMutationType()?.getFields() ?? {});
let edge: TestEdge;

beforeEach(async () => {
  edge = await createTestEdge(database.db);
});

async function run(name: string, input: object, viewer = edge.viewer) {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { __typename ... on UserError { code } } }`;
  const { data, errors } = await edge.execute(query, { input }, viewer);
  return { answer: data?.[name], errors };
}

const ENTRY = `id at action actor { kind name } apiKey { name } ipAddress requestId result code targetId
  target { __typename id } changes { field after }`;

async function list(args = '') {
  const { data, errors } = await edge.execute(`{ auditEntries${args} { pageInfo { endCursor } nodes { ${ENTRY} } } }`);
  expect(errors).toEqual([]);
  return data.auditEntries.nodes;
}

describe('every mutation', () => {
  test.each(mutations.map((mutation) => [mutation.name, mutation.args[0]] as const))(
    '%s leaves one entry, also when it is refused',
    async (name, input) => {
      if (!input) throw new Error(`${name} takes no input.`);

      const { answer, errors } = await run(name, Object(sampleValue(input.type)));

      expect(errors).toEqual([]);
      const result = answer.code ? 'REFUSED' : 'SUCCEEDED';
      expect(await list()).toMatchObject([{ action: name, result, code: answer.code ?? null, requestId: 'test' }]);
    },
  );

  test.each(mutations.map(({ name }) => name))('%s leaves an entry if the role does not allow it', async (name) => {
    const input = mutations.find((mutation) => mutation.name === name)?.args[0];
    if (!input) throw new Error(`${name} takes no input.`);

    await run(name, Object(sampleValue(input.type)), { ...edge.viewer, role: 'VIEWER' });

    expect(await list()).toMatchObject([{ action: name, result: 'REFUSED', code: 'FORBIDDEN' }]);
  });
});

describe('the change and its entry', () => {
  afterEach(async () => {
    await sql`alter table audit_entry drop constraint if exists none`.execute(database.db);
  });

  test('are one: where the entry cannot be written, no mutation changes anything', async () => {
    const inputs = await makeValidInputs(edge, database.db);
    expect(Object.keys(inputs).sort()).toEqual(mutations.map(({ name }) => name).sort());
    await sql`alter table audit_entry add constraint none check (result <> 'SUCCEEDED') not valid`.execute(database.db);
    const before = await readAll();

    for (const [name, input] of Object.entries(inputs)) {
      const { errors, answer } = await run(name, input);
      // Refused by the constraint, so the input was one that succeeds.
      expect([name, errors[0]?.message, answer]).toEqual([
        name,
        expect.stringContaining('constraint "none"'),
        undefined,
      ]);
    }

    expect(await readAll()).toEqual(before);
  });

  test('are there both, and once, for every mutation that succeeds', async () => {
    for (const name of mutations.map((mutation) => mutation.name)) {
      edge = await createTestEdge(database.db);
      const inputs = await makeValidInputs(edge, database.db);

      const { answer, errors } = await run(name, inputs[name] ?? {});

      expect(errors).toEqual([]);
      expect(answer.code).toBeUndefined();
      expect(await list(`(filter: { actions: ["${name}"] }, first: 1)`)).toMatchObject([{ result: 'SUCCEEDED' }]);
    }
  });
});

/** Every row of every table, as one text a table. */
async function readAll(): Promise<Record<string, string>> {
  const tables = await sql<{ name: string }>`
    select table_name as name
    from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(database.db);
  const texts = await Promise.all(
    tables.rows.map(async ({ name }) => {
      const { rows } = await sql<{ text: string | null }>`
        select string_agg(row::text, ' ' order by row::text) as text from ${sql.table(name)} as row`.execute(
        database.db,
      );
      return [name, rows[0]?.text ?? ''];
    }),
  );
  return Object.fromEntries(texts);
}

describe('an entry', () => {
  test('names what was made, shows choices and times, and of texts only that they were set', async () => {
    const id = await createCredential(edge, { expiresAt: '2030-01-31T00:00:00Z' });

    const [entry] = await list();

    expect(entry).toMatchObject({
      action: 'createCredential',
      actor: { kind: 'API_KEY', name: 'test' },
      ipAddress: null,
      targetId: id,
      target: { __typename: 'Credential', id },
      changes: [
        { field: 'accessKeyId', after: 'changed' },
        { field: 'expiresAt', after: '"2030-01-31T00:00:00.000Z"' },
        { field: 'kind', after: '"ACCESS_KEY"' },
        { field: 'name', after: 'changed' },
        { field: 'secretAccessKey', after: 'changed' },
      ],
    });
    const { rows } = await sql<{ text: string }>`select audit_entry::text as text from audit_entry`.execute(
      database.db,
    );
    expect(rows.filter(({ text }) => text.includes(SECRET) || text.includes(ACCESS_KEY_ID))).toEqual([]);
  });

  test('outlives what it is about, and can be read by its id', async () => {
    const id = await createCredential(edge);
    await run('deleteCredential', { id });

    const [entry] = await list();

    expect(entry).toMatchObject({ action: 'deleteCredential', targetId: id, target: null, changes: [] });
    const { data } = await edge.execute('query ($id: ID!) { node(id: $id) { __typename id } }', { id: entry.id });
    expect(data.node).toEqual({ __typename: 'AuditEntry', id: entry.id });
  });

  test('names a profile by our id, never by the one that the customer gave it', async () => {
    await run('upsertProfiles', { profiles: [{ profileId: 'ann@example.com', attributes: { city: 'Rome' } }] });
    await run('deleteProfile', { profileId: 'ann@example.com' });

    const [erased, written] = await list();

    expect(fromGlobalId(erased.targetId)?.kind).toBe('Profile');
    expect(written).toMatchObject({ targetId: null, changes: [{ field: 'profiles', after: 'changed' }] });
    const { rows } = await sql<{ text: string }>`select audit_entry::text as text from audit_entry`.execute(
      database.db,
    );
    expect(rows.filter(({ text }) => text.includes('ann@example.com') || text.includes('Rome'))).toEqual([]);
  });
});

describe('the list', () => {
  test('is filtered by actor, object, time, action and result, and pages in both orders', async () => {
    const first = await createCredential(edge);
    await createCredential(edge);
    await run(
      'updateCredential',
      { id: first, expectedVersion: 1, name: 'x' },
      {
        ...edge.viewer,
        actor: { kind: 'API_KEY', name: 'other' },
      },
    );
    await run('updateCredential', { id: first, expectedVersion: 1, name: 'x' });
    const all = await list();
    const codes = async (filter: string) =>
      (await list(`(filter: { ${filter} })`)).map(({ id }: { id: string }) =>
        all.findIndex((one: { id: string }) => one.id === id),
      );

    expect(all).toHaveLength(4);
    expect(all[0]).toMatchObject({ result: 'REFUSED', code: 'VERSION_CONFLICT', targetId: first });
    expect(await codes('actorName: "other"')).toEqual([1]);
    expect(await codes(`targetId: "${first}"`)).toEqual([0, 1, 3]);
    expect(await codes('targetId: "nonsense"')).toEqual([]);
    expect(await codes('actions: ["createCredential"]')).toEqual([2, 3]);
    expect(await codes('result: REFUSED')).toEqual([0]);
    expect(await codes(`from: "${all[1].at}", to: "2100-01-01T00:00:00Z"`)).toEqual([0, 1]);
    expect(await codes(`to: "${all[3].at}"`)).toEqual([]);
    expect((await list('(orderBy: AT_ASC, first: 1)'))[0].id).toBe(all[3].id);
  });

  test('shows no entry of another workspace, and none to a role below ADMIN', async () => {
    const foreign = await createTestEdge(database.db);
    await createCredential(foreign);
    const { data } = await foreign.execute('{ auditEntries { nodes { id } } }');
    const id = data.auditEntries.nodes[0].id;

    expect(await list()).toEqual([]);
    const query = 'query ($id: ID!) { node(id: $id) { id } }';
    expect((await edge.execute(query, { id })).data).toEqual({ node: null });
    const operator = { ...foreign.viewer, role: 'OPERATOR' } as const;
    expect((await foreign.execute(query, { id }, operator)).data).toEqual({ node: null });
    const { errors } = await foreign.execute('{ auditEntries { nodes { id } } }', {}, operator);
    expect(errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  });

  test('50 entries cost as many statements as one', async () => {
    for (let number = 0; number < 3; number += 1) await createCredential(edge);
    const query = `query ($first: Int) { auditEntries(first: $first) { nodes { ${ENTRY} } } }`;

    const one = await edge.countQueries(() => edge.execute(query, { first: 1 }));
    const many = await edge.countQueries(() => edge.execute(query, { first: 50 }));

    expect(many).toBe(one);
  });
});

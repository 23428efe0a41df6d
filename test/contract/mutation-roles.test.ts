/** The least role of each mutation: what its description says, and what it does. */
import { graphql } from 'graphql';
import { expect, test } from 'vitest';
import { ROLES, type Role } from '../../src/domain/viewer.js';
import { buildGraphQLSchema } from '../../src/graphql/schema.js';
import { sampleValue } from '../support/sample-input.js';

const schema = buildGraphQLSchema();
const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

/** What the description says; null if it says nothing, or twice. */
function describedRole(description: string | null | undefined): Role | null {
  const roles = [...(description ?? '').matchAll(/\bRole: (\w+)\./g)].map((match) => match[1]);
  return roles.length === 1 ? (ROLES.find((role) => role === roles[0]) ?? null) : null;
}

/** Calls a mutation as a caller of the role. Nothing but the caller is there: who passes the check fails after it. */
async function refusalFor(mutation: (typeof mutations)[number], role: Role): Promise<string> {
  const [input] = mutation.args;
  if (!input) throw new Error(`${mutation.name} takes no input.`);
  const { errors } = await graphql({
    schema,
    source: `mutation($input: ${input.type}) { ${mutation.name}(input: $input) { __typename } }`,
    variableValues: { input: sampleValue(input.type) },
    contextValue: {
      viewer: { role, workspaceId: 1, actor: { kind: 'API_KEY', name: 'test' }, expiresAt: null },
      openAudit: () => ({ trail: { close: async () => {} } }),
    },
  });
  return errors?.[0]?.message ?? '';
}

test('there are mutations', () => expect(mutations.length).toBeGreaterThan(25));

test.each(mutations.map((mutation) => [mutation.name, mutation] as const))(
  '%s says its role once, refuses every role below it by name, and no other',
  async (_name, mutation) => {
    const needed = describedRole(mutation.description);
    expect(needed).not.toBeNull();

    for (const role of ROLES) {
      const message = await refusalFor(mutation, role);
      if (needed !== null && ROLES.indexOf(role) < ROLES.indexOf(needed))
        expect(message).toContain(`This needs role ${needed}; yours is ${role}.`);
      else expect(message).not.toContain('This needs role');
    }
  },
);

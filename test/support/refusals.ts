/** What the product says to bad input, and whether it left anything behind. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from '../../src/storage/database.js';
import type { TestApp } from './app.js';

/** A mutation's answer: its type, and what it says of each fault. */
export interface MutationAnswer {
  typename: string;
  code: string | null;
  path: string;
  message: string;
  /** `CODE input.field` of each issue. */
  issues: string[];
  /** Global id of what stands in the way. */
  current: string | null;
}

const issue = z.object({ code: z.string(), message: z.string().min(1), path: z.array(z.string()) });
const answer = z.object({
  __typename: z.string(),
  code: z.string().nullish(),
  message: z.string().default(''),
  path: z.array(z.string()).nullish(),
  issues: z.array(issue).default([]),
  current: z.object({ id: z.string() }).nullish(),
});

/** Runs the mutation `name(input)` over HTTP. @throws if it answers top-level errors. */
export async function mutate(app: TestApp, name: string, input: Record<string, unknown>): Promise<MutationAnswer> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  const { data, errors } = await app.graphql(
    `mutation($input: ${type}!) { ${name}(input: $input) {
      __typename
      ... on UserError {
        code message path
        ... on InvalidInputError { issues { code message path } }
        ... on InvalidStateError { current { id } }
      }
    } }`,
    { input },
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  const { __typename: typename, code, message, path, issues, current } = answer.parse(data?.[name]);
  return {
    typename,
    code: code ?? null,
    message,
    path: path?.join('.') ?? '',
    issues: issues.map((found) => `${found.code} ${found.path.join('.')}`),
    current: current?.id ?? null,
  };
}

/** Rows by table: what a refused request leaves behind shows here. Its entry in the audit log is meant to stay. */
export async function countRows(db: Db): Promise<Record<string, number>> {
  const { rows } = await sql<{ name: string; count: number }>`/* test.count_rows */
    select table_name as name,
      (xpath('//count/text()', query_to_xml(format('select count(*) from %I', table_name), false, true, '')))[1]::text::int
        as count
    from information_schema.tables
    where table_schema = 'public' and table_name not in ('worker', 'lane', 'audit_entry')`.execute(db);
  return Object.fromEntries(rows.map((row) => [row.name, row.count]));
}

/** Sends one line of bulk ingest; what it was refused for as `CODE field`, or null. */
export async function ingestLine(app: TestApp, kind: 'profiles' | 'memberships', line: string): Promise<string | null> {
  const report = await ingestBody(app, kind, line);
  const [refusal] = report.refusals;
  return refusal ? `${refusal.code} ${refusal.path.join('.')}` : null;
}

const ingestReport = z.object({
  lines: z.number(),
  accepted: z.number(),
  created: z.number(),
  refused: z.number(),
  refusals: z.array(z.object({ line: z.number(), ...issue.shape })),
});

/** Sends a body to bulk ingest. @returns its report. */
export async function ingestBody(
  app: TestApp,
  kind: 'profiles' | 'memberships',
  body: string,
): Promise<z.infer<typeof ingestReport>> {
  const response = await fetch(`${app.url}/ingest/${kind}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${app.apiKey}` },
    body,
  });
  return ingestReport.parse(await response.json());
}

/** Brings the database's schema forward: numbered SQL files, each applied once, in order, in a transaction of its own. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { BaseLogger } from 'pino';
import { z } from 'zod';

/** Which database, and the files to bring it to. */
export interface MigrationOptions {
  /** PostgreSQL URL of a user who may create tables. */
  readonly connection: string;
  /** Folder of files named `0001_what_it_does.sql`. A file must hold no `begin`, `commit` or `concurrently`. */
  readonly folder: string;
  readonly log?: BaseLogger;
}

/** The database and the files disagree, or a file failed; nothing of the failed file stays. */
export class MigrationError extends Error {
  override name = 'MigrationError';
}

/** Any fixed number: one runner at a time per database. */
const RUNNER_LOCK = 7_245_002;

/**
 * Applies what is missing. Any number of nodes may start at once: one applies, the others wait for it.
 * @returns the names of the files applied by this call, in order; empty if the database was up to date.
 * @throws {MigrationError} if an applied file was changed or is missing, the database is newer than the files,
 *   a file comes before one already applied, or a file fails.
 */
export async function applyMigrations({ connection, folder, log }: MigrationOptions): Promise<string[]> {
  const files = await readMigrations(folder);
  const session = new pg.Client({ connectionString: connection, application_name: 'tributary migrations' });
  session.on('error', (error) => log?.warn({ err: error }, 'the migrations lost their database session'));
  await session.connect();
  try {
    // Held by the session, so a killed runner lets go of it.
    await session.query('/* migrations.lock */ select pg_advisory_lock($1)', [RUNNER_LOCK]);
    const missing = findMissing(files, await readApplied(session));
    for (const migration of missing) {
      await applyOne(session, migration);
      log?.info({ migration: migration.name }, 'migrated the database');
    }
    return missing.map(({ name }) => name);
  } finally {
    await session.end();
  }
}

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
  readonly text: string;
}

const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;

const appliedMigrations = z.array(z.object({ number: z.number(), name: z.string(), checksum: z.string() }));
type AppliedMigration = z.infer<typeof appliedMigrations>[number];

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const migrations = await Promise.all(names.map((name) => readMigration(folder, name)));
  const twice = migrations.find((migration, index) => migrations[index + 1]?.number === migration.number);
  if (twice)
    throw new MigrationError(`Two migrations have the number of ${twice.name}. Give one the next free number.`);
  return migrations;
}

async function readMigration(folder: string, name: string): Promise<Migration> {
  const number = FILE_NAME.exec(name)?.[1];
  if (!number) throw new MigrationError(`The migration ${name} is not named like 0001_what_it_does.sql. Rename it.`);
  // A checkout may turn line ends around: that is no change.
  const text = (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n');
  return { number: Number(number), name, checksum: createHash('sha256').update(text).digest('hex'), text };
}

async function readApplied(session: pg.Client): Promise<AppliedMigration[]> {
  await session.query(`/* migrations.table */ create table if not exists migration (
    number int primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now()
  )`);
  const { rows } = await session.query(
    '/* migrations.applied */ select number, name, checksum from migration order by number',
  );
  return appliedMigrations.parse(rows);
}

function findMissing(files: Migration[], applied: AppliedMigration[]): Migration[] {
  for (const past of applied) checkApplied(past, files);
  const last = applied.at(-1)?.number ?? 0;
  const missing = files.filter(({ number }) => !applied.some((past) => past.number === number));
  const late = missing.find(({ number }) => number < last);
  if (!late) return missing;
  throw new MigrationError(
    `The migration ${late.name} comes before number ${last}, which is applied already. Give it the next free number.`,
  );
}

function checkApplied(past: AppliedMigration, files: Migration[]): void {
  const file = files.find(({ number }) => number === past.number);
  if (!file && past.number > (files.at(-1)?.number ?? 0)) {
    throw new MigrationError(
      `The database is newer than this program: it has the migration ${past.name}. Run the newer program.`,
    );
  }
  if (!file) {
    throw new MigrationError(`The migration ${past.name} is applied but its file is missing. Restore the file.`);
  }
  if (file.checksum !== past.checksum) {
    throw new MigrationError(
      `The migration ${file.name} was changed after it was applied${file.name === past.name ? '' : ` as ${past.name}`}. ` +
        'Restore the file, and put the change into a new one.',
    );
  }
}

async function applyOne(session: pg.Client, migration: Migration): Promise<void> {
  try {
    await session.query('begin');
    await session.query(migration.text);
    await session.query('/* migrations.record */ insert into migration (number, name, checksum) values ($1, $2, $3)', [
      migration.number,
      migration.name,
      migration.checksum,
    ]);
    await session.query('commit');
  } catch (error) {
    await session.query('rollback').catch(() => undefined);
    const detail = error instanceof Error ? error.message : String(error);
    throw new MigrationError(`The migration ${migration.name} failed and was rolled back: ${detail}.`, {
      cause: error,
    });
  }
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyMigrations } from '../../src/storage/migrations.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase({ isEmpty: true });
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrations-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
  await database.pool.query('drop schema public cascade; create schema public');
});

const write = (name: string, text: string) => writeFile(join(folder, name), text);
const migrate = () => applyMigrations({ connection: database.connection, folder });
const count = async (table: string) => (await database.pool.query(`select count(*) from ${table}`)).rows[0].count;

async function applyTwoFiles() {
  await write('0001_first.sql', 'create table first (id int); insert into first values (1);');
  await write('0002_second.sql', 'create table second (id int);');
  return migrate();
}

test('files are applied once, in order, and recorded', async () => {
  const applied = await applyTwoFiles();
  const again = await migrate();

  expect(applied).toEqual(['0001_first.sql', '0002_second.sql']);
  expect(again).toEqual([]);
  expect(await count('first')).toBe(1);
  expect(await count('migration')).toBe(2);
});

test('four nodes that start at once on an empty database apply every file once', async () => {
  await write('0001_first.sql', 'create table first (id int);');
  await write('0002_second.sql', 'select pg_sleep(0.1); insert into first values (1);');

  const results = await Promise.all([migrate(), migrate(), migrate(), migrate()]);

  expect(results.flat()).toEqual(['0001_first.sql', '0002_second.sql']);
  expect(await count('first')).toBe(1);
});

test('the real migrations apply to an empty database', async () => {
  const real = join(import.meta.dirname, '..', '..', 'schema', 'migrations');

  const applied = await applyMigrations({ connection: database.connection, folder: real });

  expect(applied[0]).toMatch(/^0001_/);
});

test('a failed file leaves nothing behind, and the next start tries it again', async () => {
  await write('0001_first.sql', 'create table first (id int);');
  await write('0002_second.sql', 'create table second (id int); select nonsense;');

  await expect(migrate()).rejects.toThrow('0002_second.sql failed and was rolled back: column "nonsense"');

  await write('0002_second.sql', 'create table second (id int);');
  expect(await migrate()).toEqual(['0002_second.sql']);
});

test('line ends turned by a checkout are no change', async () => {
  await write('0001_first.sql', 'create table first\n(id int);\n');
  await migrate();

  await write('0001_first.sql', 'create table first\r\n(id int);\r\n');

  expect(await migrate()).toEqual([]);
});

describe('a disagreement is refused:', () => {
  beforeEach(applyTwoFiles);

  test('an applied file was changed', async () => {
    await write('0001_first.sql', 'create table first (id bigint);');

    await expect(migrate()).rejects.toThrow('0001_first.sql was changed after it was applied. Restore the file');
  });

  test('an applied file is missing', async () => {
    await rm(join(folder, '0001_first.sql'));

    await expect(migrate()).rejects.toThrow('0001_first.sql is applied but its file is missing');
  });

  test('the database is newer than the program', async () => {
    await rm(join(folder, '0002_second.sql'));

    await expect(migrate()).rejects.toThrow('newer than this program: it has the migration 0002_second.sql');
  });

  test('a file comes before one that is applied already', async () => {
    await database.pool.query('delete from migration where number = 1');

    await expect(migrate()).rejects.toThrow('0001_first.sql comes before number 2');
  });

  test('two files have one number', async () => {
    await write('0002_twin.sql', 'select 1;');

    await expect(migrate()).rejects.toThrow('Two migrations have the number of 0002');
  });

  test('a file has no number', async () => {
    await write('third.sql', 'select 1;');

    await expect(migrate()).rejects.toThrow('third.sql is not named like');
  });
});

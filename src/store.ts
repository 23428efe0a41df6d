/** What every entry begins with: the database, brought up to date, and the encryption keys, held against it. */

import { join } from 'node:path';
import type { Logger } from 'pino';
import { Closer } from './closer.js';
import { loadSecretSeal } from './domain/key-check.js';
import type { KeyRing } from './domain/key-ring.js';
import type { SecretSeal } from './domain/secret-seal.js';
import { type EncryptionKeySettings, loadKeyRing } from './encryption-keys.js';
import { findPackageFolder } from './package-folder.js';
import { checkServerVersion, type Database, openDatabase } from './storage/database.js';
import { startEmbeddedServer } from './storage/embedded-server.js';
import { applyMigrations } from './storage/migrations.js';

/** What the operator set; see the configuration. */
export interface StoreSettings extends EncryptionKeySettings {
  databaseUrl: string | undefined;
}

/** Who opens it, and how. */
export interface StoreOptions {
  log: Logger;
  /** Gets what has to be closed. */
  closer: Closer;
  /** Sessions at most. */
  maxConnections: number;
  /** Shown in `pg_stat_activity`. */
  applicationName: string;
}

/** The open database. */
export interface Store {
  /** Its URL. */
  connection: string;
  database: Database;
  ring: KeyRing;
  seal: SecretSeal;
}

/** A process's store that is being opened. */
export interface OpeningStore {
  store: Promise<Store>;
  /** Closes what was opened; gets the other parts of the process. */
  closer: Closer;
}

/** Sessions for what concerns all workspaces: authentication, the event tail, upkeep. */
const OWNER_SESSIONS = 6;

/** Begins to open the store of a process: the database starts while the rest of the program is still being loaded. */
export function beginStore(settings: StoreSettings & { role: string }, log: Logger): OpeningStore {
  const closer = new Closer();
  const applicationName = `tributary ${settings.role}`;
  const store = openStore(settings, { log, closer, maxConnections: OWNER_SESSIONS, applicationName });
  // Whoever waits for it hears of it.
  store.catch(() => {});
  return { store, closer };
}

/**
 * Opens the operator's database, or starts the embedded one.
 * @throws {Error} of what does not open; its message says what to do.
 */
export async function openStore(settings: StoreSettings, options: StoreOptions): Promise<Store> {
  const { log, closer, maxConnections, applicationName } = options;
  const connection = await findDatabase(settings, options);
  const database = closer.use(openDatabase({ connection, log, maxConnections, applicationName }));
  await checkServerVersion(database.db);
  await applyMigrations({ connection, folder: join(findPackageFolder(), 'schema', 'migrations'), log });
  const ring = await loadKeyRing(settings, { db: database.db, log });
  return { connection, database, ring, seal: await loadSecretSeal(database.db, ring) };
}

/** @returns the URL of the operator's server, or of the embedded one once it runs. */
async function findDatabase(settings: StoreSettings, { closer, log }: StoreOptions): Promise<string> {
  const { databaseUrl, dataFolder } = settings;
  return databaseUrl ?? closer.use(await startEmbeddedServer({ dataFolder, log })).url;
}

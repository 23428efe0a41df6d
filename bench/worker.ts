/** The product's workers as processes of their own, on a database that the bench has filled by itself. */

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { SECRET_FIELD } from '../src/domain/credential.js';
import { ringOfOne } from '../src/domain/key-ring.js';
import { createSealer } from '../src/domain/secret-seal.js';
import type { Db } from '../src/storage/database.js';
import { type BenchProcess, SERVER, startProcess } from './harness.js';

/** What workers of one database share. */
export interface WorkerSite {
  /** Of the database. */
  connection: string;
  /** Where they deliver to. */
  endpoint: string;
  folder: string;
  encryptionKey: Buffer;
}

/** Makes a site for workers: seals a secret for each credential that was seeded, so that they can open it. */
export async function openWorkerSite(db: Db, site: Omit<WorkerSite, 'encryptionKey'>): Promise<WorkerSite> {
  const encryptionKey = randomBytes(32);
  const sealer = createSealer(ringOfOne(encryptionKey));
  const credentials = await db.selectFrom('credential').select(['id', 'workspace_id']).execute();
  for (const { id, workspace_id: workspaceId } of credentials) {
    const binding = { workspaceId, credentialId: id, field: SECRET_FIELD, version: 1 };
    const sealed = sealer.seal('x'.repeat(40), binding);
    await db.updateTable('credential').set({ secret_sealed: sealed }).where('id', '=', id).execute();
  }
  return { ...site, encryptionKey };
}

/** Starts a process with the role `worker`, as an operator would. @param lanes steps that it has under way at once. */
export function startWorker(
  { connection, endpoint, folder, encryptionKey }: WorkerSite,
  lanes: number,
): Promise<BenchProcess> {
  return startProcess(SERVER, (line) => /http:\S+/.exec(line)?.[0] ?? null, {
    ROLE: 'worker',
    DATABASE_URL: connection,
    DATA_FOLDER: path.join(folder, 'worker'),
    ENCRYPTION_KEY: encryptionKey.toString('base64'),
    KINESIS: 'aws',
    KINESIS_ENDPOINT: endpoint,
    DELIVERY_LANES: String(lanes),
    PORT: '0',
    LOG_LEVEL: 'warn',
  });
}

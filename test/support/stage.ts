/** A folder, a sandbox and servers, all in processes of their own, cleared away at the end whatever was killed. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Frontend, generateProfiles, type SetUp } from './frontend.js';
import {
  type SandboxProcess,
  type ServerProcess,
  startSandboxProcess,
  startServerProcess,
  stopLeftDatabase,
} from './processes.js';

/** Where a test of whole processes plays; disposing ends them, the embedded database included. */
export interface Stage extends AsyncDisposable {
  readonly sandbox: SandboxProcess;
  /** The servers' data folder, unless their environment names a database. */
  readonly folder: string;
  readonly ledger: string;
  /** Starts a server on the stage's data; the first one makes the key that all frontends use. */
  startServer(): Promise<ServerProcess>;
}

/** What a stage differs in. */
export interface StageOptions {
  /** Of each server, such as `DATABASE_URL`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Default `orders:4`. */
  readonly stream?: string;
}

/** Sets a stage without a server. */
export async function setStage(options: StageOptions = {}): Promise<Stage> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-stage-'));
  const ledger = path.join(folder, 'ledger');
  const sandbox = await startSandboxProcess({ streams: [options.stream ?? 'orders:4'], ledger });
  const servers: ServerProcess[] = [];
  return {
    sandbox,
    folder,
    ledger,
    async startServer() {
      const [first] = servers;
      const environment = { DATA_FOLDER: folder, ...options.environment };
      const server = await startServerProcess({
        endpoint: sandbox.endpoint,
        environment,
        ...(first && { apiKey: first.apiKey }),
      });
      servers.push(server);
      return server;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => server.kill('SIGTERM')));
      await sandbox.kill('SIGTERM');
      await stopLeftDatabase(folder);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The frontend of a server. */
export function frontendOf(server: ServerProcess): Frontend {
  return new Frontend(server.url, server.apiKey);
}

/** Ingests profiles `profile-0`, … into one segment, connects the stream `orders` and activates the segment. */
export async function fill(frontend: Frontend, profiles: number): Promise<SetUp & { profileIds: string[] }> {
  await frontend.createSegments(['everyone']);
  const lines = [...generateProfiles(profiles, ['everyone'])];
  for (let start = 0; start < lines.length; start += 20_000)
    await frontend.ingest('profiles', lines.slice(start, start + 20_000));
  const setUp = await frontend.setUp({ stream: 'orders', segmentIds: ['everyone'], attributes: ['tier'] });
  return { ...setUp, profileIds: lines.map((_line, number) => `profile-${number}`) };
}

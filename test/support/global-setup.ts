/** Once per test run: a server of its own (or the one named) with a template database that has every migration. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { TestProject } from 'vitest/node';
import { startEmbeddedServer } from '../../src/storage/embedded-server.js';
import { applyMigrations } from '../../src/storage/migrations.js';
import { databaseUrl, executeOn } from './database-server.js';

/** What test files get by `inject('testServer')`. */
export interface TestServer {
  /** URL of a database whose user may create others. */
  readonly connection: string;
  /** Name of the database to clone. */
  readonly template: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    testServer: TestServer;
  }
}

/** Starts the server and provides it; the answer stops it and removes what it made. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['TRIBUTARY_TEST_DATABASE_URL'];
  const server = given ? { connection: given, stop: async () => undefined } : await startServer();
  const template = `tributary_template_${randomUUID().replaceAll('-', '')}`;
  await executeOn(server.connection, `create database ${template}`);
  const folder = join(import.meta.dirname, '..', '..', 'schema', 'migrations');
  try {
    await applyMigrations({ connection: databaseUrl(server.connection, template), folder });
  } catch (error) {
    await server.stop();
    throw error;
  }
  project.provide('testServer', { connection: server.connection, template });
  return async () => {
    await executeOn(server.connection, `drop database ${template} with (force)`);
    await server.stop();
  };
}

async function startServer() {
  const dataFolder = await mkdtemp(join(tmpdir(), 'tributary-test-'));
  const server = await startEmbeddedServer({ dataFolder, log: pino({ level: 'warn' }), isDurable: false });
  return {
    connection: server.url,
    stop: async () => {
      await server[Symbol.asyncDispose]();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

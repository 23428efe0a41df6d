/**
 * `limits`: a list of 50 segments over HTTP, by one client on one connection: the edge as it is (key looked up, rates
 * counted, document bounded and weighed) against the same server with a caller known beforehand and no limits; the two by
 * turns, query for query, in one run.
 */

import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { readConfig } from '../src/config.js';
import { authenticateApiKey } from '../src/domain/api-key.js';
import type { Viewer } from '../src/domain/viewer.js';
import { bootstrapWorkspace } from '../src/domain/workspace-admin.js';
import { EventTail } from '../src/events/tail.js';
import type { Context } from '../src/graphql/context.js';
import { createContextFactory } from '../src/graphql/execution-context.js';
import { buildGraphQLSchema } from '../src/graphql/schema.js';
import { rememberViewers } from '../src/http/authentication.js';
import { createErrorPresenter } from '../src/http/graphql-errors.js';
import type { GraphQLParts } from '../src/http/graphql-http.js';
import { createMetrics } from '../src/http/metrics.js';
import { createRequestLimits } from '../src/http/request-limits.js';
import { type HttpServer, startHttpServer } from '../src/http/server.js';
import { bindServices } from '../src/services.js';
import { type Db, openDatabase } from '../src/storage/database.js';
import { startEmbeddedServer } from '../src/storage/embedded-server.js';
import { applyMigrations } from '../src/storage/migrations.js';
import { openWorkspaceSessions, type WorkspaceSessions } from '../src/storage/workspace-sessions.js';
import { createTestSeal } from '../test/support/seal.js';
import { median, round2 } from './harness.js';
import { seedSegment } from './seed.js';

const ITEMS = 50;
const PAIRS_OF_A_ROUND = 200;
const QUERY = JSON.stringify({
  query: `query ($first: Int!) { segments(first: $first) {
    nodes { id segmentId name description createdAt version } pageInfo { hasNextPage endCursor } } }`,
  variables: { first: ITEMS },
});
const log = pino({ level: 'warn' });

/** Runs the benchmark and returns its figures. */
export async function benchLimits(options: { profiles: number; rounds: number }): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  try {
    await using embedded = await startEmbeddedServer({ dataFolder: folder, log });
    await applyMigrations({ connection: embedded.url, folder: 'schema/migrations' });
    await using database = openDatabase({ connection: embedded.url, maxConnections: 12 });
    const { db } = database;
    const { apiKey, viewer } = await seed(db);
    await using sessions = openWorkspaceSessions({ connection: embedded.url, maxConnections: 12 });
    const parts = createParts(db, sessions);
    await using guarded = await start(parts, null);
    await using bare = await start(null, (server) => registerBare(server, parts, viewer));
    const rounds: Round[] = [];
    for (let round = 0; round <= options.rounds; round += 1) rounds.push(await playRound({ guarded, bare, apiKey }));
    // The first round warms both up.
    return report(rounds.slice(1));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function seed(db: Db): Promise<{ apiKey: string; viewer: Viewer }> {
  const apiKey = await bootstrapWorkspace(db);
  const viewer = apiKey === null ? null : await authenticateApiKey(db, apiKey);
  if (apiKey === null || !viewer) throw new Error('The first key does not work.');
  for (let number = 0; number < ITEMS; number += 1) await seedSegment(db, viewer.workspaceId, `segment-${number}`);
  return { apiKey, viewer };
}

/** As `createApi` of the app makes them. */
function createParts(db: Db, { inWorkspace }: WorkspaceSessions): GraphQLParts {
  const servicesOn = bindServices({ seal: createTestSeal() });
  const listener = { subscribe: () => ({ [Symbol.dispose]: () => {} }) };
  return {
    schema: buildGraphQLSchema(),
    createContext: createContextFactory({ inWorkspace, events: new EventTail({ db, log, listener }), servicesOn }),
    authenticate: rememberViewers((key) => authenticateApiKey(db, key)),
    presenter: createErrorPresenter({ badInputErrors: [], hidesSuggestions: false }),
    limits: createRequestLimits(
      readConfig({ OPERATIONS_PER_KEY: '1000000', OPERATIONS_PER_ADDRESS: '1000000' }).limits,
    ),
    webSocketOrigins: new Set(),
    operations: null,
    log,
  };
}

function start(
  graphql: GraphQLParts | null,
  registerRoutes: ((server: FastifyInstance) => Promise<void>) | null,
): Promise<HttpServer> {
  const readBooks = async () => ({ pendingRecords: 0, oldestPendingSeconds: 0, unaccountedRecords: 0 });
  return startHttpServer({
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: 1_048_576,
    log,
    graphql,
    metrics: createMetrics({ readBooks, log }),
    pingDatabase: async () => undefined,
    ...(registerRoutes && { registerRoutes }),
  });
}

/** The route of `graphql-http.ts` without its hooks and limits. */
async function registerBare(server: FastifyInstance, { schema, createContext }: GraphQLParts, viewer: Viewer) {
  const apollo = new ApolloServer<Context>({
    schema,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    logger: log,
    plugins: [ApolloServerPluginCacheControlDisabled(), ApolloServerPluginLandingPageDisabled()],
  });
  await apollo.start();
  server.addHook('onClose', () => apollo.stop());
  const context = async ({ id, ip }: { id: string; ip: string }) =>
    createContext(viewer, { requestId: id, address: ip });
  server.post('/graphql', fastifyApolloHandler(apollo, { context }));
}

/** Milliseconds of one query; of a round, medians. */
interface Cost {
  wallMs: number;
  /** CPU of this process, which is client and server: what else runs on the machine hardly shows in it. */
  cpuMs: number;
}

interface Round {
  guarded: Cost;
  bare: Cost;
}

async function playRound(servers: { guarded: HttpServer; bare: HttpServer; apiKey: string }): Promise<Round> {
  const guarded: Cost[] = [];
  const bare: Cost[] = [];
  for (let pair = 0; pair < PAIRS_OF_A_ROUND; pair += 1) {
    guarded.push(await time(servers.guarded.url, servers.apiKey));
    bare.push(await time(servers.bare.url, servers.apiKey));
  }
  return { guarded: medianCost(guarded), bare: medianCost(bare) };
}

function medianCost(costs: readonly Cost[]): Cost {
  return { wallMs: median(costs.map(({ wallMs }) => wallMs)), cpuMs: median(costs.map(({ cpuMs }) => cpuMs)) };
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

async function time(url: string, apiKey: string): Promise<Cost> {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await ask(url, apiKey);
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1_000 };
}

function ask(url: string, apiKey: string): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/graphql`, { method: 'POST', agent, headers }, (answer) => {
      answer.resume().on('end', () => {
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`The query was answered with ${answer.statusCode}.`));
      });
    });
    sent.on('error', reject).end(QUERY);
  });
}

function report(rounds: readonly Round[]): Record<string, unknown> {
  const addedCpu = rounds.map(({ guarded, bare }) => guarded.cpuMs / bare.cpuMs - 1);
  const addedWall = rounds.map(({ guarded, bare }) => guarded.wallMs / bare.wallMs - 1);
  return {
    bench: 'limits',
    rounds: rounds.length,
    pairsOfARound: PAIRS_OF_A_ROUND,
    addedCpuPercent: toPercent(median(addedCpu)),
    addedCpuOfRounds: addedCpu.map(toPercent),
    addedWallPercent: toPercent(median(addedWall)),
    addedWallOfRounds: addedWall.map(toPercent),
    guarded: roundCost(medianCost(rounds.map(({ guarded }) => guarded))),
    bare: roundCost(medianCost(rounds.map(({ bare }) => bare))),
  };
}

const toPercent = (share: number) => Math.round(share * 1_000) / 10;
const roundCost = ({ wallMs, cpuMs }: Cost) => ({ wallMs: round2(wallMs), cpuMs: round2(cpuMs) });

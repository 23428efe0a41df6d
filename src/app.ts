/** The composition root: the only place where the parts of a process are built and joined. */

import 'reflect-metadata';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { type AwsAccess, createAwsAccess } from './aws-access.js';
import type { Closer } from './closer.js';
import type { Config } from './config.js';
import { DeliveryEngine, LANE_WORK_CHANNEL, ROTATION_CHANNEL } from './delivery/engine.js';
import { authenticateApiKey } from './domain/api-key.js';
import { openTrail } from './domain/audit.js';
import { openIdentity } from './domain/credential.js';
import { createFailedRecordDownloads } from './domain/failed-record-download.js';
import { toLaneKey } from './domain/lane.js';
import { toRotationKey } from './domain/rotation-key.js';
import type { SecretSeal } from './domain/secret-seal.js';
import { createTokenVerifier, isTokenText, type TokenTrust } from './domain/signed-token.js';
import { bootstrapWorkspace } from './domain/workspace-admin.js';
import { EventTail } from './events/tail.js';
import type { Services } from './graphql/context.js';
import { createContextFactory } from './graphql/execution-context.js';
import { buildGraphQLSchema } from './graphql/schema.js';
import { type Authenticate, rememberViewers } from './http/authentication.js';
import { readConsole } from './http/console.js';
import { registerFailedRecordRoute } from './http/failed-records.js';
import { createErrorPresenter } from './http/graphql-errors.js';
import type { GraphQLParts } from './http/graphql-http.js';
import { type IngestParts, registerIngestRoutes } from './http/ingest.js';
import { createMetrics, type Metrics } from './http/metrics.js';
import { readOperationList } from './http/operation-list.js';
import { createRequestLimits } from './http/request-limits.js';
import { type HttpServer, startHttpServer } from './http/server.js';
import { registerSignInRoutes } from './http/sign-in-links.js';
import { startMaintenance } from './maintenance.js';
import { findPackageFolder } from './package-folder.js';
import { type Sandbox, type SandboxOptions, startSandbox } from './sandbox/sandbox.js';
import { startScheduler } from './scheduler.js';
import { type Announcements, bindServices } from './services.js';
import { InvalidCursorError } from './storage/cursor.js';
import { type Database, type Db, openDatabase } from './storage/database.js';
import { DELIVERY_EVENT_CHANNEL } from './storage/event-tail.js';
import { readExportBooks } from './storage/export-invariant.js';
import { createListener, type Listener } from './storage/notification-listener.js';
import { createNotifier, type Notifier } from './storage/notifications.js';
import { checkRowSecurity, openWorkspaceSessions, type WorkspaceSessions } from './storage/workspace-sessions.js';
import { beginStore, type OpeningStore, type Store } from './store.js';

/** A running process; disposing ends it in order: not ready, no new work, lanes handed back, sockets closed. */
export interface App extends AsyncDisposable {
  /** `http://host:port`. */
  readonly url: string;
  /** The first workspace's ADMIN key, if this start made it. Stored nowhere: show it once, never log it. */
  readonly firstKey: string | null;
  /** The local Kinesis; null where records go to Amazon. */
  readonly sandbox: Sandbox | null;
}

/** What differs from the configured, for tests. */
export interface AppOverrides {
  sandbox?: SandboxOptions;
}

/** What {@link createApp} needs besides the configuration. */
export interface AppOptions {
  log: Logger;
  /** By default it is opened now. */
  opening?: OpeningStore;
  overrides?: AppOverrides;
}

/**
 * Builds and starts a process. What had started is closed again if a part does not start.
 * @throws {Error} of the part that does not start; its message says what to do.
 */
export async function createApp(config: Config, options: AppOptions): Promise<App> {
  const { log, opening = beginStore(config, log), overrides = {} } = options;
  const { closer } = opening;
  try {
    return await startParts({ config, log, overrides, closer, store: await opening.store });
  } catch (error) {
    await closer[Symbol.asyncDispose]().catch((failure: unknown) => log.error({ err: failure }, 'closing failed'));
    throw error;
  }
}

/** What every step of starting gets. */
interface Start {
  config: Config;
  log: Logger;
  overrides: AppOverrides;
  closer: Closer;
  store: Store;
}

/** What the event tail and the delivery engine are built on. */
interface Foundation {
  /** URL of the database. */
  connection: string;
  database: Database;
  seal: SecretSeal;
  sandbox: Sandbox | null;
  aws: AwsAccess;
  listener: Listener;
  notifier: Notifier;
  events: EventTail;
  metrics: Metrics;
}

async function startParts(start: Start): Promise<App> {
  const { config, closer, log } = start;
  const foundation = await layFoundation(start);
  const { db } = foundation.database;
  closer.use(
    startMaintenance({
      db,
      log,
      retentionDays: config.deliveryRetentionDays,
      auditRetentionDays: config.auditRetentionDays,
    }),
  );
  const announcements = createAnnouncements(foundation);
  const { seal, aws } = foundation;
  const servicesOn = bindServices({ seal, aws, ...announcements });
  const services = servicesOn(db);
  const api = config.role === 'worker' ? null : await createApi(start, foundation, servicesOn);
  const server = closer.use(await startServer(start, foundation, api));
  // Before the sockets close, so that subscribers are told why their streams end; disposing again does nothing.
  closer.use(foundation.events);
  startDelivery(start, foundation);
  closer.use(startScheduler({ db, log, profiles: services.profiles, wake: announcements.wake }));
  closer.defer(() => server.stopBeingReady());
  const { sandbox } = foundation;
  // Last: a start that failed after this would take the only copy of the key with it.
  const firstKey = await bootstrapWorkspace(db);
  return { url: server.url, firstKey, sandbox, [Symbol.asyncDispose]: () => closer[Symbol.asyncDispose]() };
}

async function layFoundation(start: Start): Promise<Foundation> {
  const { config, closer, log, store } = start;
  const { connection, database } = store;
  const { db } = database;
  const sandbox = await openSandbox(start);
  const listener = closer.use(createListener({ connection, log }));
  return {
    connection,
    database,
    seal: store.seal,
    sandbox,
    aws: createAwsAccess({
      endpoint: sandbox?.endpoint ?? config.kinesisEndpoint ?? null,
      ownIdentity: config.ownIdentity,
      isSandbox: sandbox !== null,
    }),
    listener,
    notifier: closer.use(createNotifier({ db, log, local: listener })),
    events: closer.use(new EventTail({ db, log, listener })),
    metrics: createMetrics({ readBooks: () => readExportBooks(db), log }),
  };
}

/** Sessions for requests, each bound to a workspace. */
const REQUEST_SESSIONS = 12;
/** Sessions that the engine needs beside one a lane: heartbeat, claims, health. */
const ENGINE_SESSIONS = 3;

/** API keys, and signed tokens if there is an issuer to trust. */
function createAuthentication(db: Db, trust: TokenTrust | null): Authenticate {
  const verify = trust && createTokenVerifier(db, trust);
  return (text) => (verify && isTokenText(text) ? verify(text) : authenticateApiKey(db, text));
}

async function openSandbox({ config, overrides, closer, log }: Start): Promise<Sandbox | null> {
  if (config.kinesis === 'aws') return null;
  const sandbox = closer.use(await startSandbox({ port: config.sandboxPort, ...overrides.sandbox }));
  sandbox.createStream(SANDBOX_STREAM, SANDBOX_SHARDS);
  log.warn(
    { endpoint: sandbox.endpoint, stream: SANDBOX_STREAM },
    'records go to the local sandbox, not to Amazon: set KINESIS=aws to change that',
  );
  return sandbox;
}

/** A stream to begin with: the product itself never creates one. */
const SANDBOX_STREAM = 'profiles';
const SANDBOX_SHARDS = 4;

/** What serves clients; a worker has none. */
interface Api extends Pick<WorkspaceSessions, 'inWorkspace'> {
  graphql: GraphQLParts;
  openUpload: IngestParts['openAudit'];
}

/** Tells all workers of the database; event tails, too, that a destination has work. */
function createAnnouncements({ notifier }: Foundation): Announcements {
  return {
    wakeLane: (place) => notifier.notify(LANE_WORK_CHANNEL, toLaneKey(place)),
    announceRotation: (rotated) => notifier.notify(ROTATION_CHANNEL, toRotationKey(rotated)),
    wake(destinationId) {
      notifier.notify(LANE_WORK_CHANNEL, String(destinationId));
      notifier.notify(DELIVERY_EVENT_CHANNEL, String(destinationId));
    },
  };
}

async function createApi(
  start: Start,
  { connection, database: { db }, events }: Foundation,
  servicesOn: (db: Db) => Services,
): Promise<Api> {
  const { config, log } = start;
  const { limits } = config;
  const { inWorkspace } = await openSessions(start, connection);
  const schema = buildGraphQLSchema();
  const graphql = {
    schema,
    operations: config.listedOperations
      ? await readOperationList(config.listedOperations.map(manifestPath), schema)
      : null,
    createContext: createContextFactory({ inWorkspace, events, servicesOn }),
    authenticate: rememberViewers(createAuthentication(db, config.tokens)),
    presenter: createErrorPresenter({
      badInputErrors: [InvalidCursorError],
      hidesSuggestions: !limits.allowsDiscovery,
    }),
    limits: createRequestLimits(limits),
    webSocketOrigins: config.webSocketOrigins,
    log,
  };
  const openUpload: Api['openUpload'] = (call) => {
    const trail = openTrail(inWorkspace(call.viewer.workspaceId), call);
    return { trail, profiles: servicesOn(trail.db).profiles };
  };
  return { inWorkspace, graphql, openUpload };
}

/** `on` means the manifest of the build. */
function manifestPath(setting: string): string {
  return setting === 'on' ? builtPath('operations.json') : setting;
}

/** A place in what `npm run build` makes. */
function builtPath(name: string): string {
  return join(findPackageFolder(), 'dist', name);
}

async function openSessions({ config, log, closer }: Start, connection: string): Promise<WorkspaceSessions> {
  const applicationName = `tributary ${config.role} requests`;
  const sessions = closer.use(
    openWorkspaceSessions({ connection, log, maxConnections: REQUEST_SESSIONS, applicationName }),
  );
  await checkRowSecurity(sessions);
  return sessions;
}

async function startServer(
  { config, log }: Start,
  { database: { db }, metrics }: Foundation,
  api: Api | null,
): Promise<HttpServer> {
  return startHttpServer({
    host: config.host,
    port: config.port,
    maxBodyBytes: config.maxBodyBytes,
    trustedProxies: config.trustedProxies,
    log,
    graphql: api?.graphql ?? null,
    console: api && (await readConsole(builtPath('console'))),
    metrics,
    pingDatabase: () => sql`/* app.ping */ select 1`.execute(db),
    async registerRoutes(server) {
      if (!api) return;
      const { authenticate, limits } = api.graphql;
      await registerIngestRoutes(server, { authenticate, limits, openAudit: api.openUpload });
      registerSignInRoutes(server, { authenticate, limits });
      registerFailedRecordRoute(server, { authenticate, limits, downloads: createFailedRecordDownloads(api) });
    },
  });
}

/** Used by the closer last, so that the engine hands its lanes back before anything else closes. */
function startDelivery({ config, log, closer }: Start, foundation: Foundation): void {
  if (config.role === 'api') return;
  const { connection, seal, notifier, listener, metrics, aws } = foundation;
  // Sessions of its own: a rush of requests must not keep a heartbeat waiting.
  const maxConnections = config.deliveryLanes + ENGINE_SESSIONS;
  const database = closer.use(
    openDatabase({ connection, log, maxConnections, applicationName: 'tributary delivery', plansForAnyValues: true }),
  );
  const engine = closer.use(
    new DeliveryEngine({
      db: database.db,
      log,
      name: `${hostname()}:${process.pid}`,
      findKeys({ destinationId, workspaceId, region, credential: { id: credentialId, ...sealed } }) {
        const identity = openIdentity(seal, { workspaceId, credentialId, ...sealed });
        // The destination halts with a code; which key is missing is for the operator alone.
        if (identity.kind === 'UNREADABLE')
          log.error({ destinationId, reason: identity.reason }, 'a secret is unreadable');
        return aws.keySources.sourceFor(identity, region);
      },
      ...(aws.endpoint !== null && { endpoint: aws.endpoint }),
      maxLanes: config.deliveryLanes,
      leaseMs: config.leaseMs,
      notify: (channel, key) => notifier.notify(channel, key),
      metrics: metrics.delivery,
    }),
  );
  closer.use(listener.subscribe(LANE_WORK_CHANNEL, (keys) => engine.wake(keys)));
  closer.use(listener.subscribe(ROTATION_CHANNEL, (keys) => engine.noteRotations(keys)));
  engine.start();
}

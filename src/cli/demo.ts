/** The command `demo`: everything on this machine, from generated profiles to records in a local stream. */

import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type ApiClient, createApiClient } from './api-client.js';
import { ApiError, InterruptedError } from './command-error.js';
import type { DemoOptions } from './command-line.js';
import { generateLines } from './demo-profiles.js';
import { type DemoOutcome, describeOutcome, findDisagreements } from './demo-report.js';
import { type DemoServer, startSandbox, startServer } from './demo-server.js';
import { connectStream, createSegments, type DemoDestination, removeEarlierRuns } from './demo-setup.js';
import { createDemoStream, DEMO_SHARDS, type DemoStream } from './demo-stream.js';
import { DeliveryFollower } from './follow-deliveries.js';
import { TriggerExportDocument, ViewerDocument } from './generated/graphql.js';
import { expectSuccess } from './mutation-result.js';
import { formatCount, startProgress } from './progress.js';
import { watchExport } from './watch-export.js';

/** Profiles of one ingest request: seconds of work, far from the hour that the server gives a request. */
const PROFILES_A_REQUEST = 20_000;

/**
 * Runs the demo.
 * @param signal ends it at once, with everything that it started.
 * @returns whether export, events and stream agree that every profile was delivered.
 * @throws {Error} if a part does not start or ends by itself. @throws {ApiError} if the API refuses a step.
 */
export async function runDemo(options: DemoOptions, signal: AbortSignal): Promise<boolean> {
  console.log(`Tributary demo: ${formatCount(options.profiles)} profiles into a stream with ${DEMO_SHARDS} shards\n`);
  await using kinesis = await startSandbox(signal);
  const kinesisEndpoint = kinesis.ready.endpoint;
  await using server = await startServer({ dataFolder: options.dataFolder, kinesisEndpoint }, signal);
  const failed = Promise.race([kinesis.failed, server.failed, rejectOn(signal)]);
  failed.catch(() => undefined);
  const outcome = await Promise.race([play(options, server, kinesisEndpoint), failed]);
  const disagreements = findDisagreements(outcome);
  console.log(`\n${describeOutcome(outcome).join('\n')}\n`);
  console.log(disagreements.length > 0 ? disagreements.join('\n') : praise(outcome));
  await sayWhere(options, server, failed);
  return disagreements.length === 0;
}

async function play(options: DemoOptions, server: DemoServer, kinesisEndpoint: string): Promise<DemoOutcome> {
  await using client = createApiClient(server);
  const { viewer } = await client.request(ViewerDocument, {});
  say('Server', `${server.url}, workspace ${viewer.workspace.name}, role ${viewer.role}`);
  const keyPair = { accessKeyId: 'DEMOACCESSKEY0000001', secretAccessKey: randomBytes(30).toString('base64') };
  const name = `tributary-demo-${randomUUID().slice(0, 8)}`;
  using stream = await createDemoStream(kinesisEndpoint, { name, keyPair });
  say('Stream', `${name} on a local Kinesis`);
  await removeEarlierRuns(client);
  await createSegments(client);
  await loadProfiles(client, options.profiles);
  const destination = await connectStream(client, stream);
  return { loaded: options.profiles, ...(await exportAll(client, stream, destination)) };
}

async function loadProfiles(client: ApiClient, total: number): Promise<void> {
  const progress = startProgress('Load', 'profiles');
  for (let from = 0; from < total; from += PROFILES_A_REQUEST) {
    const to = Math.min(from + PROFILES_A_REQUEST, total);
    const lines = generateLines(from, to, (made) => progress.update(made, total));
    const { accepted, refusals } = await client.ingest('profiles', lines);
    const [first] = refusals;
    if (first) throw new ApiError(`Profile ${from + first.line - 1} was refused: ${first.code}: ${first.message}`);
    if (accepted !== to - from) throw new ApiError(`Of ${to - from} profiles ${accepted} were accepted.`);
  }
  progress.stop();
}

/** Subscribes first, then triggers the export: so every event of it comes, whatever is faster. */
async function exportAll(
  client: ApiClient,
  stream: DemoStream,
  destination: DemoDestination,
): Promise<Omit<DemoOutcome, 'loaded'>> {
  // Read once the first records are there: a long run drops its oldest records from the local Kinesis.
  let firstRecord: ReturnType<DemoStream['readFirstRecord']> | null = null;
  const follower = new DeliveryFollower(client, destination, () => {
    firstRecord ??= stream.readFirstRecord();
    // Awaited at the end; until then a failure is nobody's unhandled rejection.
    firstRecord.catch(() => undefined);
  });
  const started = triggerExport(client, destination.activationId);
  const [events, finished] = await Promise.all([follower.follow(started), started.then((id) => watch(client, id))]);
  return { events, finished, shards: await stream.countByShard(), firstRecord: await firstRecord };
}

async function triggerExport(client: ApiClient, activationId: string): Promise<string> {
  const input = { activationId, idempotencyKey: randomUUID() };
  const { triggerExport } = await client.request(TriggerExportDocument, { input });
  return expectSuccess(triggerExport, 'TriggerExportSuccess').export.id;
}

async function watch(client: ApiClient, exportId: string): Promise<DemoOutcome['finished']> {
  const progress = startProgress('Export', 'records');
  try {
    return await watchExport(client, exportId, (settled, received) => progress.update(settled, received));
  } finally {
    progress.stop();
  }
}

async function sayWhere({ keep }: DemoOptions, server: DemoServer, failed: Promise<never>): Promise<void> {
  const { url, keyFile } = server;
  if (!keep) {
    console.log(`\nThe API was at ${url}/graphql and stops now. Start your own with: npm start`);
    return;
  }
  await using client = createApiClient(server);
  console.log(`\nThe console, signed in once within ten minutes: ${await client.createSignInLink()}`);
  console.log(`The API is at ${url}/graphql, its key in ${keyFile}. Ctrl-C stops it.`);
  await failed.catch((error: unknown) => {
    if (!(error instanceof InterruptedError)) throw error;
  });
}

function praise({ finished }: DemoOutcome): string {
  return `Export, events and stream agree: ${formatCount(Number(finished.delivered))} delivered, every one accounted for.`;
}

function say(label: string, text: string): void {
  console.log(`  ${label.padEnd(10)}${text}`);
}

async function rejectOn(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}

/** Tests of destinations: a look at AWS that writes no record, and what it says about health. */

import type { Finding } from '../kinesis/call-fault.js';
import type { StreamPage } from '../kinesis/client.js';
import type { RegionAccess, StreamInspection } from '../kinesis/inspection.js';
import type { AwsIdentity } from '../kinesis/keys.js';
import { findCredential, loadSecret, type StoredSecret } from '../storage/credentials.js';
import type { Db } from '../storage/database.js';
import { writeHealth } from '../storage/destination-health.js';
import { writeDestinationTest } from '../storage/destination-test.js';
import { AWS_DEADLINE_MS, toAwsError } from './aws-error.js';
import { noteUse, openIdentity } from './credential.js';
import { type Destination, getDestination, PROBE_INTERVAL_MS } from './destination.js';
import { type DestinationTest, type InspectedStream, judgeInspection } from './destination-check.js';
import { checkRegion, checkRegionAndStream } from './destination-input.js';
import { type CurrentHealth, nextHealth, type TestEvidence } from './health.js';
import { statementForAll } from './iam-statement.js';
import { InputIssues } from './input-issues.js';
import { type KinesisStream, toKinesisStream } from './kinesis-stream.js';
import type { RoleTrust } from './role-trust.js';
import type { SecretSeal } from './secret-seal.js';
import { runTransaction } from './transaction.js';

/** What this service asks of AWS; joined in `services.ts`. What goes wrong there is part of the answer. */
export interface StreamInspector {
  inspect(access: RegionAccess & { stream: string }, signal: AbortSignal): Promise<StreamInspection>;
  listStreams(access: RegionAccess, request: { limit: number; signal: AbortSignal }): Promise<Finding<StreamPage>>;
}

/** Settings to test before they are saved. */
export interface SettingsToTest extends InspectedStream {
  /** Internal id. */
  credentialId: number;
}

/** Tests destinations of one workspace at a time; at most 10 s for AWS. */
export interface DestinationTests {
  /** Keeps nothing but `lastUsedAt` of the credential. @throws {InvalidInputError} */
  testSettings(workspaceId: number, settings: SettingsToTest): Promise<DestinationTest>;
  /**
   * Tests a destination as it is saved; keeps the result, and what it says about health. A halted one that passes
   * resumes.
   * @returns the destination after the test. @throws {NotFoundError}
   */
  test(workspaceId: number, id: number): Promise<Destination>;
  /** Lists streams, by name, at most 1,000. @throws {InvalidInputError} @throws {AwsError} */
  listStreams(
    workspaceId: number,
    request: { credentialId: number; region: string },
  ): Promise<{ streams: KinesisStream[]; truncated: boolean }>;
}

/** What the service needs. */
export interface DestinationTestOptions {
  db: Db;
  seal: SecretSeal;
  inspector: StreamInspector;
  roleTrust: RoleTrust;
  clock: () => Date;
  /** Tells workers and subscribers of a destination, after a commit. */
  wake(destinationId: number): void;
}

/** Most streams of a list. */
const MAX_STREAMS = 1_000;

/** Makes the service. */
export function createDestinationTests(options: DestinationTestOptions): DestinationTests {
  const { db, inspector } = options;
  return {
    async testSettings(workspaceId, settings) {
      const issues = new InputIssues();
      checkRegionAndStream(issues, settings.region, settings.stream);
      await checkCredential(db, workspaceId, { id: settings.credentialId, issues });
      const { region, stream } = settings;
      return await inspect(options, { region, stream }, await getSecret(db, settings.credentialId));
    },

    async test(workspaceId, id) {
      const destination = await getDestination(db, workspaceId, id);
      const secret = await loadSecret(db, destination.credentialId);
      // A credential goes only after its destinations: this one is not there either.
      if (!secret) return await getDestination(db, workspaceId, id);
      const { region, stream } = destination;
      const result = await inspect(options, { region, stream }, secret);
      await keep(options, destination, { result, secretVersion: secret.secretVersion });
      return await getDestination(db, workspaceId, id);
    },

    async listStreams(workspaceId, { credentialId, region }) {
      const issues = new InputIssues([]);
      checkRegion(issues, region);
      await checkCredential(db, workspaceId, { id: credentialId, issues });
      const secret = await getSecret(db, credentialId);
      const identity = openIdentity(options.seal, secret);
      const request = { limit: MAX_STREAMS, signal: AbortSignal.timeout(AWS_DEADLINE_MS) };
      const found = await inspector.listStreams({ region, identity }, request);
      await noteUse(db, identity, secret);
      if ('value' in found)
        return { streams: found.value.streams.map(toKinesisStream), truncated: found.value.truncated };
      throw toAwsError(found.fault, {
        what: `list the streams in ${region}`,
        permission: 'kinesis:ListStreams',
        policyStatement: statementForAll('kinesis:ListStreams'),
        path: ['credentialId'],
      });
    },
  };
}

/** Outside of any transaction: AWS may take its time. */
async function inspect(
  { db, seal, inspector, roleTrust, clock }: DestinationTestOptions,
  place: InspectedStream,
  secret: StoredSecret,
): Promise<DestinationTest> {
  const identity = openIdentity(seal, secret);
  const [found, trustStatement] = await Promise.all([
    inspector.inspect({ ...place, identity }, AbortSignal.timeout(AWS_DEADLINE_MS)),
    trustStatementOf(roleTrust, identity),
  ]);
  await noteUse(db, identity, secret);
  return judgeInspection({ ...place, trustStatement }, found, clock());
}

async function trustStatementOf(roleTrust: RoleTrust, identity: AwsIdentity): Promise<Record<string, unknown> | null> {
  return identity.kind === 'ASSUME_ROLE' ? await roleTrust.statementFor(identity.externalId) : null;
}

/** Puts a test on the books, unless settings or secret have changed since it began. */
async function keep(
  { db, wake }: DestinationTestOptions,
  destination: Destination,
  { result, secretVersion }: { result: DestinationTest; secretVersion: number },
): Promise<void> {
  const { id, version } = destination;
  const evidence = toEvidence(result, destination.health.since);
  await runTransaction(db, async (tx) => {
    if (!(await writeDestinationTest(tx, { id, version }, result))) return;
    const subject = { destinationId: id, destinationVersion: version, secretVersion };
    const decide = (current: CurrentHealth) => nextHealth(current, evidence);
    await writeHealth(tx, subject, { probeAfterMs: PROBE_INTERVAL_MS, decide });
  });
  wake(id);
}

/** Answers that say no more than that AWS takes no more just now. */
const THROTTLES: readonly string[] = ['THROTTLED', 'KMS_THROTTLED'];

/** What a test says about health: a failed check halts; what could not be told is no health. */
function toEvidence(result: DestinationTest, sawSince: Date): TestEvidence {
  const failed = result.checks.find((check) => check.status === 'FAILED' && check.code);
  const shown = failed ?? result.checks.find((check) => check.permission === 'kinesis:PutRecords');
  const cause = {
    code: shown?.code ?? 'AWS_UNAVAILABLE',
    message: shown?.message ?? null,
    awsRequestId: shown?.awsRequestId ?? null,
  };
  const evidence = { kind: 'TEST' as const, cause, sawSince };
  if (result.passed) return { ...evidence, outcome: isProven(result) ? 'PASSED' : 'UNPROVEN' };
  if (failed) return { ...evidence, outcome: 'FAILED' };
  return { ...evidence, outcome: THROTTLES.includes(cause.code) ? 'THROTTLED' : 'UNKNOWN' };
}

/** Whether the stream's key may be used is seen by a record alone, where there is one or it could not be told. */
function isProven({ checks }: DestinationTest): boolean {
  return checks.every(({ subject, status }) => subject !== 'ENCRYPTION' || status === 'PASSED');
}

/** Adds the credential's fault to the others. @throws {InvalidInputError} if there is any. */
async function checkCredential(
  db: Db,
  workspaceId: number,
  { id, issues }: { id: number; issues: InputIssues },
): Promise<void> {
  if (!(await findCredential(db, workspaceId, id)))
    issues.add('NOT_FOUND', 'credentialId', 'There is no such credential in this workspace: check `credentialId`.');
  issues.throwIfAny();
}

/** The secret of a credential that was found just now. */
async function getSecret(db: Db, id: number): Promise<StoredSecret> {
  const secret = await loadSecret(db, id);
  if (secret) return secret;
  throw new Error(`Credential ${id} was deleted while it was read.`);
}

/** An input for every mutation with which it succeeds, and the world that these inputs are about. */
import { randomUUID } from 'node:crypto';
import { toGlobalId } from '../../src/domain/global-id.js';
import type { Db } from '../../src/storage/database.js';
import { addActivation, addEvent, addExport, addFailedRecord, addProfile, delivered, openBooks } from './books.js';
import { ACCESS_KEY_ID, createCredential, createDestination, SECRET } from './destination-seed.js';
import type { Asker } from './graphql-client.js';

/** By the mutation's name. */
export type ValidInputs = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Makes something of every kind in the edge's workspace, by hand; each input succeeds on it once. */
export async function makeValidInputs(edge: Asker, db: Db): Promise<ValidInputs> {
  const books = await openBooks(db, edge.workspaceId);
  const profileKey = await addProfile(books, 'known');
  const failedRecord = toGlobalId('FailedRecord', await addFailedRecord(books, { profileId: 'known', profileKey }));
  await addEvent(books, [delivered(profileKey)]);
  const activation = toGlobalId('Activation', books.activationId);
  const otherActivation = toGlobalId('Activation', await addActivation(books));
  const run = toGlobalId('Export', await addExport(books));
  const destination = toGlobalId('KinesisDestination', books.destinationId);
  const credential = await createCredential(edge);
  const otherDestination = await createDestination(edge, credential);
  const apiKey = await createApiKey(edge);
  await edge.execute('mutation { createSegment(input: { segmentId: "free", name: "Free" }) { __typename } }');
  return {
    activateSegments: { destinationId: destination, segmentIds: ['s0'], attributes: ['name'] },
    cancelExport: { id: run },
    completeCredentialRotation: { id: await createRotated(edge), expectedVersion: 2 },
    createApiKey: { name: 'new', role: 'VIEWER' },
    createCredential: { kind: 'ACCESS_KEY', name: 'new', accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET },
    createKinesisDestination: { name: 'new', region: 'us-east-1', stream: 'new', credentialId: credential },
    createSegment: { segmentId: randomUUID(), name: 'New' },
    deleteActivation: { id: otherActivation },
    deleteCredential: { id: await createCredential(edge) },
    deleteDestination: { id: await createDestination(edge, credential) },
    deleteProfile: { profileId: 'known' },
    deleteSegment: { segmentId: 'free' },
    disableDestination: { id: destination },
    discardFailedRecords: { filter: { ids: [failedRecord] } },
    enableDestination: { id: destination },
    pauseActivation: { id: activation },
    replayDeliveries: { destinationId: destination, from: new Date(Date.now() - 60_000).toISOString() },
    resumeActivation: { id: activation, onResume: 'LATEST_ONLY' },
    retryFailedRecords: { filter: { ids: [failedRecord] } },
    revertCredentialRotation: { id: await createRotated(edge), expectedVersion: 2 },
    revokeApiKey: { id: apiKey },
    rotateCredential: { id: await createCredential(edge), expectedVersion: 1, ...NEXT },
    testDestination: { id: otherDestination },
    testKinesisSettings: { credentialId: credential, region: 'us-east-1', stream: 'orders' },
    triggerExport: { activationId: activation },
    updateApiKey: { id: apiKey, expectedVersion: 1, name: 'renamed' },
    updateActivation: { id: activation, expectedVersion: 1, attributes: ['name', 'city'] },
    updateCredential: { id: credential, expectedVersion: 1, name: 'renamed' },
    updateKinesisDestination: { id: otherDestination, expectedVersion: 1, name: 'renamed' },
    updateSegment: { segmentId: 's1', expectedVersion: 1, name: 'Renamed' },
    updateSegmentMemberships: { memberships: [{ profileId: 'known', segmentId: 's0', status: 'REALIZED' }] },
    upsertProfiles: { profiles: [{ profileId: 'new', attributes: { city: 'Rome' } }] },
  };
}

/** The same inputs with another text in every place that takes any: a name, a secret, a customer's id of what is made. */
export function fillTexts(inputs: ValidInputs, text: () => string): ValidInputs {
  const attributes = () => ({ [text()]: text(), nested: { [text()]: [text()] } });
  const consent = () => ({ path: text(), permittedValues: [text()], whenRefused: 'SKIP' });
  const partitionKey = () => ({ strategy: 'CONSTANT', argument: text() });
  const destination = () => ({ description: text(), consent: consent(), partitionKey: partitionKey() });
  const profile = () => ({ profileId: text(), identities: [{ namespace: text(), value: text() }] });
  const texts: ValidInputs = {
    activateSegments: { attributes: [text()], idempotencyKey: text() },
    createApiKey: { name: text() },
    createCredential: { name: text(), secretAccessKey: text(), idempotencyKey: text() },
    createKinesisDestination: { name: text(), ...destination(), stream: text(), idempotencyKey: text() },
    createSegment: { segmentId: text(), name: text(), namespace: text(), description: text() },
    replayDeliveries: { idempotencyKey: text() },
    retryFailedRecords: { idempotencyKey: text() },
    rotateCredential: { secretAccessKey: text() },
    testKinesisSettings: { stream: text() },
    triggerExport: { idempotencyKey: text() },
    updateActivation: { attributes: [text()] },
    updateApiKey: { name: text() },
    updateCredential: { name: text() },
    updateKinesisDestination: { name: text(), ...destination(), stream: text() },
    updateSegment: { name: text(), description: text() },
    upsertProfiles: { profiles: [{ ...profile(), attributes: attributes() }] },
  };
  return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, { ...input, ...texts[name] }]));
}

/** The secret after {@link SECRET}. */
const NEXT = { accessKeyId: 'AKIANEXTNEXTNEXTNEXT', secretAccessKey: 'n'.repeat(40) };

/** A credential with a previous version; nothing uses it, so that AWS is not asked. */
async function createRotated(edge: Asker): Promise<string> {
  const id = await createCredential(edge);
  const input = { id, expectedVersion: 1, ...NEXT };
  const query = 'mutation ($input: RotateCredentialInput!) { rotateCredential(input: $input) { __typename } }';
  await edge.execute(query, { input });
  return id;
}

async function createApiKey(edge: Asker): Promise<string> {
  const { data } = await edge.execute(
    'mutation { createApiKey(input: { name: "old", role: VIEWER }) { ... on CreateApiKeySuccess { apiKey { id } } } }',
  );
  return data.createApiKey.apiKey.id;
}

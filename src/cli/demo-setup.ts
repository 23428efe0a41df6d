/** What the demo sets up through the API, as a frontend would, and how it clears away what a run before left. */

import type { ApiClient } from './api-client.js';
import { DEMO_ATTRIBUTES, DEMO_SEGMENTS } from './demo-profiles.js';
import type { DemoStream } from './demo-stream.js';
import {
  ActivateSegmentsDocument,
  ActivationsDocument,
  CancelExportDocument,
  CreateCredentialDocument,
  CreateKinesisDestinationDocument,
  CreateSegmentDocument,
  DeleteActivationDocument,
  DeleteCredentialDocument,
  DeleteDestinationDocument,
  ExportsDocument,
  OverviewDocument,
  PickCredentialDocument,
} from './generated/graphql.js';
import { expectSuccess, isMember } from './mutation-result.js';
import { watchExport } from './watch-export.js';

/** Where the demo's records go. */
export interface DemoDestination {
  readonly destinationId: string;
  readonly activationId: string;
  /** Position in the destination's events from which the demo follows. */
  readonly eventCursor: string;
}

/** Names of what the demo makes begin so. */
const NAME = 'Demo';

/**
 * Removes the destinations of earlier runs with their activations and credentials: their streams went with their
 * local Kinesis, and records for them would wait for ever.
 */
export async function removeEarlierRuns(client: ApiClient): Promise<void> {
  const { destinations } = await client.request(OverviewDocument, { first: 100 });
  for (const { id, name } of destinations.nodes) {
    if (name.startsWith(NAME)) await removeDestination(client, id);
  }
  const { credentials } = await client.request(PickCredentialDocument, { search: NAME });
  for (const { id, name } of credentials.nodes) {
    if (name.startsWith(NAME)) await client.request(DeleteCredentialDocument, { id });
  }
}

/** Creates the demo's segments where they are missing. */
export async function createSegments(client: ApiClient): Promise<void> {
  for (const segment of DEMO_SEGMENTS) {
    const { createSegment } = await client.request(CreateSegmentDocument, { input: segment });
    if (!isMember(createSegment, 'ConflictError')) expectSuccess(createSegment, 'CreateSegmentSuccess');
  }
}

/** Creates a credential and a destination for the stream, and activates the demo's segments to it. */
export async function connectStream(client: ApiClient, stream: DemoStream): Promise<DemoDestination> {
  const { createCredential } = await client.request(CreateCredentialDocument, {
    input: { kind: 'ACCESS_KEY', name: `${NAME} ${stream.name}`, ...stream.keyPair },
  });
  const { credential } = expectSuccess(createCredential, 'CreateCredentialSuccess');
  const { createKinesisDestination } = await client.request(CreateKinesisDestinationDocument, {
    input: {
      name: `${NAME} ${stream.name}`,
      credentialId: credential.id,
      region: stream.region,
      stream: stream.name,
      includeSegmentNames: true,
    },
  });
  const { destination } = expectSuccess(createKinesisDestination, 'CreateKinesisDestinationSuccess');
  const activationId = await activate(client, destination.id);
  return { destinationId: destination.id, activationId, eventCursor: destination.eventCursor };
}

/** Without a backfill: the demo follows the export that it triggers. */
async function activate(client: ApiClient, destinationId: string): Promise<string> {
  const segmentIds = DEMO_SEGMENTS.map(({ segmentId }) => segmentId);
  const attributes = [...DEMO_ATTRIBUTES];
  const input = { destinationId, segmentIds, attributes, backfill: { mode: 'NONE' as const } };
  const { activateSegments } = await client.request(ActivateSegmentsDocument, { input });
  return expectSuccess(activateSegments, 'ActivateSegmentsSuccess').activation.id;
}

async function removeDestination(client: ApiClient, destinationId: string): Promise<void> {
  const running = await client.request(ExportsDocument, {
    filter: { destinationId, states: ['PREPARING', 'RUNNING', 'CANCELING'] },
  });
  for (const { id } of running.exports.nodes) {
    await client.request(CancelExportDocument, { id });
    await watchExport(client, id, () => undefined);
  }
  const { activations } = await client.request(ActivationsDocument, { filter: { destinationId } });
  for (const { id } of activations.nodes) {
    const { deleteActivation } = await client.request(DeleteActivationDocument, { id });
    expectSuccess(deleteActivation, 'DeleteActivationSuccess');
  }
  const { deleteDestination } = await client.request(DeleteDestinationDocument, { id: destinationId });
  expectSuccess(deleteDestination, 'DeleteDestinationSuccess');
}

/** A workspace with an object of every kind, and for every operation what puts it in order but for one id. */
import { sql } from 'kysely';
import { fromGlobalId, toGlobalId } from '../../src/domain/global-id.js';
import { laneOf } from '../../src/domain/lane.js';
import type { NodeKind } from '../../src/domain/user-error.js';
import type { Db } from '../../src/storage/database.js';
import { addEvent, addFailedRecord, addProfile, type Books, delivered } from './books.js';
import { keyOf } from './destination-seed.js';
import type { TestEdge } from './graphql-client.js';
import type { IdPosition } from './id-positions.js';
import { makeValidInputs, type ValidInputs } from './valid-inputs.js';

/** What is in it. */
export interface FurnishedWorkspace {
  readonly workspaceId: number;
  /** A global id by kind. */
  readonly ids: Readonly<Record<string, string>>;
  /** The customer's ids of a segment and of a profile that other workspaces have not. */
  readonly segmentId: string;
  readonly profileId: string;
  /** Variables with which the operation succeeds, or would with an id at the position. */
  variablesOf(position: IdPosition): Record<string, unknown>;
}

const NEVER_MADE = 2 ** 40;
const KINDS: Record<NodeKind, number | undefined> = {
  Activation: undefined,
  ApiKey: undefined,
  AuditEntry: undefined,
  Credential: undefined,
  Delivery: 0,
  Export: undefined,
  FailedRecord: undefined,
  KinesisDestination: undefined,
  Profile: undefined,
  Segment: undefined,
  Workspace: undefined,
};

/** Ids of nobody's, by kind. */
export const MISSING: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(KINDS).map(([kind, ordinal]) => [kind, toGlobalId(kind as NodeKind, NEVER_MADE, ordinal)]),
);

/** Furnishes the workspace of an edge, by hand. @param name what its segment and its profile are called by. */
export async function furnishWorkspace(edge: TestEdge, db: Db, name: string): Promise<FurnishedWorkspace> {
  const inputs = await makeValidInputs(edge, db);
  const [segmentId, profileId] = [`${name}-segment`, nameProfile(edge.workspaceId, name)];
  const { KinesisDestination: id } = idsOfBooks(inputs);
  const { data } = await edge.execute('query ($id: ID!) { destination(id: $id) { eventCursor } }', { id });
  await addOutcomes(edge, inputs, { db, segmentId, profileId });
  const ids: Record<string, string> = {
    ...idsByKind(inputs),
    ...(await readIds(edge, { segmentId, profileId })),
    ...idsOfBooks(inputs),
  };
  const facts = { ids, segmentId, after: data.destination.eventCursor };
  return {
    workspaceId: edge.workspaceId,
    ids,
    segmentId,
    profileId,
    variablesOf: ({ name: position, field, kind, parent }) => {
      if (parent !== null) return kind === 'query' ? { node: ids[parent] } : followEvents(facts);
      if (kind === 'mutation') return { input: inputs[field.name] };
      return VARIABLES[position]?.(facts) ?? VARIABLES[field.name]?.(facts) ?? {};
    },
  };
}

interface Facts {
  ids: Readonly<Record<string, string>>;
  segmentId: string;
  /** A cursor of the destination, before its delivery. */
  after: string;
}

/** By operation, or by position where it needs others. */
const VARIABLES: Record<string, (facts: Facts) => Record<string, unknown>> = {
  deliveryEvents: followEvents,
  listStreams: () => ({ region: 'us-east-1' }),
  nodes: ({ ids }) => ({ ids: [ids['Segment']] }),
  simulateExport: ({ ids, segmentId }) => ({ activationId: ids['Activation'], segmentIds: [segmentId] }),
  'simulateExport(change.profileId)': ({ ids, segmentId }) => ({
    ...{ activationId: ids['Activation'], segmentIds: [segmentId] },
    change: { profileId: 'any', attributes: { name: 'Bea' } },
  }),
  'simulateExport(destinationId)': ({ segmentId }) => ({ segmentIds: [segmentId] }),
};

function followEvents({ ids, after }: Facts): Record<string, unknown> {
  return { destinationId: ids['KinesisDestination'], after };
}

interface Outcomes {
  db: Db;
  segmentId: string;
  profileId: string;
}

/** A profile of the books' activation and export, in a segment of another name, with a delivery and a failed record. */
async function addOutcomes(edge: TestEdge, inputs: ValidInputs, { db, segmentId, profileId }: Outcomes): Promise<void> {
  const { workspaceId } = edge;
  const { Activation, Export, KinesisDestination } = idsOfBooks(inputs);
  const [activationId, exportId, destinationId] = [keyOf(Activation), keyOf(Export), keyOf(KinesisDestination)];
  const books: Books = { db, workspaceId, segmentIds: [], destinationId, activationId };
  await sql`update segment set segment_id = ${segmentId} where segment_id = 's2' and workspace_id = ${workspaceId}`.execute(
    db,
  );
  const profileKey = await addProfile(books, profileId, { name: 'Ann' });
  await addFailedRecord(books, { profileId, profileKey, exports: { [exportId]: '0' } });
  const place = { lane: laneOf(workspaceId, profileId), position: 1 };
  await addEvent(books, [delivered(profileKey)], { exportIds: [exportId], ...place });
  await sql`update lane set position = ${place.position}
    where destination_id = ${destinationId} and lane = ${place.lane}`.execute(db);
  await edge.execute(
    'mutation ($input: UpdateSegmentMembershipsInput!) { updateSegmentMemberships(input: $input) { __typename } }',
    { input: { memberships: [{ profileId, segmentId, status: 'REALIZED' }] } },
  );
}

/** Of a lane that has no event yet: {@link makeValidInputs} has put one into the first. */
function nameProfile(workspaceId: number, name: string): string {
  const names = Array.from({ length: 10 }, (_none, index) => `${name}-profile-${index}`);
  return names.find((one) => laneOf(workspaceId, one) !== 0) ?? '';
}

/** Those that outcomes are of. */
function idsOfBooks(inputs: ValidInputs) {
  return {
    Activation: String(inputs['triggerExport']?.['activationId']),
    Export: String(inputs['cancelExport']?.['id']),
    KinesisDestination: String(inputs['activateSegments']?.['destinationId']),
  };
}

function idsByKind(inputs: ValidInputs): Record<string, string> {
  const found = Object.values(inputs).flatMap((input) => Object.values(input));
  const ids = found.filter((value) => typeof value === 'string').map((id) => [fromGlobalId(id)?.kind, id]);
  return Object.fromEntries(ids.filter(([kind]) => kind !== undefined));
}

/** Those that no mutation takes. */
async function readIds(
  edge: TestEdge,
  named: Pick<Outcomes, 'segmentId' | 'profileId'>,
): Promise<Record<string, string>> {
  const { data } = await edge.execute(
    `query ($segmentId: String!, $profileId: String!) {
      segment(segmentId: $segmentId) { id }
      profile(profileId: $profileId) { id deliveries { nodes { id } } }
      failedRecords(filter: { profileId: $profileId }) { nodes { id } }
      auditEntries { nodes { id } }
      viewer { workspace { id } }
    }`,
    { ...named },
  );
  return {
    AuditEntry: data.auditEntries.nodes[0].id,
    Delivery: data.profile.deliveries.nodes[0].id,
    FailedRecord: data.failedRecords.nodes[0].id,
    Profile: data.profile.id,
    Segment: data.segment.id,
    Workspace: data.viewer.workspace.id,
  };
}

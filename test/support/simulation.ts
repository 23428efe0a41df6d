/** Scenes for simulations: a destination with a stream of its own, an activation and a profile, by public means only. */

import { expect } from 'vitest';
import type { Viewer } from '../../src/domain/viewer.js';
import type { Sandbox, SandboxRecord } from '../../src/sandbox/sandbox.js';
import { createCredential, createDestination } from './destination-seed.js';
import type { TestEdge } from './graphql-client.js';
import { until } from './until.js';

/** Where scenes play. An engine has to run. */
export interface SimulationStage {
  edge: TestEdge;
  sandbox: Sandbox;
}

/** What a scene differs in. */
export interface SceneOptions {
  /** Fields of `createKinesisDestination`. */
  settings?: object;
  /** On top of a realized member with attributes; null: no such profile. */
  before?: ProfileChange | null;
}

/** A change of the scene's profile. */
export interface ProfileChange {
  attributes?: object;
  identities?: object[];
  /** Status by `mapped` and `other`. */
  memberships?: Record<string, string>;
}

/** What {@link setScene} made. */
export interface Scene {
  stage: SimulationStage;
  activation: { id: string; version: number };
  activationId: string;
  destinationId: string;
  stream: string;
  /** The customer's ids of the segments: `mapped` alone is activated. */
  names: Record<string, string>;
  profileId: string;
  /** As `ProfileInput`. */
  toInput(change: ProfileChange): object;
  write(change: ProfileChange): Promise<unknown>;
  listRecords(): SandboxRecord[];
}

/** Of the profile of a scene. */
export const ATTRIBUTES = { person: { name: { firstName: 'Ada "A" Ł\u2028' } }, tier: 1, list: [1], consent: 'y' };

const WHEN = { lastQualificationTime: '2026-01-02T03:04:05+0000' };

const SIMULATE = `query (
  $activationId: ID, $destinationId: ID, $segmentIds: [String!], $attributes: [String!], $profileId: String,
  $change: ProfileInput
) {
  simulateExport(
    activationId: $activationId, destinationId: $destinationId, segmentIds: $segmentIds, attributes: $attributes,
    profileId: $profileId, change: $change
  ) {
    __typename
    ... on SimulateExportSuccess {
      simulation {
        causes { kind subject } code maxRecordBytes message partitionKey payload profileId reason { code kind remedy }
        shardId sizeBytes wouldExport
      }
    }
    ... on InvalidInputError { issues { code path message } }
  }
}`;

/** Runs `simulateExport`; its answer. */
export async function ask(edge: TestEdge, variables: Record<string, unknown>, viewer: Viewer = edge.viewer) {
  const { data, errors } = await edge.execute(SIMULATE, variables, viewer);
  expect(errors).toEqual([]);
  return data.simulateExport;
}

/** Runs `simulateExport`, which has to succeed; the simulation. */
export async function simulate(edge: TestEdge, variables: Record<string, unknown>, viewer: Viewer = edge.viewer) {
  const answer = await ask(edge, variables, viewer);
  expect(answer).toMatchObject({ __typename: 'SimulateExportSuccess' });
  return answer.simulation;
}

/** Runs a mutation, which has to succeed. */
export async function mutate(edge: TestEdge, name: string, call: { input: object; selection: string }) {
  const { input, selection } = call;
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const { data, errors } = await edge.execute(
    `mutation ($input: ${type}Input!) {
      ${name}(input: $input) { ... on ${type}Success ${selection} ... on UserError { message } }
    }`,
    { input },
  );
  expect(errors).toEqual([]);
  expect(data[name]).not.toHaveProperty('message');
  return data[name];
}

let sceneNumber = 0;

/** Sets a scene. */
export async function setScene(stage: SimulationStage, options: SceneOptions = {}): Promise<Scene> {
  const { edge, sandbox } = stage;
  sceneNumber += 1;
  const stream = `stream-${sceneNumber}`;
  sandbox.createStream(stream, 4);
  const destinationId = await createDestination(edge, await createCredential(edge), { stream, ...options.settings });
  const names = { mapped: `mapped-${sceneNumber}`, other: `other-${sceneNumber}` };
  for (const segmentId of Object.values(names))
    await mutate(edge, 'createSegment', { input: { segmentId, name: 'N' }, selection: '{ segment { id } }' });
  const profileId = `profile-${sceneNumber}`;
  const toInput = (change: ProfileChange) => toProfileInput(profileId, names, change);
  const write = (change: ProfileChange) =>
    mutate(edge, 'upsertProfiles', { input: { profiles: [toInput(change)] }, selection: '{ created }' });
  if (options.before !== null)
    await write({ attributes: ATTRIBUTES, memberships: { mapped: 'REALIZED' }, ...options.before });
  const input = { destinationId, segmentIds: [names.mapped], attributes: ['tier', 'person.name.firstName'] };
  const { activation } = await mutate(edge, 'activateSegments', {
    input: { ...input, backfill: { mode: 'NONE' } },
    selection: '{ activation { id version } }',
  });
  const listRecords = () => [...sandbox.listRecords(stream)];
  const activationId = activation.id;
  return { stage, activation, activationId, destinationId, stream, names, profileId, toInput, write, listRecords };
}

function toProfileInput(profileId: string, names: Record<string, string>, { memberships, ...rest }: ProfileChange) {
  if (!memberships) return { profileId, ...rest };
  const settings = Object.entries(memberships).map(([name, status]) => ({ segmentId: names[name], status, ...WHEN }));
  return { profileId, ...rest, memberships: settings };
}

async function countPending(edge: TestEdge, destinationId: string): Promise<number> {
  const { data } = await edge.execute('query ($id: ID!) { destination(id: $id) { pending } }', { id: destinationId });
  return data.destination.pending;
}

/** Does what brings one more record, and waits for it; as `simulateExport` tells of it. */
export async function deliver({ stage: { edge }, ...scene }: Scene, act: () => Promise<unknown>) {
  await until(async () => expect(await countPending(edge, scene.destinationId)).toBe(0));
  const { length } = scene.listRecords();
  await act();
  const delivery = await until(async () => {
    const { data } = await edge.execute(
      `query ($id: ID!) { deliveries(first: 1, filter: { destinationId: $id, outcomes: [DELIVERED] }) {
        nodes { profileId shardId sizeBytes causes { kind subject } }
      } }`,
      { id: scene.destinationId },
    );
    expect(scene.listRecords()).toHaveLength(length + 1);
    expect(await countPending(edge, scene.destinationId)).toBe(0);
    expect(data.deliveries.nodes).toHaveLength(1);
    return data.deliveries.nodes[0];
  });
  const record = scene.listRecords().at(-1);
  const { partitionKey, shardId } = record ?? {};
  return { ...delivery, payload: record?.data.toString('utf8'), partitionKey, shardId };
}

/** Exports all members by hand. */
export function exportAll({ stage, activationId }: Scene): Promise<unknown> {
  return mutate(stage.edge, 'triggerExport', { input: { activationId }, selection: '{ export { id } }' });
}

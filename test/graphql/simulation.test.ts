/** Simulations: the answer is what is delivered then. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DeliveryEngine } from '../../src/delivery/engine.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { startEngine } from '../support/delivery.js';
import { createTestEdge } from '../support/graphql-client.js';
import {
  ATTRIBUTES,
  deliver,
  exportAll,
  mutate,
  type ProfileChange,
  type SceneOptions,
  type SimulationStage,
  setScene,
  simulate,
} from '../support/simulation.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let stage: SimulationStage;
let engine: DeliveryEngine;

beforeAll(async () => {
  const sandbox = await startSandbox({ limits: 'off' });
  stage = { sandbox, edge: await createTestEdge(database.db, { kinesisEndpoint: sandbox.endpoint }) };
  engine = startEngine(database.db, sandbox.endpoint);
});

// A workspace of its own: what one test stores says nothing of another's attributes.
beforeEach(async () => {
  stage.edge = await createTestEdge(database.db, { kinesisEndpoint: stage.sandbox.endpoint });
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await stage.sandbox[Symbol.asyncDispose]();
});

/** Without what only the delivery itself can know. */
function mask(payload: string | undefined, ...fields: string[]): string {
  return fields.reduce((text, field) => text.replace(new RegExp(`("${field}":)("[^"]*"|\\d+)`), '$1…'), payload ?? '');
}

const CONSENT = { path: 'consent', permittedValues: ['y'], whenRefused: 'SEND_EXIT' };
const ALL = { membershipScope: 'ALL', includeSegmentNames: true, includeSegmentTimestamps: true };
const ATTRIBUTE_KEY = { partitionKey: { strategy: 'ATTRIBUTE', argument: 'person.name.firstName' } };

describe('a change is delivered as its simulation says', () => {
  test.each<[string, SceneOptions & { change: ProfileChange }]>([
    [
      'a new profile joins',
      {
        settings: { envelope: 'V1' },
        before: null,
        change: { attributes: ATTRIBUTES, memberships: { mapped: 'REALIZED' } },
      },
    ],
    ['a member leaves', { change: { memberships: { mapped: 'EXITED', other: 'REALIZED' } } }],
    ['a mapped attribute changes', { settings: { envelope: 'V1' }, change: { attributes: { tier: 2, more: [] } } }],
    [
      'an identity is added',
      {
        settings: ALL,
        change: { identities: [{ namespace: 'ecid', value: 'ä"1' }], memberships: { other: 'REALIZED' } },
      },
    ],
    [
      'a member qualifies again and is renamed',
      {
        settings: { membershipStatuses: 'TWO_STATE', ...ATTRIBUTE_KEY },
        change: { attributes: { person: { name: { firstName: 'Grace' } } }, memberships: { mapped: 'REALIZED' } },
      },
    ],
    ['consent is withdrawn', { settings: { consent: CONSENT }, change: { attributes: { consent: 'n' } } }],
    [
      'consent is given',
      {
        settings: { consent: CONSENT },
        before: { attributes: { consent: 'n' } },
        change: { attributes: { consent: 'y' } },
      },
    ],
    ['an attribute turns to a list', { change: { attributes: { tier: [1, 2] } } }],
  ])('%s', async (_name, { change, ...options }) => {
    const scene = await setScene(stage, options);

    const simulated = await simulate(stage.edge, { activationId: scene.activationId, change: scene.toInput(change) });
    const delivered = await deliver(scene, () => scene.write(change));

    expect(simulated).toMatchObject({ wouldExport: true, code: null, reason: null, maxRecordBytes: 1_048_576 });
    expect(simulated.causes).not.toEqual([]);
    const { payload, ...facts } = delivered;
    expect(simulated).toMatchObject(facts);
    const unknowable = ['exportedAt', 'sequence', 'recordId'];
    expect(mask(simulated.payload, ...unknowable)).toBe(mask(payload, ...unknowable));
  });
});

describe('an export delivers what its simulation says', () => {
  test.each<[string, SceneOptions]>([
    ['with the defaults', {}],
    ['in an envelope', { settings: { envelope: 'V1' } }],
    [
      'with all memberships, names and times',
      { settings: ALL, before: { memberships: { mapped: 'EXISTING', other: 'EXITED' } } },
    ],
  ])('%s', async (_name, options) => {
    const scene = await setScene(stage, options);

    const simulated = await simulate(stage.edge, { activationId: scene.activationId, profileId: scene.profileId });
    const delivered = await deliver(scene, () => exportAll(scene));

    expect(simulated).toMatchObject({ wouldExport: true, code: null, causes: [] });
    const { payload, ...facts } = delivered;
    expect(simulated).toMatchObject(facts);
    expect(mask(simulated.payload, 'exportedAt')).toBe(mask(payload, 'exportedAt'));
  });

  test.each([
    ['another segment', { includeSegmentNames: true }, 'other'],
    ['a segment that is mapped already', { includeSegmentTimestamps: true }, 'mapped'],
  ])('%s and other attributes, tried, stand in the record as after updateActivation', async (_what, settings, name) => {
    const memberships = { [name]: 'REALIZED' };
    const scene = await setScene(stage, { settings: { envelope: 'V1', ...settings }, before: { memberships } });
    const tried = { segmentIds: [scene.names[name]], attributes: ['consent'] };

    const simulated = await simulate(stage.edge, { activationId: scene.activationId, ...tried });
    const { id, version: expectedVersion } = scene.activation;
    const input = { id, expectedVersion, ...tried, backfill: { mode: 'NONE' } };
    await mutate(stage.edge, 'updateActivation', { input, selection: '{ activation { id } }' });
    const delivered = await deliver(scene, () => exportAll(scene));

    expect(mask(simulated.payload, 'exportedAt')).toBe(mask(delivered.payload, 'exportedAt'));
    expect(simulated.profileId).toBe(scene.profileId);
  });

  test('an activation that is not saved yet is shown with any member', async () => {
    const scene = await setScene(stage);
    const order = { segmentIds: [scene.names['mapped']], attributes: ['tier', 'person.name.firstName'] };

    const simulated = await simulate(stage.edge, { destinationId: scene.destinationId, ...order });
    const delivered = await deliver(scene, () => exportAll(scene));

    expect(simulated).toMatchObject(delivered);
  });
});

describe('no record is simulated', () => {
  const silent = { wouldExport: false, causes: [], payload: null, partitionKey: null, shardId: null, sizeBytes: null };

  test.each<[string, SceneOptions & { change: ProfileChange }, string]>([
    ['for an unmapped attribute', { change: { attributes: { more: 1 } } }, 'no mapped attribute'],
    ['for an equal value', { change: { attributes: { tier: 1 } } }, 'no mapped attribute'],
    [
      'for who is no member',
      { before: { memberships: { mapped: 'EXITED' } }, change: { attributes: { tier: 2 } } },
      'not a present member',
    ],
    [
      'for who gives no consent',
      { settings: { consent: CONSENT }, before: { attributes: {} }, change: { attributes: { tier: 2 } } },
      'consent',
    ],
  ])('%s', async (_name, { change, ...options }, reason) => {
    const scene = await setScene(stage, options);

    expect(await simulate(stage.edge, { activationId: scene.activationId, change: scene.toInput(change) })).toEqual({
      ...silent,
      code: 'NOT_TRIGGERED',
      maxRecordBytes: 1_048_576,
      message: expect.stringContaining(reason),
      profileId: scene.profileId,
      reason: { code: 'NOT_TRIGGERED', kind: 'SKIP', remedy: expect.any(String) },
    });
  });

  test.each<[string, SceneOptions, string]>([
    ['for a former member', { before: { memberships: { mapped: 'EXITED' } } }, 'NOT_A_MEMBER'],
    [
      'without consent',
      { settings: { consent: CONSENT }, before: { attributes: { consent: 'n' } } },
      'CONSENT_REFUSED',
    ],
  ])('of an export %s', async (_name, options, code) => {
    const { activationId, profileId } = await setScene(stage, options);

    expect(await simulate(stage.edge, { activationId, profileId })).toMatchObject({ ...silent, code, profileId });
  });

  test('where no segment has a member', async () => {
    const { activationId } = await setScene(stage, { before: null });

    expect(await simulate(stage.edge, { activationId })).toMatchObject({
      ...silent,
      code: 'NOT_A_MEMBER',
      profileId: null,
    });
  });
});

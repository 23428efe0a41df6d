/** Every change that gives a destination work, or lets it work, wakes the workers after its commit. */

import { randomBytes } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import type { Services } from '../../src/graphql/context.js';
import { createServices } from '../../src/services.js';
import { addEvent, addProfile, type Books, delivered, openBooks } from '../support/books.js';
import { createTestSeal } from '../support/seal.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
let books: Books;
let services: Services;
let woken: number[];

beforeEach(async () => {
  const { db } = database;
  const name = randomBytes(8).toString('hex');
  const workspace = await db
    .insertInto('workspace')
    .values({ name, external_id: name })
    .returning('id')
    .executeTakeFirstOrThrow();
  books = await openBooks(db, workspace.id);
  woken = [];
  services = createServices({ db, seal: createTestSeal(), wake: (id) => woken.push(id) });
});

const actor = { kind: 'SYSTEM' as const, name: 'test' };

test.each<[string, (caller: { workspaceId: number; actor: typeof actor }) => Promise<unknown>]>([
  [
    'activateSegments',
    (caller) =>
      services.activations.activate(caller, {
        destinationId: books.destinationId,
        attributes: [],
        segmentIds: ['s0'],
      }),
  ],
  [
    'updateActivation',
    (caller) =>
      services.activations.update(caller, {
        id: books.activationId,
        expectedVersion: 1,
        segmentIds: ['s0'],
        sendExits: true,
      }),
  ],
  ['pauseActivation', ({ workspaceId }) => services.activationStates.pause(workspaceId, books.activationId)],
  [
    'resumeActivation',
    ({ workspaceId }) => services.activationStates.resume(workspaceId, books.activationId, 'LATEST_ONLY'),
  ],
  ['enableDestination', ({ workspaceId }) => services.destinationStates.enable(workspaceId, books.destinationId)],
  ['disableDestination', ({ workspaceId }) => services.destinationStates.disable(workspaceId, books.destinationId)],
  [
    'replayDeliveries',
    async (caller) => {
      await addEvent(books, [delivered(await addProfile(books, 'p0'))]);
      await services.replays.start(caller, { destinationId: books.destinationId, from: new Date(0) });
    },
  ],
])('%s wakes its destination', async (_name, change) => {
  await change({ workspaceId: books.workspaceId, actor });

  expect(woken).toEqual([books.destinationId]);
});

/** The main job by public means only: HTTP, WebSocket, and an AWS SDK consumer that reads the stream. */

import { expect, test } from 'vitest';
import { z } from 'zod';
import { type Frontend, generateProfiles } from '../support/frontend.js';
import { frontendOf, setStage } from '../support/stage.js';
import { consume } from '../support/stream-consumer.js';

const SEGMENTS = ['loyal', 'new', 'lapsed'];

test('a destination is created, segments are activated, an export is triggered and watched, and its records stand in the stream', async () => {
  await using stage = await setStage({ stream: 'orders:3' });
  const frontend = frontendOf(await stage.startServer());

  await frontend.createSegments(SEGMENTS);
  const report = await frontend.ingest('profiles', generateProfiles(1_000, SEGMENTS));
  const { destinationId, activationId } = await frontend.setUp({
    stream: 'orders',
    segmentIds: SEGMENTS,
    attributes: ['person.name.firstName', 'tier'],
  });
  const after = await frontend.readEventCursor(destinationId);
  const started = await frontend.triggerExport(activationId);
  const watched = await watch(frontend, { destinationId, exportId: started.id, after });
  const finished = await frontend.readExport(started.id);
  const records = await consume(stage.sandbox.endpoint, 'orders');

  expect(report).toMatchObject({ lines: 1_000, accepted: 1_000, created: 1_000, refused: 0 });
  expect(finished).toMatchObject({ state: 'SUCCEEDED', received: 1_000, delivered: 1_000, failed: 0, skipped: 0 });
  expect(watched).toEqual({ delivered: 1_000, states: ['RUNNING', 'SUCCEEDED'], end: 'EXPORT_FINISHED' });
  expect(records.size).toBe(1_000);
  expect(records.get('profile-7')).toEqual({
    person: { name: { firstName: 'First 7' } },
    tier: 1,
    segmentMembership: { ups: { new: { lastQualificationTime: expect.any(String), status: 'realized' } } },
    identityMap: { ecid: [{ id: '000000000007' }] },
  });
}, 120_000);

const EVENTS = `subscription($destinationId: ID!, $exportId: ID!, $after: String) {
  deliveryEvents(destinationId: $destinationId, exportId: $exportId, after: $after) {
    __typename
    ... on DeliveriesCommitted { delivered }
    ... on ExportStateChanged { state }
    ... on StreamEnded { code }
  }
}`;

const Event = z.object({
  __typename: z.string(),
  delivered: z.number().default(0),
  state: z.string().optional(),
  code: z.string().optional(),
});

async function watch(
  frontend: Frontend,
  variables: { destinationId: string; exportId: string; after: string },
): Promise<{ delivered: number; states: string[]; end: string | undefined }> {
  const seen = { delivered: 0, states: [] as string[], end: undefined as string | undefined };
  for await (const data of frontend.subscribe(EVENTS, variables, AbortSignal.timeout(60_000))) {
    const event = Event.parse(data['deliveryEvents']);
    seen.delivered += event.delivered;
    if (event.state) seen.states.push(event.state);
    if (event.__typename === 'StreamEnded') seen.end = event.code;
  }
  return seen;
}

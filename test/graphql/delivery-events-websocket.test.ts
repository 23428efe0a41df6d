import { expect, test } from 'vitest';
import { toGlobalId } from '../../src/domain/global-id.js';
import { connect, startTestApp } from '../support/app.js';
import { commitEvent, createEventScene } from '../support/events.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();

const EVENTS = `
  subscription ($destinationId: ID!, $after: String) {
    deliveryEvents(destinationId: $destinationId, after: $after) {
      __typename
      ... on DeliveriesCommitted { delivered cursor }
      ... on StreamPosition { caughtUp }
      ... on StreamEnded { code resumeAfter }
    }
  }`;

test('a stopping server names the end to a watcher, who misses nothing on the next one', async () => {
  const first = await startTestApp({ connection: database.connection, environment: { ROLE: 'api' } });
  const { id } = await database.db.selectFrom('workspace').select('id').executeTakeFirstOrThrow();
  const scene = await createEventScene(database.db, id);
  const destinationId = toGlobalId('KinesisDestination', scene.destinationId);
  const client = connect(first.wsUrl, first.apiKey);
  const stream = client.iterate({ query: EVENTS, variables: { destinationId } });
  const received: unknown[] = [(await stream.next()).value?.data?.deliveryEvents];

  await commitEvent(database.db, { ...scene, lane: 6 }, { delivered: 3 });
  received.push((await stream.next()).value?.data?.deliveryEvents);
  const ending = stream.next();
  await first[Symbol.asyncDispose]();
  const ended = Object((await ending).value?.data?.deliveryEvents);
  await commitEvent(database.db, { ...scene, lane: 6 }, { delivered: 5 });

  const second = await startTestApp({
    connection: database.connection,
    apiKey: first.apiKey,
    environment: { ROLE: 'api' },
  });
  const resumed = second.subscribe(EVENTS, { destinationId, after: ended.resumeAfter });
  const next = await resumed.next();

  expect(received).toMatchObject([
    { __typename: 'StreamPosition', caughtUp: true },
    { __typename: 'DeliveriesCommitted', delivered: 3 },
  ]);
  expect(ended).toMatchObject({ __typename: 'StreamEnded', code: 'SERVER_STOPPING' });
  expect(next.value?.data?.['deliveryEvents']).toMatchObject({ __typename: 'DeliveriesCommitted', delivered: 5 });
  await second[Symbol.asyncDispose]();
});

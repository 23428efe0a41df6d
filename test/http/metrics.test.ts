import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { DeliveryMetrics } from '../../src/delivery/metrics.js';
import { BOOKS_TTL_MS, createMetrics } from '../../src/http/metrics.js';

const log = pino({ level: 'silent' });
const books = { pendingRecords: 7, oldestPendingSeconds: 1.5, unaccountedRecords: 0 };

test('counters add what the engine reports', async () => {
  const metrics = createMetrics({ readBooks: async () => books, log });
  const delivery: DeliveryMetrics = metrics.delivery;

  delivery.delivered(500);
  delivery.delivered(3);
  delivery.fencedWrites(1);

  const text = await metrics.render();
  expect(text).toContain('tributary_records_delivered_total 503');
  expect(text).toContain('tributary_fenced_writes_total 1');
  expect(text).toContain('tributary_records_failed_total 0');
});

test('the books are read once in five seconds, however often and wide a scrape is', async () => {
  let now = 0;
  let reads = 0;
  const readBooks = async () => ({ ...books, pendingRecords: ++reads });
  const metrics = createMetrics({ readBooks, log, now: () => now });

  await Promise.all([metrics.render(), metrics.render()]);
  now += BOOKS_TTL_MS - 1;
  const early = await metrics.render();
  now += 1;
  const late = await metrics.render();

  expect(early).toContain('tributary_pending_records 1\n');
  expect(late).toContain('tributary_pending_records 2\n');
});

test('requests are counted by route, never by address', async () => {
  const metrics = createMetrics({ readBooks: async () => books, log });

  metrics.observeRequest({ method: 'POST', route: '/graphql', status: 200, seconds: 0.02 });

  expect(await metrics.render()).toContain(
    'tributary_http_request_duration_seconds_count{method="POST",route="/graphql",status="200"} 1',
  );
});

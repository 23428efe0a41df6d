/**
 * An engine in a process of its own, to be frozen. It stops after its first calls, before their commits, says `sent`,
 * and goes on when its input says so; `fenced` is said of each refused commit. Leaves when its input ends.
 */

import { once } from 'node:events';
import { noDeliveryMetrics } from '../../src/delivery/metrics.js';
import { openDatabase } from '../../src/storage/database.js';
import { startEngine } from '../support/delivery.js';

const [connection = '', endpoint = '', leaseMs = '1000'] = process.argv.slice(2);
const goOn = once(process.stdin, 'data');
const ended = once(process.stdin, 'end');
await using database = openDatabase({ connection });
await using _engine = startEngine(database.db, endpoint, {
  name: 'child',
  leaseMs: Number(leaseMs),
  maxLanes: 4,
  metrics: { ...noDeliveryMetrics, fencedWrites: () => say('fenced') },
  failpoint: async (name) => {
    if (name !== 'page.sent') return;
    say('sent');
    await goOn;
  },
});
await ended;

function say(word: string): void {
  process.stdout.write(`${word}\n`);
}

/**
 * An engine in a process of its own, to be frozen or killed. Each of its lanes stops at a failpoint, says `there`, and
 * goes on when the input says so; `fenced` is said of each refused commit. Leaves when its input ends.
 */

import { once } from 'node:events';
import { noDeliveryMetrics } from '../../src/delivery/metrics.js';
import { openDatabase } from '../../src/storage/database.js';
import { startEngine } from '../support/delivery.js';

const [connection = '', endpoint = '', leaseMs = '1000', place = ''] = process.argv.slice(2);
const goOn = once(process.stdin, 'data');
const ended = once(process.stdin, 'end');
await using database = openDatabase({ connection });
await using _engine = startEngine(database.db, endpoint, {
  name: 'child',
  leaseMs: Number(leaseMs),
  maxLanes: 4,
  metrics: { ...noDeliveryMetrics, fencedWrites: () => say('fenced') },
  failpoint: async (name) => {
    if (name !== place) return;
    say('there');
    await goOn;
  },
});
await ended;

function say(word: string): void {
  process.stdout.write(`${word}\n`);
}

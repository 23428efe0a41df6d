/** `npm run bench -- <name> [--profiles N] [--rounds N] …`: runs a benchmark and prints one line of JSON. */

import { parseArgs } from 'node:util';
import { benchApiList } from './api-list.js';
import { benchApiScale } from './api-scale.js';
import { benchCapacity } from './capacity.js';
import { benchColdStart } from './cold-start.js';
import { benchConsole } from './console.js';
import { benchCost } from './cost.js';
import { benchExport } from './export.js';
import { benchExportGrowth } from './export-growth.js';
import { benchFanout } from './fanout.js';
import { benchIngest } from './ingest.js';
import { benchLimits } from './limits.js';
import { benchLive } from './live.js';
import { benchNeighbours } from './neighbours.js';
import { benchNodes } from './nodes.js';
import { benchProduce } from './produce.js';
import { benchQueueGrowth } from './queue-growth.js';
import { printScale } from './scale-model.js';
import { benchSubscribe } from './subscribe.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    profiles: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    /** Of `subscribe`. */
    subscribers: { type: 'string', default: '2000' },
    /** Of `export-growth`: numbers of profiles, the one to compare with first. */
    sizes: { type: 'string', default: '10000,100000' },
    /** Of `queue-growth`. */
    deliveries: { type: 'string', default: '100000' },
    /** Of `live`: changes a second. */
    rates: { type: 'string', default: '100,500,2000' },
  },
});

interface BenchOptions {
  /** Null if none were given. */
  profiles: number | null;
  rounds: number;
  subscribers: number;
  sizes: number[];
  deliveries: number;
  rates: number[];
}

type Benchmark<Options> = (options: Options) => Promise<Record<string, unknown> | string>;

/** What is not an option of a benchmark does not stand among its figures. */
const withProfiles =
  (run: Benchmark<{ profiles: number; rounds: number }>, usual = 100_000): Benchmark<BenchOptions> =>
  ({ profiles, rounds }) =>
    run({ profiles: profiles ?? usual, rounds });

const BENCHMARKS = new Map<string, Benchmark<BenchOptions>>([
  ['api-list', withProfiles(benchApiList)],
  ['api-scale', withProfiles(benchApiScale)],
  ['capacity', withProfiles(benchCapacity)],
  ['cold-start', withProfiles(benchColdStart)],
  ['console', withProfiles(benchConsole)],
  ['cost', withProfiles(benchCost)],
  ['export', withProfiles(benchExport)],
  ['export-growth', ({ sizes, rounds }) => benchExportGrowth({ sizes, rounds })],
  ['fanout', withProfiles(benchFanout, 1_000)],
  ['ingest', withProfiles(benchIngest)],
  ['limits', withProfiles(benchLimits)],
  ['live', ({ profiles, rounds, rates }) => benchLive({ profiles: profiles ?? 20_000, rounds, rates })],
  ['neighbours', withProfiles(benchNeighbours)],
  ['nodes', withProfiles(benchNodes, 80_000)],
  ['produce', withProfiles(benchProduce)],
  ['queue-growth', ({ deliveries }) => benchQueueGrowth({ deliveries })],
  ['scale-model', async () => printScale()],
  ['subscribe', ({ subscribers, rounds }) => benchSubscribe({ subscribers, rounds })],
]);
const run = BENCHMARKS.get(positionals[0] ?? '');
if (!run) {
  const names = [...BENCHMARKS.keys()].join('|');
  console.error(`Name a benchmark: npm run bench -- ${names} [--profiles 100000] [--rounds 5]`);
  process.exit(2);
}
const { profiles, rounds, subscribers, sizes, deliveries, rates } = values;
const found = await run({
  profiles: profiles === undefined ? null : Number(profiles),
  rounds: Number(rounds),
  subscribers: Number(subscribers),
  sizes: sizes.split(',').map(Number),
  deliveries: Number(deliveries),
  rates: rates.split(',').map(Number),
});
console.log(typeof found === 'string' ? found : JSON.stringify(found));

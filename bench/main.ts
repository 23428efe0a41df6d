/** `npm run bench -- <name> [--profiles N] [--rounds N]`: runs a benchmark and prints one line of JSON. */

import { parseArgs } from 'node:util';
import { benchApiList } from './api-list.js';
import { benchApiScale } from './api-scale.js';
import { benchCapacity } from './capacity.js';
import { benchColdStart } from './cold-start.js';
import { benchConsole } from './console.js';
import { benchCost } from './cost.js';
import { benchExport } from './export.js';
import { benchIngest } from './ingest.js';
import { benchLimits } from './limits.js';
import { benchLive } from './live.js';
import { benchNeighbours } from './neighbours.js';
import { benchProduce } from './produce.js';
import { printScale } from './scale-model.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    profiles: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
  },
});

interface BenchOptions {
  profiles: number;
  rounds: number;
}

const BENCHMARKS = new Map<string, (options: BenchOptions) => Promise<Record<string, unknown> | string>>([
  ['api-list', benchApiList],
  ['api-scale', benchApiScale],
  ['capacity', benchCapacity],
  ['cold-start', benchColdStart],
  ['console', benchConsole],
  ['cost', benchCost],
  ['export', benchExport],
  ['ingest', benchIngest],
  ['limits', benchLimits],
  ['live', benchLive],
  ['neighbours', benchNeighbours],
  ['produce', benchProduce],
  ['scale-model', async () => printScale()],
]);
const run = BENCHMARKS.get(positionals[0] ?? '');
if (!run) {
  const names = [...BENCHMARKS.keys()].join('|');
  console.error(`Name a benchmark: npm run bench -- ${names} [--profiles 100000] [--rounds 5]`);
  process.exit(2);
}
const found = await run({ profiles: Number(values.profiles), rounds: Number(values.rounds) });
console.log(typeof found === 'string' ? found : JSON.stringify(found));

/** `npm run bench -- capacity|console|export|ingest|limits|live|neighbours [--profiles N] [--rounds N]`: runs a benchmark and prints one line of JSON. */

import { parseArgs } from 'node:util';
import { benchCapacity } from './capacity.js';
import { benchConsole } from './console.js';
import { benchExport } from './export.js';
import { benchIngest } from './ingest.js';
import { benchLimits } from './limits.js';
import { benchLive } from './live.js';
import { benchNeighbours } from './neighbours.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    profiles: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
  },
});

const BENCHMARKS = new Map([
  ['capacity', benchCapacity],
  ['console', benchConsole],
  ['export', benchExport],
  ['ingest', benchIngest],
  ['limits', benchLimits],
  ['live', benchLive],
  ['neighbours', benchNeighbours],
]);
const run = BENCHMARKS.get(positionals[0] ?? '');
if (!run) {
  console.error(
    'Name a benchmark: npm run bench -- capacity|console|export|ingest|limits|live|neighbours [--profiles 100000] [--rounds 5]',
  );
  process.exit(2);
}
console.log(JSON.stringify(await run({ profiles: Number(values.profiles), rounds: Number(values.rounds) })));

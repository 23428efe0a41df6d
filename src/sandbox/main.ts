/** Entry: runs a sandbox as its own process, prints one JSON line with its endpoint, and stops at SIGTERM or SIGINT. */

import { parseCommandLine } from './command-line.js';
import { startSandbox } from './sandbox.js';

const { options, streams } = parseCommandLine(process.argv.slice(2));
const sandbox = await startSandbox(options);
for (const { name, shards } of streams) {
  sandbox.createStream(name, shards);
}
process.stdout.write(`${JSON.stringify({ endpoint: sandbox.endpoint })}\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void sandbox[Symbol.asyncDispose]());
}

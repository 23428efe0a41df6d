/** Writes schema/schema.graphql, or with `--check` fails if it is not what the code says. */

import { readFileSync, writeFileSync } from 'node:fs';
import { printSortedSchema } from './schema.js';

const FILE = 'schema/schema.graphql';

const text = printSortedSchema();
if (!process.argv.includes('--check')) writeFileSync(FILE, text);
else if (readFileSync(FILE, 'utf8') !== text) {
  process.stderr.write(`${FILE} is not what src/graphql says: run \`npm run schema\` and commit it.\n`);
  process.exitCode = 1;
}

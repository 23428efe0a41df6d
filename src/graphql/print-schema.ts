/** Writes what is made from the code, schema/schema.graphql and docs/errors.md; with `--check` fails if one is outdated. */

import { readFileSync, writeFileSync } from 'node:fs';
import { writeErrorDocument } from '../domain/error-document.js';
import { printSortedSchema } from './schema.js';

const FILES = [
  { path: 'schema/schema.graphql', text: printSortedSchema() },
  { path: 'docs/errors.md', text: writeErrorDocument() },
];

for (const { path, text } of FILES) {
  if (!process.argv.includes('--check')) writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text) {
    process.stderr.write(`${path} is not what the code says: run \`npm run schema\` and commit it.\n`);
    process.exitCode = 1;
  }
}

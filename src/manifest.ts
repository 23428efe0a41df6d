/** Entry: writes the manifest of a folder's operations; `node dist/manifest.js <folder> <file>`. Part of the build. */

import { writeFile } from 'node:fs/promises';
import { buildGraphQLSchema } from './graphql/schema.js';
import { makeManifest, OperationListError } from './http/operation-manifest.js';

const [folder = 'schema/operations', file = 'dist/operations.json'] = process.argv.slice(2);
try {
  await writeFile(file, await makeManifest(folder, buildGraphQLSchema()));
} catch (error) {
  if (!(error instanceof OperationListError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

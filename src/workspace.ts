/**
 * Entry: makes, lists and renames workspaces. Run by `tributary workspace` with the environment of the servers, beside
 * which it is safe. Takes `create <name>`, `list` or `rename <id> <name>`, checked by the command line.
 */

import { fromGlobalId, toGlobalId } from './domain/global-id.js';
import { createWorkspace, renameWorkspace } from './domain/workspace-admin.js';
import { print, runOperatorCommand } from './operator-command.js';
import type { Db } from './storage/database.js';
import { listAllWorkspaces } from './storage/workspaces.js';

/** An id that no row has. */
const NO_WORKSPACE = 0;

const [action = '', ...words] = process.argv.slice(2);
process.exit(await runOperatorCommand('tributary workspace', ({ database: { db } }) => act(db)));

async function act(db: Db): Promise<number> {
  const [first = '', second = ''] = words;
  if (action === 'create') await create(db, first);
  else if (action === 'rename') await rename(db, first, second);
  else await list(db);
  return 0;
}

async function create(db: Db, name: string): Promise<void> {
  const { workspace, apiKey } = await createWorkspace(db, name);
  print(
    `The workspace ${toGlobalId('Workspace', workspace.id)} and its ADMIN key were made. The key is shown this once:`,
  );
  print(`\n  ${apiKey}\n`);
}

async function list(db: Db): Promise<void> {
  for (const { id, externalId, name } of await listAllWorkspaces(db))
    print(`${toGlobalId('Workspace', id)}  ${externalId}  ${name}`);
}

async function rename(db: Db, globalId: string, name: string): Promise<void> {
  const reference = fromGlobalId(globalId);
  await renameWorkspace(db, reference?.kind === 'Workspace' ? reference.id : NO_WORKSPACE, name);
  print('Renamed.');
}

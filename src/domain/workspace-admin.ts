/** Workspaces as the operator has them: the first start makes one, the command line makes more, lists and renames them. */

import { insertApiKey } from '../storage/api-keys.js';
import { insertAuditEntry } from '../storage/audit-entries.js';
import type { Db } from '../storage/database.js';
import { lockWorkspace } from '../storage/workspace-lock.js';
import { hasWorkspace, insertWorkspace, renameWorkspaceRow } from '../storage/workspaces.js';
import { createApiKeyText, toStoredKey } from './api-key.js';
import { HIDDEN } from './audit.js';
import { InputIssues } from './input-issues.js';
import { runTransaction } from './transaction.js';
import { NotFoundError } from './user-error.js';
import type { Actor } from './viewer.js';
import { createExternalId, type Workspace } from './workspace.js';

/** A workspace that was just made. */
export interface NewWorkspace {
  workspace: Workspace;
  /** Text of its first ADMIN key, which is stored nowhere: show it. */
  apiKey: string;
}

const FIRST_WORKSPACE_NAME = 'Default';
const FIRST_KEY_NAME = 'first key';
const FIRST_START: Actor = { kind: 'SYSTEM', name: 'first start' };
const COMMAND_LINE: Actor = { kind: 'SYSTEM', name: 'command line' };
/** Number of no workspace: its lock is for what comes before the first one. */
const BOOTSTRAP_LOCK = 0;
const NAME_CHARACTERS = { min: 1, max: 200 };

/**
 * Makes the first workspace and its ADMIN key, if there is no workspace. Of nodes that start at once, one does it.
 * @returns the key's text, which is stored nowhere: show it; null if there was a workspace.
 */
export async function bootstrapWorkspace(db: Db): Promise<string | null> {
  return await runTransaction(db, async (tx) => {
    await lockWorkspace(tx, BOOTSTRAP_LOCK, 'exclusive');
    if (await hasWorkspace(tx)) return null;
    return (await makeWorkspace(tx, FIRST_WORKSPACE_NAME, FIRST_START)).apiKey;
  });
}

/** Makes a workspace with its first ADMIN key, for the command line. @throws {InvalidInputError} for its name. */
export async function createWorkspace(db: Db, name: string): Promise<NewWorkspace> {
  checkName(name);
  return await runTransaction(db, async (tx) => {
    const made = await makeWorkspace(tx, name, COMMAND_LINE);
    await recordChange(tx, made.workspace.id, 'createWorkspace');
    return made;
  });
}

/** Gives a workspace another name. @throws {InvalidInputError} for the name. @throws {NotFoundError} */
export async function renameWorkspace(db: Db, id: number, name: string): Promise<void> {
  checkName(name);
  await runTransaction(db, async (tx) => {
    if (!(await renameWorkspaceRow(tx, id, name)))
      throw new NotFoundError('There is no workspace with this id: `tributary workspace list` shows all.', ['id']);
    await recordChange(tx, id, 'renameWorkspace');
  });
}

function checkName(name: string): void {
  const issues = new InputIssues([]);
  issues.checkText('name', name, NAME_CHARACTERS);
  issues.throwIfAny();
}

async function makeWorkspace(tx: Db, name: string, createdBy: Actor): Promise<NewWorkspace> {
  const workspace = await insertWorkspace(tx, { name, externalId: createExternalId() });
  const apiKey = createApiKeyText();
  const stored = { name: FIRST_KEY_NAME, role: 'ADMIN' as const, expiresAt: null, createdBy, ...toStoredKey(apiKey) };
  await insertApiKey(tx, { workspaceId: workspace.id, ...stored });
  return { workspace, apiKey };
}

/** No request stands behind it: the entry's own is the command. */
async function recordChange(tx: Db, id: number, action: string): Promise<void> {
  await insertAuditEntry(tx, {
    workspaceId: id,
    action,
    actor: COMMAND_LINE,
    apiKeyId: null,
    requestId: 'command line',
    address: null,
    result: 'SUCCEEDED',
    code: null,
    target: { kind: 'Workspace', id },
    changes: [{ field: 'name', after: HIDDEN }],
  });
}

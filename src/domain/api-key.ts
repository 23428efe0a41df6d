/** API keys: what callers prove themselves with. The text is shown once and stored only as a SHA-256. */

import { createHash, randomBytes } from 'node:crypto';
import { findApiKeyByHash, insertApiKey, noteApiKeyUse } from '../storage/api-keys.js';
import type { Db } from '../storage/database.js';
import { lockWorkspace } from '../storage/workspace-lock.js';
import { createWorkspace, hasWorkspace } from '../storage/workspaces.js';
import { runTransaction } from './transaction.js';
import type { Actor, Role, Viewer } from './viewer.js';
import { createExternalId } from './workspace.js';

/** An API key as it is stored, without its hash. */
export interface ApiKey {
  id: number;
  name: string;
  /** The key's first characters, to recognise it by. */
  prefix: string;
  role: Role;
  version: number;
  createdAt: Date;
  createdBy: Actor;
  expiresAt: Date | null;
  /** Exact to a minute. */
  lastUsedAt: Date | null;
  revokedAt: Date | null;
}

const KEY_BYTES = 32;
const FORM = /^trb_[A-Za-z0-9_-]{43}$/;
/** Enough to recognise a key by, far too little to guess the rest. */
const PREFIX_CHARACTERS = 12;
const FIRST_WORKSPACE_NAME = 'Default';
const FIRST_KEY_NAME = 'first key';
const FIRST_START: Actor = { kind: 'SYSTEM', name: 'first start' };
/** Number of no workspace: its lock is for what comes before the first one. */
const BOOTSTRAP_LOCK = 0;

/** A new key: `trb_` and 256 random bits as base64url. */
export function createApiKeyText(): string {
  return `trb_${randomBytes(KEY_BYTES).toString('base64url')}`;
}

/** What is stored of a key: its first 12 characters and its SHA-256. */
export function toStoredKey(text: string): { prefix: string; keyHash: Buffer } {
  return { prefix: text.slice(0, PREFIX_CHARACTERS), keyHash: createHash('sha256').update(text).digest() };
}

/**
 * Makes the first workspace and its ADMIN key, if there is no workspace. Of nodes that start at once, one does it.
 * @returns the key's text, which is stored nowhere: show it; null if there was a workspace.
 */
export async function bootstrapWorkspace(db: Db): Promise<string | null> {
  return await runTransaction(db, async (tx) => {
    await lockWorkspace(tx, BOOTSTRAP_LOCK, 'exclusive');
    if (await hasWorkspace(tx)) return null;
    const workspace = await createWorkspace(tx, { name: FIRST_WORKSPACE_NAME, externalId: createExternalId() });
    const text = createApiKeyText();
    const apiKey = { name: FIRST_KEY_NAME, role: 'ADMIN' as const, expiresAt: null, createdBy: FIRST_START };
    await insertApiKey(tx, { workspaceId: workspace.id, ...apiKey, ...toStoredKey(text) });
    return text;
  });
}

/** The caller behind a key; null if there is no such key, or it has expired or was revoked. */
export async function authenticateApiKey(db: Db, text: string): Promise<Viewer | null> {
  if (!FORM.test(text)) return null;
  const apiKey = await findApiKeyByHash(db, toStoredKey(text).keyHash);
  if (!apiKey?.isValid) return null;
  if (!apiKey.isNoted) await noteApiKeyUse(db, apiKey.id);
  return {
    actor: { kind: 'API_KEY', name: apiKey.name },
    apiKeyId: apiKey.id,
    role: apiKey.role,
    workspaceId: apiKey.workspaceId,
    expiresAt: apiKey.expiresAt,
  };
}

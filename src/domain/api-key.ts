/** API keys: what callers prove themselves with. The text is shown once and stored only as a SHA-256. */

import { createHash, randomBytes } from 'node:crypto';
import { findApiKeyByHash, noteApiKeyUse } from '../storage/api-keys.js';
import type { Db } from '../storage/database.js';
import type { Actor, Role, Viewer } from './viewer.js';

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

/** A new key: `trb_` and 256 random bits as base64url. */
export function createApiKeyText(): string {
  return `trb_${randomBytes(KEY_BYTES).toString('base64url')}`;
}

/** What is stored of a key: its first 12 characters and its SHA-256. */
export function toStoredKey(text: string): { prefix: string; keyHash: Buffer } {
  return { prefix: text.slice(0, PREFIX_CHARACTERS), keyHash: createHash('sha256').update(text).digest() };
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

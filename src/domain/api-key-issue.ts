/** Issuing, changing and revoking API keys. */

import {
  insertApiKey,
  listApiKeysByIds,
  lockAdminKeys,
  revokeApiKeyRow,
  updateApiKeyRow,
} from '../storage/api-keys.js';
import type { Db } from '../storage/database.js';
import { type ApiKey, createApiKeyText, toStoredKey } from './api-key.js';
import { noteTarget } from './audit.js';
import { InputIssues } from './input-issues.js';
import { runTransaction } from './transaction.js';
import { ConflictError, InvalidStateError, NotFoundError } from './user-error.js';
import type { Caller, Role } from './viewer.js';

/** Input of {@link ApiKeys.create}. */
export interface NewApiKey {
  name: string;
  role: Role;
  /** Null: never. */
  expiresAt?: Date | null;
}

/** Input of {@link ApiKeys.update}; what is undefined stays, a null expiry is none. */
export interface ApiKeyChange {
  id: number;
  expectedVersion: number;
  name?: string | null;
  role?: Role | null;
  expiresAt?: Date | null;
}

/** Issues, changes and revokes the keys of one workspace at a time. */
export interface ApiKeys {
  /**
   * Issues a key.
   * @returns with `text`, which is stored nowhere: show it once, never log it.
   * @throws {InvalidInputError}
   */
  create(caller: Caller, input: NewApiKey): Promise<{ apiKey: ApiKey; text: string }>;
  /**
   * Changes a key.
   * @throws {InvalidInputError} @throws {NotFoundError} also for a revoked one @throws {ConflictError} VERSION_CONFLICT
   * @throws {InvalidStateError} LAST_ADMIN_KEY.
   */
  update(caller: Caller, input: ApiKeyChange): Promise<ApiKey>;
  /**
   * Ends a key for good; no effect on a revoked one.
   * @throws {NotFoundError} @throws {InvalidStateError} LAST_ADMIN_KEY.
   */
  revoke(caller: Caller, id: number): Promise<ApiKey>;
}

/** Makes the service. @param dependencies.clock for `expiresAt`, which must lie ahead. */
export function createApiKeys({ db, clock }: { db: Db; clock: () => Date }): ApiKeys {
  return {
    async create(caller, input) {
      checkNewApiKey(input, clock());
      const text = createApiKeyText();
      return await runTransaction(db, async (tx) => ({ apiKey: await issue(tx, caller, input, text), text }));
    },

    async update({ workspaceId }, input) {
      checkChange(input, clock());
      return await runTransaction(db, (tx) => change(tx, workspaceId, input));
    },

    async revoke({ workspaceId }, id) {
      return await runTransaction(db, async (tx) => {
        await checkAdminLeft(tx, workspaceId, id);
        const revoked = await revokeApiKeyRow(tx, workspaceId, id);
        if (revoked) return revoked;
        throw notFound();
      });
    },
  };
}

const MAX_NAME_CHARACTERS = 255;

function checkNewApiKey(input: NewApiKey, now: Date): void {
  const issues = new InputIssues();
  checkFields(issues, input, now);
  issues.throwIfAny();
}

function checkChange(input: ApiKeyChange, now: Date): void {
  const issues = new InputIssues();
  for (const field of ['name', 'role'] as const)
    if (input[field] === null)
      issues.add('REQUIRED', field, `\`${field}\` cannot be cleared; give a value, or leave it out.`);
  checkFields(issues, input, now);
  issues.throwIfAny();
}

function checkFields(issues: InputIssues, input: Pick<ApiKeyChange, 'name' | 'expiresAt'>, now: Date): void {
  if (input.name != null) issues.checkText('name', input.name, { min: 1, max: MAX_NAME_CHARACTERS });
  if (input.expiresAt != null && input.expiresAt <= now)
    issues.add('OUT_OF_RANGE', 'expiresAt', '`expiresAt` has passed: give a time in the future, or null for never.');
}

async function change(tx: Db, workspaceId: number, input: ApiKeyChange): Promise<ApiKey> {
  const { id, expectedVersion: version, expiresAt } = input;
  const [current] = await listApiKeysByIds(tx, workspaceId, [id]);
  if (!current || current.revokedAt) throw notFound();
  const role = input.role ?? current.role;
  if (role !== 'ADMIN') await checkAdminLeft(tx, workspaceId, id);
  const after = {
    name: input.name ?? current.name,
    role,
    expiresAt: expiresAt === undefined ? current.expiresAt : expiresAt,
  };
  const updated = await updateApiKeyRow(tx, { workspaceId, id, version }, after);
  if (updated) return updated;
  throw versionConflict(current, version);
}

async function issue(tx: Db, caller: Caller, input: NewApiKey, text: string): Promise<ApiKey> {
  const { workspaceId, actor: createdBy } = caller;
  const { name, role, expiresAt = null } = input;
  const id = await insertApiKey(tx, { workspaceId, name, role, expiresAt, createdBy, ...toStoredKey(text) });
  const [issued] = await listApiKeysByIds(tx, workspaceId, [id]);
  if (!issued) throw new Error(`API key ${id} is not there after it was inserted.`);
  noteTarget(tx, { kind: 'ApiKey', id });
  return issued;
}

function notFound(): NotFoundError {
  return new NotFoundError('There is no such API key that works in this workspace: check `id`.', ['input', 'id']);
}

function versionConflict(current: ApiKey, expected: number): ConflictError {
  const message = `API key ${current.name} is at version ${current.version}, not ${expected}: merge with \`current\` and send again.`;
  return new ConflictError('VERSION_CONFLICT', message, {
    path: ['input', 'expectedVersion'],
    current: { kind: 'ApiKey', id: current.id },
  });
}

/** Nobody could make another: only ADMINs make keys. @throws {InvalidStateError} LAST_ADMIN_KEY. */
async function checkAdminLeft(tx: Db, workspaceId: number, id: number): Promise<void> {
  const admins = await lockAdminKeys(tx, workspaceId);
  if (admins.length !== 1 || admins[0] !== id) return;
  const message = 'This is the last ADMIN key that works: create another ADMIN key first, then end or lower this one.';
  throw new InvalidStateError('LAST_ADMIN_KEY', message, { path: ['input', 'id'], current: { kind: 'ApiKey', id } });
}

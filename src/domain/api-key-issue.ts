/** Issuing and revoking API keys. */

import { insertApiKey, listApiKeysByIds, lockAdminKeys, revokeApiKeyRow } from '../storage/api-keys.js';
import type { Db } from '../storage/database.js';
import { type ApiKey, createApiKeyText, toStoredKey } from './api-key.js';
import { noteTarget } from './audit.js';
import { InputIssues } from './input-issues.js';
import { runTransaction } from './transaction.js';
import { InvalidStateError, NotFoundError } from './user-error.js';
import type { Caller, Role } from './viewer.js';

/** Input of {@link ApiKeys.create}. */
export interface NewApiKey {
  name: string;
  role: Role;
  /** Null: never. */
  expiresAt?: Date | null;
}

/** Issues and revokes the keys of one workspace at a time. */
export interface ApiKeys {
  /**
   * Issues a key.
   * @returns with `text`, which is stored nowhere: show it once, never log it.
   * @throws {InvalidInputError}
   */
  create(caller: Caller, input: NewApiKey): Promise<{ apiKey: ApiKey; text: string }>;
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

    async revoke({ workspaceId }, id) {
      return await runTransaction(db, async (tx) => {
        const admins = await lockAdminKeys(tx, workspaceId);
        if (admins.length === 1 && admins[0] === id) throw lastAdminKey(id);
        const revoked = await revokeApiKeyRow(tx, workspaceId, id);
        if (revoked) return revoked;
        throw new NotFoundError('There is no such API key in this workspace: check `id`.', ['input', 'id']);
      });
    },
  };
}

const MAX_NAME_CHARACTERS = 255;

function checkNewApiKey(input: NewApiKey, now: Date): void {
  const issues = new InputIssues();
  issues.checkText('name', input.name, { min: 1, max: MAX_NAME_CHARACTERS });
  if (input.expiresAt != null && input.expiresAt <= now)
    issues.add('OUT_OF_RANGE', 'expiresAt', '`expiresAt` has passed: give a time in the future, or null for never.');
  issues.throwIfAny();
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

/** Nobody could make another: only ADMINs make keys. */
function lastAdminKey(id: number): InvalidStateError {
  const message = 'This is the last ADMIN key that works: create another ADMIN key first, then revoke this one.';
  return new InvalidStateError('LAST_ADMIN_KEY', message, { path: ['input', 'id'], current: { kind: 'ApiKey', id } });
}

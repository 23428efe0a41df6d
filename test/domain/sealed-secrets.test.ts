import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { openIdentity } from '../../src/domain/credential.js';
import type { KeyRing } from '../../src/domain/key-ring.js';
import { countSeals, type RewrappedPage, rewrapSecrets } from '../../src/domain/sealed-secrets.js';
import { createSecretSeal, type SecretSeal } from '../../src/domain/secret-seal.js';
import { createServices } from '../../src/services.js';
import { loadSecret } from '../../src/storage/credentials.js';
import { ACCESS_KEY_ID, SECRET } from '../support/destination-seed.js';
import { useTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const database = useTestDatabase();
const keys = { old: randomBytes(32), next: randomBytes(32) };
const fingerprintKey = randomBytes(32);
const oldSeal = sealWith('old', 'next');
const nextSeal = sealWith('next', 'old');
const onlyNext = sealWith('next');

function sealWith(...ids: ('old' | 'next')[]): SecretSeal {
  const ring: KeyRing = { currentId: ids[0] ?? '', keys: new Map(ids.map((id) => [id, keys[id]])) };
  return createSecretSeal(ring, fingerprintKey);
}

let workspaceId: number;
beforeEach(async () => {
  await sql`truncate workspace cascade`.execute(database.db);
  const { rows } = await sql<{ id: number }>`
    insert into workspace (name, external_id) values ('w', 'e') returning id`.execute(database.db);
  workspaceId = rows[0]?.id ?? 0;
});

const servicesWith = (seal: SecretSeal) => createServices({ db: database.db, seal });

/** A credential by the services; with `rotated`, with a previous secret. */
async function addCredential({ rotated = false } = {}): Promise<number> {
  const { credentials, credentialRotations } = servicesWith(oldSeal);
  const input = { kind: 'ACCESS_KEY' as const, name: 'c', accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET };
  const { id } = await credentials.create(workspaceId, input);
  if (rotated) await credentialRotations.rotate(workspaceId, { ...input, id, expectedVersion: 1 });
  return id;
}

async function rewrapAll(): Promise<RewrappedPage[]> {
  const pages: RewrappedPage[] = [];
  for await (const page of rewrapSecrets(database.db, nextSeal, 'next')) pages.push(page);
  return pages;
}

async function opened(id: number, seal: SecretSeal): Promise<string> {
  const stored = await loadSecret(database.db, id);
  if (!stored) throw new Error('The credential is not there.');
  const identity = openIdentity(seal, stored);
  if (identity.kind !== 'ACCESS_KEY') throw new Error('The credential has no secret.');
  return identity.secretAccessKey;
}

const counts = async () => Object.fromEntries(await countSeals(database.db));

test('both secrets of a credential are put under the current key, and open without the old one', async () => {
  const id = await addCredential({ rotated: true });
  expect(await counts()).toEqual({ old: 2 });

  expect(await rewrapAll()).toEqual([{ seen: 2, rewrapped: 2, unreadable: [] }]);

  expect(await counts()).toEqual({ next: 2 });
  expect(await opened(id, onlyNext)).toBe(SECRET);
  await servicesWith(onlyNext).credentialRotations.revert(workspaceId, { id, expectedVersion: 2 });
  expect(await opened(id, onlyNext)).toBe(SECRET);
});

test('neither the version of the credential nor that of the secret changes, so that nobody reconnects', async () => {
  const id = await addCredential();
  const before = await loadSecret(database.db, id);

  await rewrapAll();

  expect(await loadSecret(database.db, id)).toEqual({
    ...before,
    identity: { ...before?.identity, sealed: expect.any(Buffer) },
  });
});

test('ended in the middle, it goes on where it was', async () => {
  for (let count = 0; count < 120; count += 1) await addCredential();
  for await (const page of rewrapSecrets(database.db, nextSeal, 'next')) {
    expect(page).toEqual({ seen: 100, rewrapped: 100, unreadable: [] });
    break;
  }
  expect(await counts()).toEqual({ next: 100, old: 20 });

  const rest = await rewrapAll();

  expect(rest.map(({ rewrapped }) => rewrapped)).toEqual([0, 20]);
  expect(await counts()).toEqual({ next: 120 });
});

test('a secret that changes its place or goes away meanwhile is followed, or left out', async () => {
  const [moved, replaced] = [await addCredential({ rotated: true }), await addCredential()];
  await addCredential();
  const { credentialRotations } = servicesWith(oldSeal);
  const changing = database.db.transaction().execute(async (tx) => {
    // Read by the run below before, and waited for by it until these are committed.
    await sql`select from credential order by id for update`.execute(tx);
    const run = rewrapAll();
    await waitForLock();
    await sql`update credential
      set secret_sealed = previous_secret_sealed, previous_secret_sealed = secret_sealed,
        secret_version = previous_secret_version, previous_secret_version = secret_version
      where id = ${moved}`.execute(tx);
    await sql`update credential set secret_sealed = ${'other'}::bytea where id = ${replaced}`.execute(tx);
    return { run };
  });

  const [page] = await (await changing).run;

  expect(page).toEqual({ seen: 4, rewrapped: 3, unreadable: [] });
  expect(await counts()).toEqual({ next: 3 });
  expect(await opened(moved, onlyNext)).toBe(SECRET);
  await credentialRotations.revert(workspaceId, { id: moved, expectedVersion: 2 });
  expect(await opened(moved, onlyNext)).toBe(SECRET);
});

/** Until somebody waits for the lock of a row. */
async function waitForLock(): Promise<void> {
  await until(async () => {
    const { rows } = await sql`
      select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(database.db);
    expect(rows).toHaveLength(1);
  });
}

test('a secret whose row was changed is named and left as it is, and the others go on', async () => {
  const [damaged, good] = [await addCredential(), await addCredential()];
  await sql`update credential set secret_sealed = set_byte(secret_sealed, 20, get_byte(secret_sealed, 20) # 1)
    where id = ${damaged}`.execute(database.db);

  const [page] = await rewrapAll();

  expect(page).toMatchObject({
    seen: 2,
    rewrapped: 1,
    unreadable: [{ credentialId: damaged, secretVersion: 1 }],
  });
  expect(await counts()).toEqual({ old: 1, next: 1 });
  expect(await opened(good, onlyNext)).toBe(SECRET);
});

/**
 * Entry: puts all stored secrets under the current encryption key, and ends. Run by `tributary rewrap` with the
 * environment of the servers, beside which it is safe. Status 0: nothing is left under another key.
 */

import { countSeals, rewrapSecrets, type SealCounts } from './domain/sealed-secrets.js';
import { print, runOperatorCommand } from './operator-command.js';
import type { Store } from './store.js';

const INTERRUPTED = 130;
const ALL_DONE =
  'Nothing is left under another key. Once all processes were started with this list, other keys may be taken out of it.';
const SOME_LEFT =
  'Some are left under another key: give a new secret to the credentials that cannot be opened; if there are none, a ' +
  'process still seals with that key. Start it with the current key first in its list, and run this again.';

const interruption = new AbortController();
// A second one ends the process at once, with the page that is under way undone.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
process.exit(await runOperatorCommand('tributary rewrap', rewrap));

async function rewrap(store: Store): Promise<number> {
  const { db } = store.database;
  const before = await countSeals(db);
  print(`The current encryption key is \`${store.ring.currentId}\`. Stored secrets: ${describe(before)}.`);
  const isWhole = await rewrapPages(store, sum(before));
  const after = await countSeals(db);
  print(`Now: ${describe(after)}.`);
  if (!isWhole) return INTERRUPTED;
  const left = [...after.keys()].filter((keyId) => keyId !== store.ring.currentId);
  print(left.length === 0 ? ALL_DONE : SOME_LEFT);
  return left.length === 0 ? 0 : 1;
}

/** @returns false if it was interrupted. */
async function rewrapPages({ database: { db }, seal, ring }: Store, total: number): Promise<boolean> {
  let [seen, rewrapped] = [0, 0];
  for await (const page of rewrapSecrets(db, seal, ring.currentId)) {
    seen += page.seen;
    rewrapped += page.rewrapped;
    print(`  ${seen} of ${Math.max(total, seen)} looked at, ${rewrapped} put under \`${ring.currentId}\``);
    for (const { credentialId, secretVersion } of page.unreadable)
      print(`  credential ${credentialId} (secret ${secretVersion}) cannot be opened: its row was changed`);
    if (interruption.signal.aborted) return false;
  }
  return true;
}

function describe(counts: SealCounts): string {
  const parts = [...counts].map(([keyId, count]) => `${count} under \`${keyId}\``);
  return parts.length === 0 ? 'none' : parts.join(', ');
}

function sum(counts: SealCounts): number {
  return [...counts.values()].reduce((all, count) => all + count, 0);
}

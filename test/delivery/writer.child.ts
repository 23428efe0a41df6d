/**
 * Writes profiles in a process of its own, to be killed: all of them again and again, each time with the next number,
 * which is said once its write was acknowledged. Given a place, it says `there` and stops in the first write: after the
 * statement of that name, or at `committed`. Leaves when its input ends.
 */

import { createProfiles } from '../../src/domain/profile.js';
import { openDatabase } from '../../src/storage/database.js';
import { afterStatement } from '../support/after-statement.js';

const [connection = '', workspaceId = '', prefix = '', place = ''] = process.argv.slice(2);
const PROFILES = 5;
process.stdin.resume().once('end', () => process.exit());
await using database = openDatabase({ connection });
const profiles = createProfiles({
  db: place === '' ? database.db : afterStatement(database.db, place, () => stop()),
  clock: () => new Date(),
  wakeLane: () => {
    if (place === 'committed') say('there');
  },
});
for (let n = 1; ; n += 1) {
  await profiles.upsert(Number(workspaceId), makeProfiles(n));
  if (place !== '') await stop();
  say(String(n));
}

function makeProfiles(n: number) {
  const memberships = [{ segmentId: 'segment-0', status: 'REALIZED' as const }];
  return Array.from({ length: PROFILES }, (_, number) => ({
    profileId: `${prefix}${number}`,
    attributes: { n },
    memberships,
  }));
}

async function stop(): Promise<void> {
  if (place !== 'committed') say('there');
  await new Promise(() => {});
}

function say(word: string): void {
  process.stdout.write(`${word}\n`);
}

/** What really stands in the streams, by the sandbox's own book: it lies outside the product and of its database. */

import { type LedgerEntry, readLedger } from '../../src/sandbox/ledger.js';

/** The entries of a ledger from some place on. */
export class LedgerBook {
  readonly #byKey = new Map<string, LedgerEntry[]>();

  constructor(readonly entries: readonly LedgerEntry[]) {
    for (const entry of entries) {
      const known = this.#byKey.get(entry.partitionKey);
      if (known) known.push(entry);
      else this.#byKey.set(entry.partitionKey, [entry]);
    }
  }

  /** Every copy of a profile's record, in order of appending. */
  copiesOf(profileId: string): readonly LedgerEntry[] {
    return this.#byKey.get(profileId) ?? [];
  }

  /** The profiles of which no record is there. */
  findLost(profileIds: readonly string[]): string[] {
    return profileIds.filter((profileId) => !this.#byKey.has(profileId));
  }

  /** Records beyond one a profile. */
  get duplicates(): number {
    return this.entries.length - this.#byKey.size;
  }
}

/** Reads a ledger, without its first `skip` entries. */
export async function readLedgerBook(path: string, skip = 0): Promise<LedgerBook> {
  const entries: LedgerEntry[] = [];
  for await (const entry of readLedger(path)) entries.push(entry);
  return new LedgerBook(entries.slice(skip));
}

/** Sequence numbers: unique in a sandbox, strictly growing, decimal strings of 56 digits as AWS gives them. */

const PADDING = '0'.repeat(25);
/** The count starts here, so that it has 16 digits for the first 8 * 10^15 records and needs no padding. */
const FIRST = 1_000_000_000_000_000;

/** The one counter behind all shards of a sandbox; inside, a sequence number is that count. */
export class SequenceNumbers {
  /** What all sequence numbers of this sandbox begin with; a sandbox that starts later has a greater one. */
  readonly prefix: string;
  private last = FIRST;

  /** @param startedAt epoch milliseconds, 13 digits. */
  constructor(startedAt: number) {
    this.prefix = `49${String(startedAt).padStart(13, '0')}${PADDING}`;
  }

  /** Takes the next number. */
  next(): number {
    this.last += 1;
    return this.last;
  }

  /** The wire form. */
  format(sequence: number): string {
    return this.prefix + sequence;
  }

  /** The number in a wire form; null if this sandbox did not give it. */
  parse(text: string): number | null {
    if (!text.startsWith(this.prefix) || !/^\d{56}$/.test(text)) {
      return null;
    }
    return Number(text.slice(this.prefix.length));
  }
}

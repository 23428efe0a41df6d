/** Cuts a body into lines, in memory of one line and one piece of the body at a time. */

/** A line, numbered from 1 as in the file; empty ones are left out but counted. */
export type IngestLine =
  | { number: number; bytes: Buffer }
  /** Longer than the bound; what it held was dropped as it came. */
  | { number: number; bytes: null };

const NEWLINE = 0x0a;

/**
 * Yields the lines of a body as they come; asks for more of it only when the lines so far were taken.
 * @param maxLineBytes longest line, without its end.
 */
export async function* splitLines(
  body: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<IngestLine[], void, undefined> {
  const line = new LineBuffer(maxLineBytes);
  for await (const piece of body) {
    const lines = [...cutPiece(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength), line)];
    if (lines.length > 0) yield lines;
  }
  const last = line.end();
  if (last) yield [last];
}

function* cutPiece(piece: Buffer, line: LineBuffer): Generator<IngestLine, void, undefined> {
  let start = 0;
  for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, start)) {
    line.add(piece.subarray(start, end));
    const ended = line.end();
    if (ended) yield ended;
    start = end + 1;
  }
  line.add(piece.subarray(start));
}

/** The line that is being read. */
class LineBuffer {
  readonly #maxBytes: number;
  #number = 1;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#maxBytes) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  /** Ends the line and begins the next; null if it was blank. */
  end(): IngestLine | null {
    const number = this.#number;
    const isTooLong = this.#bytes > this.#maxBytes;
    const bytes = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    this.#number += 1;
    this.#parts = [];
    this.#bytes = 0;
    if (isTooLong) return { number, bytes: null };
    return !bytes || isBlank(bytes) ? null : { number, bytes };
  }
}

/** Spaces, tabs and carriage returns only. */
function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

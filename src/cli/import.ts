/** The command `import`: sends an NDJSON file in requests of some MiB, and names the lines that are refused. */

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IngestReport } from './api-client.js';
import { UsageError } from './command-error.js';
import type { ImportOptions } from './command-line.js';
import { connect } from './connect.js';
import { formatCount, startProgress } from './progress.js';

/** Whole lines of a file. */
export interface LineBlock {
  readonly bytes: Uint8Array;
  /** Lines of the file before this block. */
  readonly linesBefore: number;
}

const NEWLINE = 0x0a;
const BLOCK_BYTES = 4 * 1024 * 1024;
/** The server refuses lines far below: a file that exceeds this has no lines. */
const MAX_BLOCK_BYTES = 64 * 1024 * 1024;

/**
 * Imports a file.
 * @returns whether every line was accepted.
 * @throws {UsageError} if the file or the key's is not there. @throws {ApiError} if a request fails as a whole.
 */
export async function runImport(options: ImportOptions): Promise<boolean> {
  const totalBytes = await sizeOf(options.file);
  await using client = await connect(options);
  const sums = { accepted: 0, created: 0, updated: 0, unchanged: 0, refused: 0 };
  const progress = startProgress('Import', 'bytes');
  let sentBytes = 0;
  for await (const { bytes, linesBefore } of readLineBlocks(createReadStream(options.file), BLOCK_BYTES)) {
    const report = await client.ingest(options.kind, bytes);
    for (const name of ['accepted', 'created', 'updated', 'unchanged', 'refused'] as const) sums[name] += report[name];
    sentBytes += bytes.byteLength;
    progress.update(sentBytes, totalBytes);
    printRefusals(report, linesBefore);
  }
  progress.stop();
  console.log(
    `${formatCount(sums.accepted)} accepted (${formatCount(sums.created)} new, ${formatCount(sums.updated)} changed, ` +
      `${formatCount(sums.unchanged)} as before), ${formatCount(sums.refused)} refused.`,
  );
  return sums.refused === 0;
}

/**
 * Cuts a file into blocks that end with a line, in memory of one block.
 * @param blockBytes size at which a block is cut at its last line; one longer line makes it larger.
 * @throws {UsageError} if a line is longer than 64 MiB.
 */
export async function* readLineBlocks(
  pieces: AsyncIterable<Uint8Array>,
  blockBytes: number,
): AsyncGenerator<LineBlock, void, undefined> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let linesBefore = 0;
  for await (const piece of pieces) {
    held.push(piece);
    heldBytes += piece.byteLength;
    if (heldBytes < blockBytes) continue;
    const joined = Buffer.concat(held);
    const end = joined.lastIndexOf(NEWLINE) + 1;
    if (end === 0 && heldBytes > MAX_BLOCK_BYTES) {
      throw new UsageError(`Line ${linesBefore + 1} is longer than 64 MiB: is this NDJSON, one object a line?`);
    }
    if (end > 0) yield { bytes: joined.subarray(0, end), linesBefore };
    linesBefore += countLines(joined.subarray(0, end));
    held = [joined.subarray(end)];
    heldBytes -= end;
  }
  if (heldBytes > 0) yield { bytes: Buffer.concat(held), linesBefore };
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    throw new UsageError(`${file} cannot be read: check the path.`, { cause: error });
  }
}

/** To standard error, so that refusals can be kept apart from the sums. */
function printRefusals({ refusals, refused }: IngestReport, linesBefore: number): void {
  for (const { line, code, message, path } of refusals) {
    const place = path.length > 0 ? ` at ${path.join('.')}` : '';
    console.error(`line ${linesBefore + line}${place}: ${code}: ${message}`);
  }
  const unnamed = refused - refusals.length;
  if (unnamed > 0) console.error(`… and ${formatCount(unnamed)} more from line ${formatCount(linesBefore + 1)} on`);
}

/**
 * The sandbox's own book: every appended record, whether its sender heard of it or not.
 * The file is NDJSON, one {@link LedgerEntry} a line, and is written before the answer leaves.
 */

import { createHash } from 'node:crypto';
import { appendFileSync, closeSync, createReadStream, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { isWireInput } from './wire-input.js';

/** Which part of the data the file keeps: the base64 text, its SHA-256 (of the decoded bytes, hex), or nothing. */
export type LedgerData = 'full' | 'hash' | 'none';

/** Where and how much the ledger writes. */
export interface LedgerOptions {
  /** File to append to; created if missing. Without it only the sums are kept, in memory. */
  readonly path?: string;
  /** Default `full`. */
  readonly data?: LedgerData;
}

/** One appended record. */
export interface LedgerEntry {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly stream: string;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  /** As {@link LedgerData} says; null for `none`. */
  readonly data: string | null;
}

/** What was appended to one shard since the sandbox started. */
export interface ShardTally {
  readonly shardId: string;
  records: number;
  /** Data and keys, bytes. */
  bytes: number;
}

/** What was appended to one stream since the sandbox started, earlier streams of that name included. */
export interface StreamTally {
  readonly stream: string;
  readonly records: number;
  /** Data and keys, bytes. */
  readonly bytes: number;
  readonly shards: readonly Readonly<ShardTally>[];
}

/** A line holds at most one 10 MiB record in base64. */
const LONGEST_LINE_BYTES = 16 * 1024 * 1024;

/** The open ledger of a running sandbox. */
export class Ledger {
  private readonly tallies = new Map<string, Map<string, ShardTally>>();
  private readonly data: LedgerData;
  private readonly file: number | null;
  private lines = '';

  constructor(options: LedgerOptions) {
    this.data = options.data ?? 'full';
    this.file = options.path === undefined ? null : openLedgerFile(options.path);
  }

  /** Whether lines are written; without a file the hot path leaves them out. */
  get writesLines(): boolean {
    return this.file !== null;
  }

  /** The sums of one shard, for its writer to count up. */
  tally(stream: string, shardId: string): ShardTally {
    const shards = this.tallies.get(stream) ?? new Map<string, ShardTally>();
    this.tallies.set(stream, shards);
    const tally = shards.get(shardId) ?? { shardId, records: 0, bytes: 0 };
    shards.set(shardId, tally);
    return tally;
  }

  /** The sums by stream. */
  summarize(): StreamTally[] {
    return [...this.tallies].map(([stream, shards]) => summarizeStream(stream, [...shards.values()]));
  }

  /** Adds a line that the next {@link flush} writes; `data` is base64. */
  add(entry: LedgerEntry & { readonly data: string }): void {
    const kept = this.keptData(entry.data);
    // Stream, shard and sequence number hold nothing that JSON escapes; only the key is foreign text.
    this.lines += `{"at":${entry.at},"stream":"${entry.stream}","shardId":"${entry.shardId}","sequenceNumber":"${entry.sequenceNumber}","partitionKey":${JSON.stringify(entry.partitionKey)},"data":${kept}}\n`;
  }

  /** Writes the added lines with one call. It blocks, so that a record is in the file before any answer can leave. */
  flush(): void {
    if (this.file !== null && this.lines !== '') {
      appendFileSync(this.file, this.lines);
      this.lines = '';
    }
  }

  close(): void {
    if (this.file !== null) {
      closeSync(this.file);
    }
  }

  private keptData(data: string): string {
    if (this.data === 'full') {
      return `"${data}"`;
    }
    if (this.data === 'none') {
      return 'null';
    }
    return `"${createHash('sha256').update(data, 'base64').digest('hex')}"`;
  }
}

/**
 * Reads a ledger file, in order of appending. A last line that a killed sandbox left unfinished is passed over.
 * @throws {Error} if another line is not a ledger entry, naming the file and line.
 */
export async function* readLedger(path: string): AsyncGenerator<LedgerEntry> {
  let lineNumber = 0;
  for await (const line of readLines(path)) {
    lineNumber += 1;
    const entry = parseEntry(line);
    if (entry === null) {
      throw new Error(`Line ${lineNumber} of the ledger ${path} is not a ledger entry: was the file edited?`);
    }
    yield entry;
  }
}

/** Opens for appending and cuts off a line that a killed sandbox left unfinished: no answer to it ever left. */
function openLedgerFile(path: string): number {
  const file = openSync(path, 'a+');
  const { size } = fstatSync(file);
  const tail = Buffer.alloc(Math.min(size, LONGEST_LINE_BYTES));
  readSync(file, tail, 0, tail.length, size - tail.length);
  ftruncateSync(file, size - tail.length + tail.lastIndexOf('\n') + 1);
  return file;
}

/** Finished lines only. Not node:readline, which also breaks lines at U+2028, legal inside a JSON text. */
async function* readLines(path: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(path, 'utf8')) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

function summarizeStream(stream: string, shards: readonly ShardTally[]): StreamTally {
  return {
    stream,
    records: shards.reduce((sum, shard) => sum + shard.records, 0),
    bytes: shards.reduce((sum, shard) => sum + shard.bytes, 0),
    shards: shards.map((shard) => ({ ...shard })),
  };
}

function parseEntry(line: string): LedgerEntry | null {
  const value = parseLine(line);
  if (!isWireInput(value)) {
    return null;
  }
  const { at, stream, shardId, sequenceNumber, partitionKey, data } = value;
  const isComplete =
    typeof at === 'number' &&
    typeof stream === 'string' &&
    typeof shardId === 'string' &&
    typeof sequenceNumber === 'string' &&
    typeof partitionKey === 'string' &&
    (typeof data === 'string' || data === null);
  return isComplete ? { at, stream, shardId, sequenceNumber, partitionKey, data } : null;
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

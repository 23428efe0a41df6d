/** Bulk ingest: a body of lines of any length, written in chunks; what is wrong with a line stops no other. */

import { setImmediate } from 'node:timers/promises';
import { MAX_LINE_BYTES, type ReadLine, readMembershipLine, readProfileLine } from './ingest-line.js';
import { type IngestLine, splitLines } from './ingest-lines.js';
import { belowInput } from './input-issues.js';
import type { Profiles } from './profile.js';
import type { ChangeOutcome } from './profile-write.js';
import type { InputIssue, UserErrorCode } from './user-error.js';

/** Why a line was not written. */
export interface IngestRefusal {
  /** From 1, empty lines counted. */
  line: number;
  code: UserErrorCode;
  /** What is wrong first, and how many faults there are. */
  message: string;
  /** Where in the line, such as [`memberships`, `0`, `segmentId`]; empty if the whole line is meant. */
  path: string[];
}

/** What became of a body: lines = accepted + refused, accepted = created + updated + unchanged. */
export interface IngestReport {
  /** Lines that held something. */
  lines: number;
  accepted: number;
  /** Lines that made a profile. */
  created: number;
  /** Lines that changed an existing profile, also one that an earlier line made. */
  updated: number;
  unchanged: number;
  refused: number;
  /** The first {@link MAX_REFUSALS}, by line; `refused` counts all. */
  refusals: IngestRefusal[];
}

/** Where the lines go. */
export interface IngestTarget {
  workspaceId: number;
  profiles: Pick<Profiles, 'apply'>;
}

/** Refusals that a report names. */
export const MAX_REFUSALS = 1_000;
/** Lines of a transaction; 4 MiB of them end it sooner. */
const CHUNK_LINES = 1_000;
const CHUNK_BYTES = 4 * 1024 * 1024;

/** The database or the body failed in the middle: the lines before are written, and the body can be sent again from there. */
export class IngestInterruptedError extends Error {
  override readonly name = 'IngestInterruptedError';

  /** @param report what became of the lines that were settled. @param lastLine number of the last of them; 0 if none. */
  constructor(
    readonly report: IngestReport,
    readonly lastLine: number,
    cause: unknown,
  ) {
    super(`The ingest was interrupted after line ${lastLine}: send what follows again.`, { cause });
  }
}

/**
 * Creates or changes a profile for each line. Later lines of a profile see what earlier ones made of it.
 * @throws {IngestInterruptedError} if the database or the body fails, with the chunks before written.
 */
export function ingestProfiles(body: AsyncIterable<Uint8Array>, target: IngestTarget): Promise<IngestReport> {
  return ingest(body, new Ingest(readProfileLine, target, { existingOnly: false }));
}

/** Sets memberships of existing profiles, line by line; as {@link ingestProfiles} in all else. */
export function ingestMemberships(body: AsyncIterable<Uint8Array>, target: IngestTarget): Promise<IngestReport> {
  return ingest(body, new Ingest(readMembershipLine, target, { existingOnly: true }));
}

async function ingest(body: AsyncIterable<Uint8Array>, run: Ingest): Promise<IngestReport> {
  try {
    for await (const lines of splitLines(body, MAX_LINE_BYTES)) {
      for (const line of lines) await run.take(line);
      // Lets the database's answers in: a body that is all there already would hold them up until a chunk is read.
      await setImmediate();
    }
    return await run.finish();
  } catch (error) {
    throw await run.interrupt(error);
  }
}

/** Lines on their way into the database: one chunk is written while the next is read, never more. */
class Ingest {
  readonly #report: IngestReport = {
    lines: 0,
    accepted: 0,
    created: 0,
    updated: 0,
    unchanged: 0,
    refused: 0,
    refusals: [],
  };
  #chunk: { number: number; read: ReadLine }[] = [];
  #chunkBytes = 0;
  #lastLine = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    readonly read: (bytes: Buffer | null) => ReadLine,
    readonly target: IngestTarget,
    readonly options: { existingOnly: boolean },
  ) {}

  async take({ number, bytes }: IngestLine): Promise<void> {
    this.#chunk.push({ number, read: this.read(bytes) });
    this.#chunkBytes += bytes?.length ?? 0;
    if (this.#chunk.length >= CHUNK_LINES || this.#chunkBytes >= CHUNK_BYTES) await this.#flush();
  }

  async finish(): Promise<IngestReport> {
    await this.#flush();
    await this.#writing;
    return this.#report;
  }

  /** Waits for the chunk that is being written, whatever becomes of it, and says how far it came. */
  async interrupt(cause: unknown): Promise<IngestInterruptedError> {
    await this.#writing.catch(() => undefined);
    return new IngestInterruptedError(this.#report, this.#lastLine, cause);
  }

  async #flush(): Promise<void> {
    await this.#writing;
    const chunk = this.#chunk;
    this.#chunk = [];
    this.#chunkBytes = 0;
    this.#writing = this.#write(chunk);
    // Awaited before the next chunk; until then a failure is nobody's unhandled rejection.
    this.#writing.catch(() => undefined);
  }

  async #write(chunk: readonly { number: number; read: ReadLine }[]): Promise<void> {
    const changes = chunk.flatMap(({ read }) => read.change ?? []);
    const { workspaceId, profiles } = this.target;
    const outcomes = changes.length > 0 ? await profiles.apply(workspaceId, changes, this.options) : [];
    const next = outcomes.values();
    for (const { number, read } of chunk) {
      this.#count(number, read.issues ?? toIssues(next.next().value));
      this.#lastLine = number;
    }
  }

  #count(line: number, result: InputIssue[] | Exclude<ChangeOutcome['status'], 'REFUSED'>): void {
    const report = this.#report;
    report.lines += 1;
    if (typeof result === 'string') {
      report.accepted += 1;
      report[COUNTERS[result]] += 1;
      return;
    }
    report.refused += 1;
    const [first] = result;
    if (!first || report.refusals.length >= MAX_REFUSALS) return;
    const more = result.length > 1 ? ` (${result.length} faults in all)` : '';
    report.refusals.push({ line, code: first.code, message: `${first.message}${more}`, path: first.path });
  }
}

const COUNTERS = { CREATED: 'created', UPDATED: 'updated', UNCHANGED: 'unchanged' } as const;

function toIssues(outcome: ChangeOutcome | undefined): InputIssue[] | Exclude<ChangeOutcome['status'], 'REFUSED'> {
  if (!outcome) throw new Error('A line was written without an outcome.');
  return outcome.status === 'REFUSED' ? belowInput(outcome.issues) : outcome.status;
}

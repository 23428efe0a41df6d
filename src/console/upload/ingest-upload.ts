/** Sends a file to bulk ingest, with the progress of sending. */

/** What the lines of a file are. */
export type IngestKind = 'profiles' | 'memberships';

/** A line that was not taken. */
export interface RefusedLine {
  readonly line: number;
  readonly code: string;
  readonly message: string;
  /** Where in the line. */
  readonly path: readonly string[];
}

/** What became of the lines. */
export interface IngestReport {
  readonly lines: number;
  readonly accepted: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly refused: number;
  /** The first 1,000. */
  readonly refusals: readonly RefusedLine[];
}

/** What is sent, and who is told. */
export interface UploadOptions {
  readonly file: Blob;
  readonly kind: IngestKind;
  readonly apiKey: string;
  readonly signal: AbortSignal;
  /** @param share 0–1 of the file; the server reads no faster than it writes. */
  onProgress(share: number): void;
}

/** Why a file could not be sent to its end; its message is for people. */
export class UploadError extends Error {
  override readonly name = 'UploadError';
}

/** Sends a file. @throws {UploadError} if it was refused as a whole, interrupted or canceled. */
export function uploadFile({ file, kind, apiKey, signal, onProgress }: UploadOptions): Promise<IngestReport> {
  return new Promise((resolve, reject) => {
    // `fetch` tells nothing of how far a body was sent.
    const request = new XMLHttpRequest();
    request.open('POST', `/ingest/${kind}`);
    request.setRequestHeader('authorization', `Bearer ${apiKey}`);
    request.setRequestHeader('content-type', 'application/x-ndjson');
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 1 : loaded / total);
    request.onload = () => {
      const answer = parse(request.responseText);
      if (isReport(answer)) resolve(answer);
      else reject(new UploadError(readRefusal(answer)));
    };
    request.onerror = () =>
      reject(new UploadError('The connection broke. Send the file again: lines sent twice do no harm.'));
    request.onabort = () => reject(new UploadError('Canceled. Lines that had arrived are written.'));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const COUNTS = ['lines', 'accepted', 'created', 'updated', 'unchanged', 'refused'];

function isReport(answer: unknown): answer is IngestReport {
  if (typeof answer !== 'object' || answer === null || !('refusals' in answer)) return false;
  const counts = new Map<string, unknown>(Object.entries(answer));
  return Array.isArray(answer.refusals) && COUNTS.every((name) => typeof counts.get(name) === 'number');
}

function readRefusal(answer: unknown): string {
  const unknown = 'The server gave no readable answer. Send the file again: lines sent twice do no harm.';
  if (typeof answer !== 'object' || answer === null || !('errors' in answer) || !Array.isArray(answer.errors))
    return unknown;
  const [first]: unknown[] = answer.errors;
  return typeof first === 'object' && first !== null && 'message' in first ? String(first.message) : unknown;
}

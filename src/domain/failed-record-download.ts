/** Whole lists of failed records, as lines of JSON: what a connection's `downloadPath` leads to. */

import { z } from 'zod';
import type { Db } from '../storage/database.js';
import { type FailedRecordListRequest, failedRecordList } from '../storage/failed-records.js';
import { type PageRequest, pageByParents } from '../storage/paging.js';
import { DELIVERY_CODES, isDeliveryCode } from './delivery-code.js';
import type { FailedRecord } from './failed-record.js';
import { toGlobalId } from './global-id.js';

/** A list of failed records: of which parent, by internal id, under which filter, in which order. */
export interface FailedRecordDownload extends Omit<FailedRecordListRequest, 'workspaceId'> {
  parentId: number;
}

/** Reads whole lists. */
export interface FailedRecordDownloads {
  /**
   * Reads a list of a workspace, page by page as it is taken.
   * @param token what {@link toDownloadPath} wrote into the path.
   * @returns lines with their ends; null if the token is none.
   */
  read(workspaceId: number, token: string): AsyncGenerator<string, void, undefined> | null;
}

/** What the service is made from. */
export interface FailedRecordDownloadParts {
  /** The database as a workspace sees it. */
  inWorkspace(workspaceId: number): Db;
}

/** Where the lists are served. */
export const DOWNLOAD_ROUTE = '/failed-records.ndjson';

const PAGE_RECORDS = 1_000;

/** Makes the service. */
export function createFailedRecordDownloads({ inWorkspace }: FailedRecordDownloadParts): FailedRecordDownloads {
  return {
    read(workspaceId, token) {
      const list = readToken(token);
      return list && writeLines(inWorkspace(workspaceId), workspaceId, list);
    },
  };
}

/** The path of a list on this server. It holds no secret and no right: whoever reads it sees their own workspace. */
export function toDownloadPath({ parentId, scope, filter, orderBy }: FailedRecordDownload): string {
  const token = Buffer.from(JSON.stringify({ parentId, scope, filter, orderBy })).toString('base64url');
  return `${DOWNLOAD_ROUTE}?list=${token}`;
}

const id = z.number().int().nonnegative();
const Token: z.ZodType<FailedRecordDownload> = z.strictObject({
  parentId: id,
  scope: z.enum(['workspace', 'destination', 'activation', 'export']),
  orderBy: z.enum(['FAILED_AT_ASC', 'FAILED_AT_DESC']),
  filter: z.strictObject({
    ids: z.array(id).max(500).nullish(),
    destinationId: id.nullish(),
    activationId: id.nullish(),
    exportId: id.nullish(),
    profileId: z.string().nullish(),
    codes: z.array(z.string().refine(isDeliveryCode)).nullish(),
    states: z.array(z.enum(['OPEN', 'RETRYING', 'RECOVERED', 'DISCARDED'])).nullish(),
    from: z.coerce.date().nullish(),
    to: z.coerce.date().nullish(),
  }),
});

function readToken(token: string): FailedRecordDownload | null {
  try {
    return Token.parse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')));
  } catch {
    return null;
  }
}

async function* writeLines(
  db: Db,
  workspaceId: number,
  { parentId, ...request }: FailedRecordDownload,
): AsyncGenerator<string, void, undefined> {
  const list = failedRecordList({ ...request, workspaceId });
  const parent = request.scope === 'workspace' ? workspaceId : parentId;
  const page: PageRequest = { limit: PAGE_RECORDS, fromEnd: false, after: null, before: null };
  for (;;) {
    const [found] = await pageByParents(db, [parent], { list, page });
    const items = found?.items ?? [];
    if (items.length > 0) yield items.map(({ row }) => `${JSON.stringify(toLine(row))}\n`).join('');
    if (!found?.hasNextPage) return;
    page.after = items.at(-1)?.cursor ?? null;
  }
}

function toLine(record: FailedRecord): Record<string, unknown> {
  const { id: recordId, destinationId, activationId, exportIds, retriedBy, code, ...facts } = record;
  return {
    id: toGlobalId('FailedRecord', recordId),
    profileId: facts.profileId,
    destinationId: toGlobalId('KinesisDestination', destinationId),
    activationId: toGlobalId('Activation', activationId),
    exportIds: exportIds.map((exportId) => toGlobalId('Export', exportId)),
    state: facts.state,
    code,
    retryable: isDeliveryCode(code) && DELIVERY_CODES[code].retryable,
    remedy: isDeliveryCode(code) ? DELIVERY_CODES[code].remedy : null,
    message: facts.message,
    awsCode: facts.awsCode,
    awsRequestId: facts.awsRequestId,
    attempts: facts.attempts,
    sizeBytes: facts.sizeBytes,
    limitBytes: facts.limitBytes,
    retriedBy: retriedBy === null ? null : toGlobalId('Export', retriedBy),
    failedAt: facts.failedAt.toISOString(),
  };
}

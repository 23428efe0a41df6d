/** The sandbox's own routes, for tests that run it in another process: `/sandbox/…`, beside the AWS protocol on `/`. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from './aws-error.js';
import { parseFaultRules } from './fault-rules.js';
import { FaultScript } from './fault-script.js';
import type { StoredRecord } from './record-queue.js';
import { readBody } from './request-body.js';
import type { HandlerSetup } from './request-handler.js';
import type { Stream } from './stream.js';
import { isWireInput } from './wire-input.js';

/** Whether a request is for the sandbox itself. */
export function isControlRequest(request: IncomingMessage): boolean {
  return request.url?.startsWith('/sandbox/') ?? false;
}

/**
 * Answers a control request, always JSON:
 * - `PUT /sandbox/faults` with `[rule, …]` or `{ "rules": […], "seed": n }` replaces the rules; `GET` lists them with counts.
 * - `GET /sandbox/streams` lists streams, shards and sums.
 * - `GET /sandbox/ledger` gives the sums of all streams; with `?stream=s&after=<sequenceNumber>&limit=1000`
 *   also `entries`, the retained records after that number, in ledger form.
 * - `GET /sandbox/stats`.
 */
export async function handleControlRequest(
  request: IncomingMessage,
  response: ServerResponse,
  setup: HandlerSetup,
): Promise<void> {
  const body = await readBody(request);
  try {
    const url = new URL(request.url ?? '/', 'http://sandbox');
    send(response, 200, route(`${request.method} ${url.pathname}`, { body, query: url.searchParams, setup }));
  } catch (error) {
    const status = error instanceof AwsError && error.code === 'ResourceNotFoundException' ? 404 : 400;
    send(response, status, { error: error instanceof Error ? error.message : String(error) });
  }
}

interface ControlCall {
  readonly body: Buffer;
  readonly query: URLSearchParams;
  readonly setup: HandlerSetup;
}

function route(methodAndPath: string, call: ControlCall): unknown {
  switch (methodAndPath) {
    case 'PUT /sandbox/faults':
      return putFaults(call);
    case 'GET /sandbox/faults':
      return { faults: call.setup.faultScript.counts() };
    case 'GET /sandbox/streams':
      return { streams: call.setup.state.streams.list().map(describe) };
    case 'GET /sandbox/ledger':
      return readSums(call);
    case 'GET /sandbox/stats':
      return call.setup.state.stats;
    default:
      throw new Error(`${methodAndPath} is not a route. Known: PUT, GET faults; GET streams, ledger, stats.`);
  }
}

function putFaults({ body, setup }: ControlCall): unknown {
  const value: unknown = JSON.parse(body.toString('utf8'));
  const order = isWireInput(value) ? value : { rules: value };
  const { rules, seed = setup.seed } = order;
  if (typeof seed !== 'number' || !Number.isSafeInteger(seed)) {
    throw new Error('The seed of the faults must be an integer.');
  }
  setup.faultScript = new FaultScript(parseFaultRules(rules), seed);
  return { faults: setup.faultScript.counts() };
}

function describe(stream: Stream): unknown {
  return {
    name: stream.name,
    settings: stream.settings,
    retainedRecords: stream.records.length,
    shards: [...stream.shards.values()].map((shard) => ({ ...shard.tally, isOpen: shard.isOpen })),
  };
}

function readSums({ query, setup }: ControlCall): unknown {
  const sums = setup.state.ledger.summarize();
  const name = query.get('stream');
  if (name === null) {
    return { streams: sums };
  }
  const stream = setup.state.streams.get(name);
  return { streams: sums.filter((sum) => sum.stream === name), entries: readEntries(stream, query, setup) };
}

function readEntries(stream: Stream, query: URLSearchParams, { state }: HandlerSetup): unknown[] {
  const after = query.get('after');
  const sequence = after === null ? 0 : state.sequences.parse(after);
  const limit = Number(query.get('limit') ?? 1000);
  if (sequence === null || !Number.isInteger(limit) || limit < 1) {
    throw new Error('`after` must be a sequence number of this sandbox, `limit` a positive integer.');
  }
  const entries: unknown[] = [];
  for (let index = stream.records.indexOfSequence(sequence + 1); entries.length < limit; index += 1) {
    const record = stream.records.at(index);
    if (record === undefined) {
      break;
    }
    entries.push(toEntry(record, stream.name, state.sequences.format(record.sequence)));
  }
  return entries;
}

function toEntry({ at, shard, partitionKey, data }: StoredRecord, stream: string, sequenceNumber: string): unknown {
  return { at, stream, shardId: shard.id, sequenceNumber, partitionKey, data };
}

function send(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

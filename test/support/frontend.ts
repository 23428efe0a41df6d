/** What a frontend does, through HTTP and WebSocket alone. */

import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { z } from 'zod';
import { until } from './until.js';

/** An export as these tests look at it. */
export type ExportView = z.infer<typeof exportView>;

/** Reads an {@link ExportView} from an answer. */
export const exportView = z.object({
  id: z.string(),
  state: z.string(),
  received: z.number(),
  delivered: z.number(),
  failed: z.number(),
  skipped: z.number(),
  pending: z.number(),
  attempts: z.number(),
  possibleDuplicates: z.number(),
});

/** What {@link exportView} needs to be selected. */
export const EXPORT_FIELDS = 'id state received delivered failed skipped pending attempts possibleDuplicates';
const Answer = z.object({ data: z.record(z.string(), z.unknown()).nullish(), errors: z.array(z.unknown()).optional() });

/** A delivery as these tests look at it. */
export type DeliveryView = z.infer<typeof deliveryView>;

const deliveryView = z.object({
  id: z.string(),
  profileId: z.string().nullable(),
  outcome: z.string(),
  shardId: z.string().nullable(),
  sequenceNumber: z.string().nullable(),
  possibleDuplicate: z.boolean(),
});

const DELIVERY_FIELDS = 'id profileId outcome shardId sequenceNumber possibleDuplicate';
const DeliveryPage = z.object({
  deliveries: z.object({
    nodes: z.array(deliveryView),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
  }),
});

/** What {@link Frontend.setUp} made. */
export interface SetUp {
  destinationId: string;
  activationId: string;
}

/** What {@link Frontend.activate} activates. */
export interface ActivationOptions {
  segmentIds: string[];
  attributes: string[];
  /** Further fields of `activateSegments`. */
  order?: Record<string, unknown>;
}

/** What {@link Frontend.setUp} makes. */
export interface SetUpOptions extends ActivationOptions {
  stream: string;
  /** Further fields of `createKinesisDestination`. */
  settings?: Record<string, unknown>;
}

/** A frontend of one server. */
export class Frontend {
  constructor(
    readonly url: string,
    readonly apiKey: string,
  ) {}

  /** Runs an operation. @returns its data. @throws if there are errors. */
  async run(query: string, variables: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.apiKey}` },
      body: JSON.stringify({ query, variables }),
    });
    const answer = Answer.parse(await response.json());
    if (answer.errors || !answer.data) throw new Error(JSON.stringify(answer.errors));
    return answer.data;
  }

  /** Runs a mutation `name(input)`. @returns the fields of its success. @throws if it answers an error. */
  async mutate(
    name: string,
    input: { type: string; value: unknown },
    selection: string,
  ): Promise<Record<string, unknown>> {
    const success = `${name[0]?.toUpperCase()}${name.slice(1)}Success`;
    const data = await this.run(
      `mutation($input: ${input.type}!) { ${name}(input: $input) { __typename ... on ${success} ${selection} ... on UserError { code message path } } }`,
      { input: input.value },
    );
    const answer = z.record(z.string(), z.unknown()).parse(data[name]);
    if (answer['__typename'] !== success) throw new Error(JSON.stringify(answer));
    return answer;
  }

  /** Sends lines to bulk ingest. @returns its report. */
  async ingest(kind: 'profiles' | 'memberships', lines: Iterable<unknown>): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.url}/ingest/${kind}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${this.apiKey}` },
      body: Array.from(lines, (line) => JSON.stringify(line)).join('\n'),
    });
    return z.record(z.string(), z.unknown()).parse(await response.json());
  }

  /** Connects a stream with a new credential and activates segments to it. */
  async setUp(options: SetUpOptions): Promise<SetUp> {
    const named = z.object({ id: z.string() });
    const value = {
      name: `key of ${options.stream}`,
      kind: 'ACCESS_KEY',
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00',
    };
    const made = await this.mutate(
      'createCredential',
      { type: 'CreateCredentialInput', value },
      '{ credential { id } }',
    );
    const credentialId = named.parse(made['credential']).id;
    const settings = {
      name: options.stream,
      credentialId,
      region: 'us-east-1',
      stream: options.stream,
      ...options.settings,
    };
    const connected = await this.mutate(
      'createKinesisDestination',
      { type: 'CreateKinesisDestinationInput', value: settings },
      '{ destination { id } }',
    );
    const destinationId = named.parse(connected['destination']).id;
    const activationId = await this.activate(destinationId, options);
    return { destinationId, activationId };
  }

  /** Activates segments without a backfill, unless ordered: the tests count what they export themselves. @returns its id. */
  async activate(destinationId: string, options: ActivationOptions): Promise<string> {
    const { segmentIds, attributes, order } = options;
    const value = { destinationId, segmentIds, attributes, backfill: { mode: 'NONE' }, ...order };
    const input = { type: 'ActivateSegmentsInput', value };
    const answer = await this.mutate('activateSegments', input, '{ activation { id } }');
    return z.object({ id: z.string() }).parse(answer['activation']).id;
  }

  /** Adds segments. */
  async createSegments(segmentIds: readonly string[]): Promise<void> {
    for (const segmentId of segmentIds) {
      const input = { type: 'CreateSegmentInput', value: { segmentId, name: segmentId } };
      await this.mutate('createSegment', input, '{ segment { id } }');
    }
  }

  /** Starts an export of an activation; once for each idempotency key, if one is given. */
  async triggerExport(activationId: string, idempotencyKey?: string): Promise<ExportView> {
    const input = { type: 'TriggerExportInput', value: { activationId, idempotencyKey } };
    const answer = await this.mutate('triggerExport', input, `{ export { ${EXPORT_FIELDS} } }`);
    return exportView.parse(answer['export']);
  }

  /** Reads an export. */
  async readExport(id: string): Promise<ExportView> {
    return exportView.parse(
      (await this.run(`query($id: ID!) { export(id: $id) { ${EXPORT_FIELDS} } }`, { id }))['export'],
    );
  }

  /** Reads all deliveries of an export, page after page, oldest first. */
  async *listDeliveries(exportId: string): AsyncGenerator<DeliveryView> {
    const query = `query($exportId: ID!, $after: String) {
      deliveries(first: 100, after: $after, filter: { exportId: $exportId }, orderBy: COMMITTED_AT_ASC) {
        nodes { ${DELIVERY_FIELDS} } pageInfo { hasNextPage endCursor }
      }
    }`;
    for (let after: string | null = null, hasMore = true; hasMore; ) {
      const { deliveries } = DeliveryPage.parse(await this.run(query, { exportId, after }));
      yield* deliveries.nodes;
      hasMore = deliveries.pageInfo.hasNextPage;
      after = deliveries.pageInfo.endCursor;
    }
  }

  /** Reads the place in a destination's events that comes after everything so far. */
  async readEventCursor(destinationId: string): Promise<string> {
    const data = await this.run('query($id: ID!) { destination(id: $id) { eventCursor } }', { id: destinationId });
    return z.object({ eventCursor: z.string() }).parse(data['destination']).eventCursor;
  }

  /** Reads a metric without labels. */
  async readMetric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const [, value] = new RegExp(`^${name} (\\S+)$`, 'm').exec(text) ?? [];
    if (value === undefined) throw new Error(`There is no metric ${name}.`);
    return Number(value);
  }

  /** Waits until an export has finished, checking its balance at each look. */
  async untilFinished(id: string, timeoutMs = 60_000): Promise<ExportView> {
    return await until(
      async () => {
        const view = await this.readExport(id);
        if (view.received !== view.delivered + view.failed + view.skipped + view.pending)
          throw new Error(`unbalanced: ${JSON.stringify(view)}`);
        if (['PREPARING', 'RUNNING', 'CANCELING'].includes(view.state)) throw new Error(JSON.stringify(view));
        return view;
      },
      { timeoutMs, intervalMs: 50 },
    );
  }

  /** Subscribes. Ends when `signal` is aborted, or with the server's last message. */
  async *subscribe(
    query: string,
    variables: Record<string, unknown>,
    signal: AbortSignal,
  ): AsyncGenerator<Record<string, unknown>> {
    const client = createClient({
      url: `${this.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${this.apiKey}` },
      retryAttempts: 0,
    });
    const stream = client.iterate<Record<string, unknown>>({ query, variables });
    const close = () => void client.terminate();
    signal.addEventListener('abort', close, { once: true });
    try {
      for await (const message of stream) {
        if (message.errors) throw new Error(JSON.stringify(message.errors));
        if (message.data) yield message.data;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', close);
      await client.dispose();
    }
  }
}

/** Profiles of a few attributes, each in one of the segments. */
export function* generateProfiles(count: number, segmentIds: readonly string[]): Generator<Record<string, unknown>> {
  for (let number = 0; number < count; number += 1)
    yield {
      profileId: `profile-${number}`,
      attributes: { person: { name: { firstName: `First ${number}`, lastName: 'Last' } }, tier: number % 3 },
      identityMap: { ecid: [{ id: String(number).padStart(12, '0') }] },
      memberships: [{ segmentId: segmentIds[number % segmentIds.length], status: 'REALIZED' }],
    };
}

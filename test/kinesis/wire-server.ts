/** A bare HTTP server on loopback that answers as it is told, down to half a body. */
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** One request as it came over the wire. */
export interface WireRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers one request; may just as well not. */
export type Reply = (response: ServerResponse, request: WireRequest) => void;

/** A running server; closing it cuts all connections. */
export interface WireServer extends AsyncDisposable {
  readonly endpoint: string;
  readonly requests: WireRequest[];
  /** Connections opened so far. */
  connectionCount(): number;
}

/** Starts a server that gives the replies one after the other, the last one for ever. */
export async function startWireServer(...replies: readonly Reply[]): Promise<WireServer> {
  const requests: WireRequest[] = [];
  let connectionCount = 0;
  const server = createServer(async (incoming, response) => {
    const request = { headers: incoming.headers, body: await text(incoming) };
    const reply = replies[Math.min(requests.length, replies.length - 1)];
    requests.push(request);
    reply?.(response, request);
  });
  server.on('connection', () => {
    connectionCount += 1;
  });
  const port = await listen(server);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    connectionCount: () => connectionCount,
    [Symbol.asyncDispose]: () => close(server),
  };
}

/** Sends a whole body. */
export function send(httpStatus: number, body: string, headers: Record<string, string> = {}): Reply {
  return (response) => {
    response.writeHead(httpStatus, { 'x-amzn-requestid': 'req-1', ...headers });
    response.end(body);
  };
}

/** Sends an error as Kinesis does. */
export function sendError(code: string, message = 'no', httpStatus = 400): Reply {
  return send(httpStatus, JSON.stringify({ __type: code, message }), { 'content-type': 'application/x-amz-json-1.1' });
}

/** Stores every record of the request, or as many as told. */
export function sendStored(count?: number): Reply {
  return (response, request) => {
    const body: unknown = JSON.parse(request.body);
    const records = typeof body === 'object' && body !== null && 'Records' in body ? body.Records : [];
    const length = count ?? (Array.isArray(records) ? records.length : 0);
    const results = Array.from({ length }, (_, index) => ({
      ShardId: 'shardId-000000000000',
      SequenceNumber: `${index}`,
    }));
    send(200, JSON.stringify({ FailedRecordCount: 0, Records: results }))(response, request);
  };
}

/** Starts a body and cuts the connection. */
export const sendHalf: Reply = (response) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('{"FailedRecordCount":0,"Records":[{"Shard', () => response.socket?.destroy());
};

/** Sends the head and the start of a body, and nothing more. */
export const stall: Reply = (response) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('{"Fail');
};

/** Takes the request and resets the connection. */
export const reset: Reply = (response) => {
  response.socket?.resetAndDestroy();
};

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('The test server has no port.'));
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

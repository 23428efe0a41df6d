/** Answers as their bytes, over HTTP and WebSocket; their request id is one for all. */
import { WebSocket } from 'ws';
import { until } from './until.js';

/** An operation with its variables. */
export interface AskedOperation {
  query: string;
  variables: Record<string, unknown>;
}

/** Of the headers, what tells of the answer's own time and length is left out: an id in it may be longer than another. */
const OF_THE_MOMENT = ['date', 'content-length'];

/** Sends a query or mutation. @returns status, headers and body. */
export async function askOverHttp(url: string, apiKey: string, operation: AskedOperation): Promise<string> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}`, 'x-request-id': 'same' },
    body: JSON.stringify(operation),
  });
  const headers = [...answer.headers].filter(([name]) => !OF_THE_MOMENT.includes(name));
  return `${answer.status} ${JSON.stringify(headers)} ${await answer.text()}`;
}

/** An open socket. */
export interface AskingSocket {
  /** Subscribes, and leaves. @returns the messages until the end of the stream, or those that came at once. */
  ask(operation: AskedOperation): Promise<string>;
  close(): Promise<void>;
}

/** Opens a socket, for one subscription at a time. */
export async function openAskingSocket(wsUrl: string, apiKey: string): Promise<AskingSocket> {
  const socket = new WebSocket(wsUrl, 'graphql-transport-ws');
  const heard: string[] = [];
  const hears = (type: string) => heard.some((text) => text.includes(`"type":"${type}"`));
  socket.on('message', (message) => heard.push(String(message)));
  await new Promise((resolve) => socket.once('open', resolve));
  const tell = (message: object) => socket.send(JSON.stringify(message));
  tell({ type: 'connection_init', payload: { authorization: `Bearer ${apiKey}` } });
  await until(() => hears('connection_ack'));
  return {
    async ask(payload) {
      heard.length = 0;
      tell({ id: '1', type: 'subscribe', payload });
      await until(() => hears('next') || hears('error'));
      tell({ type: 'ping' });
      await until(() => hears('pong'));
      const answer = heard.filter((text) => !text.includes('"type":"pong"')).join('\n');
      tell({ id: '1', type: 'complete' });
      return answer;
    },
    async close() {
      socket.close();
      await until(() => socket.readyState === WebSocket.CLOSED);
    },
  };
}

/** Load on a GraphQL server: the same operation again and again over keep-alive connections, and what it cost. */

import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { readCpuSeconds } from './process-cpu.js';

/** A server under load. */
export interface LoadTarget {
  /** Of its GraphQL endpoint. */
  url: string;
  /** Of its process: whose CPU is counted. */
  pid: number;
  headers: Record<string, string>;
}

/** What a load took. */
export interface LoadResult {
  requests: number;
  wallSeconds: number;
  /** CPU of the server's process, user and system. */
  cpuSeconds: number;
  /** Of each request. */
  latenciesMs: number[];
  /** The last answer. */
  body: string;
}

/** Sends an operation over so many connections for so long. @throws on an answer that has errors. */
export async function load(
  target: LoadTarget,
  operation: { query: string; variables?: Record<string, unknown> },
  { connections, seconds }: { connections: number; seconds: number },
): Promise<LoadResult> {
  using agent = new KeptAgent(connections);
  const body = JSON.stringify(operation);
  const latenciesMs: number[] = [];
  let last = '';
  const cpu = await readCpuSeconds(target.pid);
  const startedAt = performance.now();
  const client = async () => {
    while (performance.now() - startedAt < seconds * 1_000) {
      const sentAt = performance.now();
      last = await post(target, agent.agent, body);
      latenciesMs.push(performance.now() - sentAt);
      if (!last.startsWith('{"data":')) throw new Error(`The server answered ${last.slice(0, 300)}.`);
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  return {
    requests: latenciesMs.length,
    wallSeconds: (performance.now() - startedAt) / 1_000,
    cpuSeconds: (await readCpuSeconds(target.pid)) - cpu,
    latenciesMs,
    body: last,
  };
}

/** Sends an operation once. @returns its answer as text. */
export async function ask(target: LoadTarget, operation: object): Promise<string> {
  using agent = new KeptAgent(1);
  return await post(target, agent.agent, JSON.stringify(operation));
}

class KeptAgent implements Disposable {
  readonly agent: Agent;

  constructor(connections: number) {
    this.agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  [Symbol.dispose](): void {
    this.agent.destroy();
  }
}

function post(target: LoadTarget, agent: Agent, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...target.headers,
    };
    const sent = request(target.url, { method: 'POST', agent, headers }, (response) => {
      text(response).then(resolve, reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

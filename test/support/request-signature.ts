/** Signatures of requests to AWS, made anew from what a request tells: whose secret signed it. */

import { createHash, createHmac } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

/** Keeps what comes to servers of this process that looks like AWS; disposing stops. */
export class SignedRequests implements Disposable {
  readonly seen: IncomingMessage[] = [];

  constructor() {
    subscribe(REQUESTS, this.#take);
  }

  [Symbol.dispose](): void {
    unsubscribe(REQUESTS, this.#take);
  }

  /** How many requests of an operation such as `PutRecords` the key pair has signed. */
  countSignedBy(operation: string, keys: { accessKeyId: string; secretAccessKey: string }): number {
    const ofOperation = this.seen.filter(({ headers }) => String(headers['x-amz-target']).endsWith(`.${operation}`));
    return ofOperation.filter((request) => isSignedBy(request, keys)).length;
  }

  readonly #take = (message: unknown) => {
    const { request }: { request: IncomingMessage } = Object(message);
    if (request.headers.authorization?.startsWith(ALGORITHM)) this.seen.push(request);
  };
}

const REQUESTS = 'http.server.request.start';
const ALGORITHM = 'AWS4-HMAC-SHA256';

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html (read 2026-11) */
function isSignedBy(request: IncomingMessage, keys: { accessKeyId: string; secretAccessKey: string }): boolean {
  const { headers, method, url } = request;
  const [, credential = '', names = '', signature] =
    /Credential=(\S+), SignedHeaders=(\S+), Signature=(\w+)/.exec(headers.authorization ?? '') ?? [];
  const [accessKeyId, date = '', region = '', service = ''] = credential.split('/');
  const signed = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, url, '', signed.join(''), names, headers['x-amz-content-sha256']].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = [ALGORITHM, headers['x-amz-date'], scope, createHash('sha256').update(canonical).digest('hex')];
  const key = [date, region, service, 'aws4_request'].reduce(sign, Buffer.from(`AWS4${keys.secretAccessKey}`));
  return accessKeyId === keys.accessKeyId && sign(key, text.join('\n')).toString('hex') === signature;
}

function sign(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

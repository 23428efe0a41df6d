import { ListStreamsCommand } from '@aws-sdk/client-kinesis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { createClient } from './sandbox-client.js';

const AUTHORIZATION = 'AWS4-HMAC-SHA256 Credential=AKIARAW/20260101/eu-west-1/kinesis/aws4_request, Signature=00';
let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await startSandbox();
});

afterEach(async () => {
  await sandbox[Symbol.asyncDispose]();
});

/** A request without the SDK, which could not make these mistakes. */
const post = async (headers: Record<string, string>, body = '{}') => {
  const response = await fetch(sandbox.endpoint, { method: 'POST', headers, body });
  return { response, answer: await response.json() };
};

test('a request without a signature is refused, with the headers that every answer has', async () => {
  const { response, answer } = await post({ 'x-amz-target': 'Kinesis_20131202.ListStreams' });

  expect(response.status).toBe(400);
  expect(answer).toEqual({ __type: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' });
  expect(response.headers.get('content-type')).toBe('application/x-amz-json-1.1');
  expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
});

test('a signature without a credential for Kinesis is refused', async () => {
  const headers = { 'x-amz-target': 'Kinesis_20131202.ListStreams', authorization: 'Bearer x' };

  expect((await post(headers)).answer).toMatchObject({ __type: 'IncompleteSignatureException' });
});

test('an unknown operation and a foreign target are refused', async () => {
  for (const target of ['Kinesis_20131202.Nonsense', 'DynamoDB_20120810.PutItem', 'Kinesis_20131202.__proto__']) {
    const { answer } = await post({ 'x-amz-target': target, authorization: AUTHORIZATION });
    expect(answer).toMatchObject({ __type: 'UnknownOperationException' });
  }
});

test('a body that is no JSON object, or has a field of another type, is refused', async () => {
  const headers = { 'x-amz-target': 'Kinesis_20131202.PutRecords', authorization: AUTHORIZATION };

  for (const body of ['{"Records":', '[]', '{"StreamName":7}']) {
    expect((await post(headers, body)).answer).toMatchObject({ __type: 'SerializationException' });
  }
});

test('a body beyond any legal request is refused with status 413', async () => {
  const headers = { 'x-amz-target': 'Kinesis_20131202.PutRecords', authorization: AUTHORIZATION };

  const { response } = await post(headers, 'x'.repeat(17 * 1024 * 1024));

  expect(response.status).toBe(413);
});

test('any access key is accepted by default, and each is counted', async () => {
  const client = createClient(sandbox.endpoint, { accessKeyId: 'AKIAANY' });

  await client.send(new ListStreamsCommand({}));
  client.destroy();

  expect(sandbox.stats.accessKeys['AKIAANY']).toBe(1);
  expect(sandbox.stats.requests['ListStreams']).toBe(1);
});

test('a set of accepted keys refuses the others, and can be replaced while running', async () => {
  sandbox.setAccessKeyIds(['AKIAOLD']);
  const old = createClient(sandbox.endpoint, { accessKeyId: 'AKIAOLD' });
  const rotated = createClient(sandbox.endpoint, { accessKeyId: 'AKIANEW' });

  await expect(old.send(new ListStreamsCommand({}))).resolves.toBeDefined();
  await expect(rotated.send(new ListStreamsCommand({}))).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
  sandbox.setAccessKeyIds(['AKIANEW']);
  await expect(old.send(new ListStreamsCommand({}))).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
  await expect(rotated.send(new ListStreamsCommand({}))).resolves.toBeDefined();

  old.destroy();
  rotated.destroy();
});

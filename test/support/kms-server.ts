/** An AWS KMS on loopback that knows one key and one call, Decrypt, as it goes over the wire. */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type Reply, send, startWireServer, type WireServer } from '../kinesis/wire-server.js';

/** What {@link KmsServer.encrypt} binds a ciphertext to. */
type Context = Readonly<Record<string, string>>;

/** A running KMS. */
export interface KmsServer extends AsyncDisposable {
  readonly server: WireServer;
  readonly keyArn: string;
  /** What `aws kms encrypt` would print. */
  encrypt(key: Buffer, context: Context): string;
}

const KEY_ARN = 'arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000001';

/** Starts it; with `refusal` it refuses everything with that code. */
export async function startKmsServer(refusal?: string): Promise<KmsServer> {
  const master = randomBytes(32);
  const answer: Reply = (response, request) => {
    const reply = refusal === undefined ? decrypt(master, request.body) : refuse(refusal);
    reply(response, request);
  };
  const server = await startWireServer(answer);
  return {
    server,
    keyArn: KEY_ARN,
    encrypt(key, context) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', master, iv).setAAD(bindingOf(KEY_ARN, context));
      const body = Buffer.concat([cipher.update(key), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64');
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function decrypt(master: Buffer, body: string): Reply {
  const { CiphertextBlob, EncryptionContext, KeyId } = JSON.parse(body);
  const blob = Buffer.from(CiphertextBlob, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', master, blob.subarray(0, 12));
    decipher.setAAD(bindingOf(KeyId, EncryptionContext)).setAuthTag(blob.subarray(12, 28));
    const key = Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()]);
    return send(200, JSON.stringify({ KeyId, Plaintext: key.toString('base64') }), HEADERS);
  } catch {
    return refuse('InvalidCiphertextException');
  }
}

const HEADERS = { 'content-type': 'application/x-amz-json-1.1' };

function refuse(code: string): Reply {
  return send(400, JSON.stringify({ __type: code, message: 'no' }), HEADERS);
}

function bindingOf(keyArn: string, context: Context): Buffer {
  return Buffer.from(JSON.stringify([keyArn, context]));
}

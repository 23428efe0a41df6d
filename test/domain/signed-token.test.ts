/** Signed tokens: only the issuer's, for this audience, in time, with a workspace and a role. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toGlobalId } from '../../src/domain/global-id.js';
import {
  createTokenVerifier,
  IssuerKeysError,
  type TokenTrust,
  type VerifyToken,
} from '../../src/domain/signed-token.js';
import { createTestEdge } from '../support/graphql-client.js';
import { useTestDatabase } from '../support/test-database.js';

const database = useTestDatabase();
const TRUST = {
  issuer: 'https://id.example',
  audience: 'tributary',
  workspaceClaim: 'workspace',
  roleClaim: 'role',
};
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let pem: string;
let workspace: string;
let workspaceId: number;
let verify: VerifyToken;
const closers: (() => void)[] = [];

beforeAll(async () => {
  keys = await generateKeyPair('ES256');
  pem = await exportSPKI(keys.publicKey);
  workspaceId = (await createTestEdge(database.db)).workspaceId;
  workspace = toGlobalId('Workspace', workspaceId);
  verify = createTokenVerifier(database.db, { ...TRUST, keys: { publicKeyPem: pem } });
});

afterAll(() => {
  for (const close of closers) close();
});

test('a valid token is its subject, with role, workspace and expiry', async () => {
  const expiresAt = Math.floor(Date.now() / 1_000) + 60;

  expect(await verify(await sign({}, { expiresAt }))).toEqual({
    actor: { kind: 'TOKEN', name: 'ada' },
    role: 'OPERATOR',
    workspaceId,
    expiresAt: new Date(expiresAt * 1_000),
  });
});

test.each<[string, Record<string, unknown>, { expiresAt?: number | null }?]>([
  ['of another issuer', { iss: 'https://evil.example' }],
  ['for another audience', { aud: 'other' }],
  ['without a subject', { sub: undefined }],
  ['that has expired', {}, { expiresAt: 1_000 }],
  ['that never expires', {}, { expiresAt: null }],
  ['not valid yet', { nbf: 4_000_000_000 }],
  ['without a role', { role: undefined }],
  ['with a role that is none', { role: 'admin' }],
  ['without a workspace', { workspace: undefined }],
  ['of a workspace that is not here', { workspace: toGlobalId('Workspace', 4_000_000) }],
  ['with an id of another kind', { workspace: toGlobalId('Segment', 1) }],
])('a token %s opens nothing', async (_what, claims, options) => {
  expect(await verify(await sign(claims, options))).toBe(null);
});

test('a token that somebody else signed, or nobody, or with a key made of the public one, opens nothing', async () => {
  const other = await generateKeyPair('ES256');
  const byOther = await sign({}, {}, other.privateKey);
  const [head, body] = (await sign({})).split('.');
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`;
  const confused = await new SignJWT(claimsOf({}))
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1m')
    .sign(new TextEncoder().encode(pem));

  for (const token of [byOther, unsigned, confused, `${head}.${body}.AAAA`, 'a.b.c'])
    expect(await verify(token)).toBe(null);
});

test("the issuer's published keys are used, and new ones found; without them nobody is told that the token is bad", async () => {
  const jwks = await serveJwks([{ ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256' }]);
  const byJwks = createTokenVerifier(database.db, { ...TRUST, keys: { jwksUrl: jwks.url } } satisfies TokenTrust);

  expect(await byJwks(await sign({}, { kid: 'one' }))).toMatchObject({ role: 'OPERATOR' });
  expect(await byJwks(await sign({}, { kid: 'two' }))).toBe(null);
  const gone = createTokenVerifier(database.db, { ...TRUST, keys: { jwksUrl: 'http://127.0.0.1:1/jwks' } });
  await expect(gone(await sign({}, { kid: 'one' }))).rejects.toThrow(IssuerKeysError);
});

function claimsOf(claims: Record<string, unknown>): JWTPayload {
  return { iss: TRUST.issuer, aud: TRUST.audience, sub: 'ada', role: 'OPERATOR', workspace, ...claims };
}

async function sign(
  claims: Record<string, unknown>,
  options: { expiresAt?: number | null; kid?: string } = {},
  key = keys.privateKey,
): Promise<string> {
  const token = new SignJWT(claimsOf(claims)).setProtectedHeader({
    alg: 'ES256',
    ...(options.kid !== undefined && { kid: options.kid }),
  });
  if (options.expiresAt !== null) token.setExpirationTime(options.expiresAt ?? '1m');
  return await token.sign(key);
}

async function serveJwks(jwks: unknown[]): Promise<{ url: string }> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: jwks }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/jwks` };
}

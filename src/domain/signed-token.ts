/**
 * Signed tokens (JWT): callers who prove themselves by an identity provider of the operator's. Algorithms are pinned to
 * asymmetric ones, so that no public key can be taken for a secret; issuer, audience, subject and expiry are asked for.
 */

import { createPublicKey } from 'node:crypto';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Db } from '../storage/database.js';
import { listWorkspacesByIds } from '../storage/workspaces.js';
import { internalId } from './global-id.js';
import { ROLES, type Viewer } from './viewer.js';

/** Whom to trust, and where tokens say what. */
export interface TokenTrust {
  issuer: string;
  audience: string;
  /** Public keys: those of a JWKS address, or one in PEM. */
  keys: { jwksUrl: string } | { publicKeyPem: string };
  /** Claim with the global id of the workspace. */
  workspaceClaim: string;
  /** Claim with VIEWER, OPERATOR or ADMIN. */
  roleClaim: string;
}

/** The issuer's keys cannot be fetched or read: nothing is known about the token. */
export class IssuerKeysError extends Error {
  override readonly name = 'IssuerKeysError';
}

/** Finds the caller of a token; null if it is not valid, or of no workspace here. */
export type VerifyToken = (token: string) => Promise<Viewer | null>;

/** What tokens may be signed with. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** How far ahead the issuer's clock may be, in seconds; expiry itself is exact, see `rememberViewers`. */
const CLOCK_TOLERANCE_SECONDS = 5;

/** Whether a bearer's text has the form of a signed token. */
export function isTokenText(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}

/**
 * Makes the verifier.
 * @throws if the PEM is no public key. The verifier itself rejects with {@link IssuerKeysError}.
 */
export function createTokenVerifier(db: Db, trust: TokenTrust): VerifyToken {
  const getKey = keySource(trust.keys);
  return async (token) => {
    const claims = await readClaims(token, getKey, trust);
    return claims && (await toViewer(db, claims, trust));
  };
}

function keySource(keys: TokenTrust['keys']): JWTVerifyGetKey {
  if ('publicKeyPem' in keys) {
    const key = createPublicKey(keys.publicKeyPem);
    return async () => key;
  }
  const fetched = createRemoteJWKSet(new URL(keys.jwksUrl));
  return async (header, token) => {
    try {
      return await fetched(header, token);
    } catch (error) {
      if (OF_TOKEN.some((kind) => error instanceof kind)) throw error;
      throw new IssuerKeysError('The keys of the issuer of tokens cannot be read.', { cause: error });
    }
  };
}

/** What a token itself is to blame for when its key is looked up. */
const OF_TOKEN = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

async function readClaims(token: string, getKey: JWTVerifyGetKey, trust: TokenTrust): Promise<JWTPayload | null> {
  const { issuer, audience } = trust;
  const terms = { issuer, audience, algorithms: ALGORITHMS, clockTolerance: CLOCK_TOLERANCE_SECONDS };
  try {
    return (await jwtVerify(token, getKey, { ...terms, requiredClaims: ['sub', 'exp'] })).payload;
  } catch (error) {
    if (error instanceof IssuerKeysError) throw error;
    return null;
  }
}

async function toViewer(db: Db, claims: JWTPayload, trust: TokenTrust): Promise<Viewer | null> {
  const role = ROLES.find((known) => known === claims[trust.roleClaim]);
  const workspaceId = internalId(String(claims[trust.workspaceClaim] ?? ''), 'Workspace');
  if (!role || workspaceId === null) return null;
  const [workspace] = await listWorkspacesByIds(db, workspaceId, [workspaceId]);
  if (!workspace) return null;
  const expiresAt = new Date((claims.exp ?? 0) * 1_000);
  return { actor: { kind: 'TOKEN', name: claims.sub ?? '' }, role, workspaceId, expiresAt };
}

/** Roles and the sessions that were given out for them: temporary keys with a token and an end. */

import { randomBytes } from 'node:crypto';
import { AwsError } from './aws-error.js';

/** A role that may be assumed. */
export interface SandboxRole {
  readonly arn: string;
  /** What its trust policy requires as `sts:ExternalId`; null requires none. */
  readonly externalId: string | null;
}

/** What a caller of AssumeRole gets. */
export interface RoleSession {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly roleArn: string;
  readonly name: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** What is asked of AssumeRole. */
export interface SessionRequest {
  readonly roleArn: string;
  readonly name: string;
  readonly externalId: string | undefined;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** The roles of one sandbox, and the sessions of its life. */
export class RoleSessions {
  readonly #roles: Map<string, SandboxRole> | null;
  /** Where no roles are given, a role requires the external id that it was first assumed with. */
  readonly #firstIds = new Map<string, string>();
  readonly #sessions = new Map<string, RoleSession>();
  /** Sessions that began before this many were given out are over, whatever their time. */
  #endedUntil = 0;

  /** @param roles null: any ARN is a role. */
  constructor(roles: readonly SandboxRole[] | null) {
    this.#roles = roles && new Map(roles.map((role) => [role.arn, role]));
  }

  /** Gives out a session. @returns null if the role is not there, or requires another external id. */
  assume(request: SessionRequest): RoleSession | null {
    if (!this.#trusts(request)) return null;
    const session: RoleSession = {
      accessKeyId: `ASIA${String(this.#sessions.size + 1).padStart(16, '0')}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: randomBytes(96).toString('base64'),
      roleArn: request.roleArn,
      name: request.name,
      expiresAt: request.expiresAt,
    };
    this.#sessions.set(session.accessKeyId, session);
    return session;
  }

  /** The session that a key belongs to; null if it was not given out here. */
  find(accessKeyId: string): RoleSession | null {
    return this.#sessions.get(accessKeyId) ?? null;
  }

  /** @throws {AwsError} `UnrecognizedClientException` for another token than its own, `ExpiredTokenException` after its end. */
  check(session: RoleSession, token: string | undefined, now: number): void {
    if (token !== session.sessionToken)
      throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.');
    if (now >= session.expiresAt || Number(session.accessKeyId.slice(4)) <= this.#endedUntil)
      throw new AwsError('ExpiredTokenException', 'The security token included in the request is expired.');
  }

  /** Ends all sessions given out so far. */
  endAll(): void {
    this.#endedUntil = this.#sessions.size;
  }

  #trusts({ roleArn, externalId }: SessionRequest): boolean {
    if (this.#roles) {
      const role = this.#roles.get(roleArn);
      return role !== undefined && (role.externalId === null || role.externalId === externalId);
    }
    if (externalId === undefined) return false;
    const first = this.#firstIds.get(roleArn) ?? externalId;
    this.#firstIds.set(roleArn, first);
    return first === externalId;
  }
}

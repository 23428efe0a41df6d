/** The caller of an operation. */

/** What a caller may do; each includes the ones before. */
export const ROLES = ['VIEWER', 'OPERATOR', 'ADMIN'] as const;

/** One of {@link ROLES}. */
export type Role = (typeof ROLES)[number];

/** Who did something, as it is kept on the books. */
export interface Actor {
  kind: 'API_KEY' | 'TOKEN' | 'SYSTEM';
  /** Name of the API key, subject of the token, or part of the system. */
  name: string;
}

/** The caller: identity, role, and the workspace that every query and change is bound to. */
export interface Viewer {
  actor: Actor;
  /** Internal id of the API key; absent for other callers. */
  apiKeyId?: number;
  role: Role;
  workspaceId: number;
  /** When the key or token expires; null if never. */
  expiresAt: Date | null;
}

/** Who changes something, and where. */
export type Caller = Pick<Viewer, 'workspaceId' | 'actor'>;

/** Whether a role includes another. */
export function includesRole(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

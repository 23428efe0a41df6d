/** What lets this server, and nobody else's workspace, into a customer's role. */

/** Finds what a customer has to trust. */
export interface RoleTrust {
  /** The statement of a role's trust policy that lets this server in for who has the external id. */
  statementFor(externalId: string): Promise<Record<string, unknown>>;
}

/** Stands for the account where this server could not find its own. */
const UNKNOWN_ACCOUNT = '<account of this server>';

/** Makes the service. @param dependencies `findAccount` gives the 12 digits of this server's AWS account, null if unknown. */
export function createRoleTrust({ findAccount }: { findAccount: () => Promise<string | null> }): RoleTrust {
  return {
    async statementFor(externalId) {
      return {
        Effect: 'Allow',
        Principal: { AWS: (await findAccount()) ?? UNKNOWN_ACCOUNT },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': externalId } },
      };
    },
  };
}

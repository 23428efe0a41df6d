/** What a credential authenticates with, as columns of `credential` and its `workspace`. */

import { sql } from 'kysely';
import { z } from 'zod';

/** An identity with its secret still sealed. */
export type StoredIdentity =
  | { kind: 'ACCESS_KEY'; accessKeyId: string; sealed: Buffer }
  | { kind: 'ASSUME_ROLE'; roleArn: string; externalId: string }
  | { kind: 'PROCESS_IDENTITY' };

/** What {@link IdentityRow} reads, of the tables `credential` and `workspace`. */
export const IDENTITY_COLUMNS = sql`credential.kind as credential_kind, credential.access_key_id,
  encode(credential.secret_sealed, 'hex') as sealed_hex, credential.role_arn, workspace.external_id`;

/** Reads an identity from a row. */
export const IdentityRow = z.discriminatedUnion('credential_kind', [
  z
    .object({
      credential_kind: z.literal('ACCESS_KEY'),
      access_key_id: z.string(),
      sealed_hex: z.string(),
    })
    .transform(
      (row): StoredIdentity => ({
        kind: 'ACCESS_KEY',
        accessKeyId: row.access_key_id,
        sealed: Buffer.from(row.sealed_hex, 'hex'),
      }),
    ),
  z
    .object({ credential_kind: z.literal('ASSUME_ROLE'), role_arn: z.string(), external_id: z.string() })
    .transform((row): StoredIdentity => ({ kind: 'ASSUME_ROLE', roleArn: row.role_arn, externalId: row.external_id })),
  z
    .object({ credential_kind: z.literal('PROCESS_IDENTITY') })
    .transform((): StoredIdentity => ({ kind: 'PROCESS_IDENTITY' })),
]);

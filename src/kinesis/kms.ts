/** Decrypts keys with AWS KMS, as this process's own identity. */

import { DecryptCommand, KMSClient, KMSServiceException } from '@aws-sdk/client-kms';

/** KMS did not decrypt. The message is a sentence for the operator: what KMS says, and what to do. */
export class KmsError extends Error {
  override readonly name = 'KmsError';
}

/** What to decrypt. */
export interface KmsRequest {
  /** The ARN of the key, or of an alias of it; its region is asked. */
  readonly kmsKeyArn: string;
  readonly ciphertext: Buffer;
  /** What the ciphertext is bound to. */
  readonly encryptionContext: Readonly<Record<string, string>>;
}

/** Tries of the SDK included. */
const DEADLINE_MS = 10_000;

/**
 * Asks KMS once. Identity and address are the operator's, from the environment and ~/.aws.
 * @throws {KmsError}
 */
export async function decryptWithKms(request: KmsRequest): Promise<Buffer> {
  const client = new KMSClient({ region: regionOf(request.kmsKeyArn) });
  try {
    const command = new DecryptCommand({
      KeyId: request.kmsKeyArn,
      CiphertextBlob: request.ciphertext,
      EncryptionContext: request.encryptionContext,
    });
    const { Plaintext } = await client.send(command, { abortSignal: AbortSignal.timeout(DEADLINE_MS) });
    if (!Plaintext) throw new KmsError('AWS KMS answered without a key. Check what answers in its place.');
    return Buffer.from(Plaintext);
  } catch (error) {
    throw error instanceof KmsError ? error : new KmsError(describe(error), { cause: error });
  } finally {
    client.destroy();
  }
}

function regionOf(arn: string): string {
  return arn.split(':')[3] ?? '';
}

function describe(error: unknown): string {
  if (error instanceof KMSServiceException) {
    const remedy = REMEDIES[error.name] ?? 'See what the code means in the documentation of AWS KMS.';
    return `AWS KMS refuses with ${error.name} (request ${error.$metadata.requestId ?? 'without an id'}). ${remedy}`;
  }
  if (error instanceof Error && error.name === 'CredentialsProviderError')
    return 'This process has no identity at AWS to ask with. Give it one: a role, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';
  const reason = error instanceof Error ? error.name : 'no answer';
  return `AWS KMS did not answer readably within ${DEADLINE_MS / 1_000} s (${reason}). Check the way to it, then start again.`;
}

const REMEDIES: Record<string, string | undefined> = {
  AccessDeniedException: 'Allow `kms:Decrypt` on that key to the identity of this process.',
  DisabledException: 'Enable the key.',
  IncorrectKeyException: 'The entry names another key than the one that encrypted it: put the ARN of that one.',
  InvalidCiphertextException: 'The entry was damaged, or encrypted for another id: encrypt it for the id that it has.',
  KMSInvalidStateException: 'The key is not usable: cancel its deletion or enable it.',
  NotFoundException: 'The ARN names no key: check it.',
};

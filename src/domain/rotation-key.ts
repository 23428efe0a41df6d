/** What workers are told when a credential got another secret. */

/** A credential (internal id), and its version since then. */
export interface RotatedCredential {
  credentialId: number;
  version: number;
}

/** The message as a key. */
export function toRotationKey({ credentialId, version }: RotatedCredential): string {
  return `${credentialId}/${version}`;
}

/** Reads {@link toRotationKey}. */
export function fromRotationKey(key: string): RotatedCredential {
  const [credentialId = 0, version = 0] = key.split('/').map(Number);
  return { credentialId, version };
}

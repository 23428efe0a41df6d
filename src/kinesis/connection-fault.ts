/** Network faults: what to call them, and whether the request can have reached AWS. */

const CONNECT_CALLS: ReadonlySet<string> = new Set(['connect', 'getaddrinfo']);

/**
 * Whether a fault came before there was a connection, so that nothing can have been stored.
 * A reset is not among them: it may come after the last byte was sent.
 */
export function isNeverConnected(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const call = 'syscall' in error ? error.syscall : null;
  if (typeof call === 'string') return CONNECT_CALLS.has(call);
  // Node joins the faults of several addresses in one AggregateError, which has a code and no system call.
  if (error instanceof AggregateError) return error.errors.every(isNeverConnected);
  const code = findCode(error);
  if (code !== null) return /^(?:CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code);
  // The HTTP handler's connection time-out has no code. Should its text change, the outcome counts as unknown: the safe side.
  return error.name === 'TimeoutError' && error.message.includes('did not establish a connection');
}

/** A short name for a fault, free of addresses and payloads: its code, else its class. */
export function nameFault(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown fault';
  return findCode(error) ?? error.name;
}

function findCode(error: Error): string | null {
  return 'code' in error && typeof error.code === 'string' ? error.code : null;
}

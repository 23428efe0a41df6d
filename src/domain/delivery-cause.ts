/** Causes: what in a profile's change triggered a delivery. */

/** Kinds of causes. */
export const CAUSE_KINDS = ['ATTRIBUTE', 'CONSENT', 'IDENTITY', 'MEMBERSHIP', 'UNMAPPING'] as const;

/** What kind of change triggered a delivery. */
export type DeliveryCauseKind = (typeof CAUSE_KINDS)[number];

/** One cause. */
export interface DeliveryCause {
  kind: DeliveryCauseKind;
  /** MEMBERSHIP, UNMAPPING: the customer's segment id; IDENTITY: the namespace; ATTRIBUTE, CONSENT: the dot path. */
  subject: string;
}

/** A cause as a key of a pending record's map of causes. */
export function toCauseKey({ kind, subject }: DeliveryCause): string {
  return `${kind}:${subject}`;
}

/** Reads a key that {@link toCauseKey} made. @throws {TypeError} on any other text. */
export function fromCauseKey(key: string): DeliveryCause {
  const colon = key.indexOf(':');
  const kind = CAUSE_KINDS.find((name) => name === key.slice(0, colon));
  if (kind === undefined) throw new TypeError(`No cause is named ${key.slice(0, colon)}.`);
  return { kind, subject: key.slice(colon + 1) };
}

/** Reads several keys: sorted, since the database keeps them in an order of its own, and records tell of them. */
export function fromCauseKeys(keys: readonly string[]): DeliveryCause[] {
  return (keys.length > 1 ? [...keys].sort() : keys).map(fromCauseKey);
}

/** Times of memberships: given as text, kept word for word, and read only to see what has expired. */

const FORM = /^(\d{4}-\d{2}-(\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,9}))?(?:Z|\+00:?00)$/;

/**
 * Reads a time such as `2020-05-25T21:24:39Z`, `…+00:00` or `…+0000`, with up to 9 digits of a second.
 * @returns the time, cut to milliseconds; null if it is of another form or no real date of the years 1–9999.
 */
export function parseMembershipTime(text: string): Date | null {
  const [, seconds = '', day = '', fraction = ''] = FORM.exec(text) ?? [];
  if (seconds === '' || seconds.startsWith('0000')) return null;
  const time = new Date(`${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}Z`);
  // The parser takes 31 February for 2 March: the day tells.
  return time.getUTCDate() === Number(day) ? time : null;
}

/** Writes a time as memberships have it when none was given: UTC, whole seconds. */
export function toMembershipTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

/** Enum values, numbers and times as people read them. */

const counts = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const rates = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const moments = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const BYTES_OF_A_UNIT = 1_024;

/** An enum value in words: `PARTIALLY_FAILED` is `partially failed`. */
export function toWords(value: string): string {
  return value.toLowerCase().replaceAll('_', ' ');
}

/** A word with a capital first letter. */
export function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A count with separators. Counts above 2^53 come as text, and stay exact. */
export function formatCount(count: number | string): string {
  return counts.format(typeof count === 'string' ? BigInt(count) : count);
}

/** A count with what it counts, in the singular or the plural: `1 record`, `2 records`. */
export function countOf(count: number | string, noun: string): string {
  return `${formatCount(count)} ${noun}${Number(count) === 1 ? '' : 's'}`;
}

/** A rate with one digit after the point. */
export function formatRate(perSecond: number): string {
  return `${rates.format(perSecond)}/s`;
}

/** Bytes in the unit that keeps the number short. */
export function formatBytes(bytes: number | string): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = Number(bytes);
  let unit = 0;
  for (; size >= BYTES_OF_A_UNIT && unit < units.length - 1; unit += 1) size /= BYTES_OF_A_UNIT;
  return `${rates.format(size)} ${units[unit]}`;
}

/** A moment in the reader's zone. @param at ISO 8601; a text that is no time comes back as it is. */
export function formatMoment(at: string): string {
  const moment = new Date(at);
  return Number.isNaN(moment.getTime()) ? at : moments.format(moment);
}

/** Schedules: when an activation exports by itself. Values in, values out; clocks and rows are scheduled-export.ts's. */

import { setImmediate } from 'node:timers/promises';
import { Cron } from 'croner';
import type { InputIssues } from './input-issues.js';

/** Whom a scheduled export covers. */
export type ScheduleMode = 'CHANGED_SINCE_LAST' | 'FULL';

/** When an activation exports by itself, and whom. */
export interface Schedule {
  /** 5 fields. */
  cron: string;
  /** IANA name; the expression is read in it. */
  timeZone: string;
  mode: ScheduleMode;
}

/** Most due times that are counted: a week of one a minute. */
export const MAX_COUNTED = 10_000;

/** Longest expression, in characters. */
const MAX_CRON_LENGTH = 256;
/** A due time takes about 0.1 ms to find: the event loop gets its turn in between. */
const COUNTED_AT_A_TURN = 100;
/** Years that must each have a due time: in 28 every date falls on every day of the week, leap days included. */
const [FIRST_YEAR, LAST_YEAR] = [2025, 2052];

/** Checks that the expression has 5 fields and fires at least once a year, and that the time zone exists. */
export function checkSchedule(issues: InputIssues, schedule: Schedule): void {
  const faults = issues.count;
  checkTimeZone(issues, schedule.timeZone);
  const isZoneGood = issues.count === faults;
  issues.checkText(['schedule', 'cron'], schedule.cron, { min: 1, max: MAX_CRON_LENGTH });
  if (issues.count > (isZoneGood ? faults : faults + 1)) return;
  const zoned = isZoneGood ? schedule : { ...schedule, timeZone: 'UTC' };
  const fault = findFieldFault(zoned);
  if (fault !== null) issues.add('MALFORMED', ['schedule', 'cron'], fault);
  else if (!firesEachYear(zoned))
    issues.add(
      'OUT_OF_RANGE',
      ['schedule', 'cron'],
      '`cron` does not fire at least once a year: name days that every year has.',
    );
}

/**
 * Finds the first due time after a time. A time of day that the clocks leave out in spring is due right after the gap,
 * one that comes twice in autumn is due once; what recurs within hours follows the clocks.
 * @returns null if there is none, which {@link checkSchedule} refuses.
 */
export function nextDueTime(schedule: Schedule, after: Date): Date | null {
  return toCron(schedule).nextRun(after);
}

/** Counts the due times after one time, up to and with another; {@link MAX_COUNTED} if they are more. */
export async function countDueTimes(schedule: Schedule, span: { after: Date; until: Date }): Promise<number> {
  const cron = toCron(schedule);
  let count = 0;
  for (let due = cron.nextRun(span.after); due !== null && due <= span.until; due = cron.nextRun(due)) {
    count += 1;
    if (count === MAX_COUNTED) break;
    if (count % COUNTED_AT_A_TURN === 0) await setImmediate();
  }
  return count;
}

/** Whether two schedules say the same. */
export function isSameSchedule(one: Schedule, other: Schedule): boolean {
  return one.cron === other.cron && one.timeZone === other.timeZone && one.mode === other.mode;
}

function toCron({ cron, timeZone }: Schedule): Cron {
  return new Cron(cron, { timezone: timeZone, mode: '5-part', fixedTimeRule: 'no-wildcard', paused: true });
}

function checkTimeZone(issues: InputIssues, timeZone: string): void {
  const path = ['schedule', 'timeZone'];
  const faults = issues.count;
  issues.checkText(path, timeZone, { min: 1, max: 64 });
  if (issues.count > faults || isTimeZone(timeZone)) return;
  issues.add('MALFORMED', path, '`timeZone` is no IANA time zone: give a name such as `Europe/Berlin` or `UTC`.');
}

/** Names only: some versions of Node also take offsets such as `+01:00`. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with the expression's form, in words; null if it can be read. */
function findFieldFault(schedule: Schedule): string | null {
  const { cron } = schedule;
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5)
    return `\`cron\` has ${fields.length} fields; give 5: minute, hour, day of the month, month, day of the week.`;
  // The library also takes dates, and marks of its own.
  const strange = fields.findIndex((field) => !/^[\w*,/#-]+$/.test(field));
  if (strange !== -1)
    return `Field ${strange + 1} of \`cron\` cannot be read: write it as \`*\`, \`5\` or \`MON-FRI\`.`;
  try {
    toCron(schedule);
    return null;
  } catch {
    // The library's reason repeats what was typed.
    return '`cron` cannot be read as a cron expression: check the bounds and names of each field.';
  }
}

function firesEachYear(schedule: Schedule): boolean {
  const cron = toCron(schedule);
  for (let year = FIRST_YEAR; year <= LAST_YEAR; year += 1) {
    const due = cron.nextRun(new Date(Date.UTC(year, 0, 1) - 1));
    if (due === null || due >= new Date(Date.UTC(year + 1, 0, 1))) return false;
  }
  return true;
}

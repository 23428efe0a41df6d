import { describe, expect, test } from 'vitest';
import { InputIssues } from '../../src/domain/input-issues.js';
import { checkSchedule, countDueTimes, MAX_COUNTED, nextDueTime, type Schedule } from '../../src/domain/schedule.js';

function schedule(cron: string, timeZone = 'UTC'): Schedule {
  return { cron, timeZone, mode: 'FULL' };
}

/** The next due times after a time. */
function dueTimes(given: Schedule, after: string, count: number): string[] {
  const found: string[] = [];
  let from = new Date(after);
  for (let number = 0; number < count; number += 1) {
    const due = nextDueTime(given, from);
    if (!due) break;
    found.push(due.toISOString().slice(0, 16));
    from = due;
  }
  return found;
}

function faultsOf(given: Schedule): string[] {
  const issues = new InputIssues();
  checkSchedule(issues, given);
  return issues.all.map(({ code, path }) => `${code} ${path.join('.')}`);
}

describe('a due time', () => {
  test('is always later than the time asked from, to the millisecond', () => {
    expect(nextDueTime(schedule('*/5 * * * *'), new Date('2026-08-01T11:59:59.999Z'))).toEqual(
      new Date('2026-08-01T12:00:00.000Z'),
    );
    expect(nextDueTime(schedule('*/5 * * * *'), new Date('2026-08-01T12:00:00.000Z'))).toEqual(
      new Date('2026-08-01T12:05:00.000Z'),
    );
  });

  test.each([
    ['UTC', '2026-08-01T09:30'],
    ['Europe/Berlin', '2026-08-01T07:30'],
    ['America/New_York', '2026-08-01T13:30'],
    ['Asia/Kathmandu', '2026-08-01T03:45'],
    ['Pacific/Kiritimati', '2026-08-01T19:30'],
  ])('is read in the time zone %s', (timeZone, due) => {
    expect(dueTimes(schedule('30 9 * * *', timeZone), '2026-08-01T00:00:00Z', 1)).toEqual([due]);
  });

  test.each([
    ['a single time', '30 2 * * *', ['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30']],
    [
      'one of several',
      '30 2,14 * * *',
      ['2026-03-28T01:30', '2026-03-28T13:30', '2026-03-29T01:00', '2026-03-29T12:30'],
    ],
  ])('that the clocks leave out in spring is due right after the gap: %s', (_what, cron, expected) => {
    expect(dueTimes(schedule(cron, 'Europe/Berlin'), '2026-03-28T00:00:00Z', expected.length)).toEqual(expected);
  });

  test.each([
    ['a single time', '30 2 * * *', ['2026-10-25T00:30', '2026-10-26T01:30']],
    ['one of several', '30 2,14 * * *', ['2026-10-25T00:30', '2026-10-25T13:30', '2026-10-26T01:30']],
  ])('that comes twice in autumn is due once: %s', (_what, cron, expected) => {
    expect(dueTimes(schedule(cron, 'Europe/Berlin'), '2026-10-24T20:00:00Z', expected.length)).toEqual(expected);
  });

  test('each half hour comes each half hour, however the clocks are set', () => {
    const halfHours = ['00:30', '01:00', '01:30', '02:00', '02:30'];
    const berlin = schedule('*/30 * * * *', 'Europe/Berlin');

    expect(dueTimes(berlin, '2026-03-29T00:00:00Z', 5)).toEqual(halfHours.map((time) => `2026-03-29T${time}`));
    expect(dueTimes(berlin, '2026-10-25T00:00:00Z', 5)).toEqual(halfHours.map((time) => `2026-10-25T${time}`));
  });
});

describe('due times are counted', () => {
  const hourly = schedule('0 * * * *');

  test.each([
    ['2026-08-01T12:00:00.000Z', '2026-08-01T12:59:59.999Z', 0],
    ['2026-08-01T12:00:00.000Z', '2026-08-01T13:00:00.000Z', 1],
    ['2026-08-01T11:59:59.999Z', '2026-08-01T13:00:00.000Z', 2],
    ['2026-08-01T12:00:00.000Z', '2026-08-04T12:00:00.000Z', 72],
    ['2026-08-01T12:00:00.000Z', '2026-08-01T11:00:00.000Z', 0],
  ])('after %s up to %s: %i', async (after, until, count) => {
    expect(await countDueTimes(hourly, { after: new Date(after), until: new Date(until) })).toBe(count);
  });

  test('by the clocks of their zone: a day of 23 hours, one of 25', async () => {
    const berlin = schedule('0 * * * *', 'Europe/Berlin');
    const day = (date: string, next: string) =>
      countDueTimes(berlin, { after: new Date(`${date}:00:00.000+00:00`), until: new Date(`${next}:00:00.000+00:00`) });

    expect(await day('2026-03-28T23', '2026-03-29T22')).toBe(23);
    expect(await day('2026-10-24T22', '2026-10-25T23')).toBe(25);
  });

  test('up to a bound, and leave the event loop its turns', async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    const minutely = schedule('* * * * *');

    const count = await countDueTimes(minutely, { after: new Date('2025-01-01'), until: new Date('2026-01-01') });

    clearInterval(timer);
    expect(count).toBe(MAX_COUNTED);
    expect(turns).toBeGreaterThan(5);
  });
});

describe('a schedule is taken', () => {
  test.each([
    '* * * * *',
    '0 9 * * MON-FRI',
    '*/15 8-18 * * 1-5',
    '0 0 1 jan *',
    '0 0 L 2 *',
    '0 6 * * 5#2',
    '0 0 31 12 *',
    '30 2 29 2 1',
    '  0   9 * * *  ',
  ])('with the expression `%s`', (cron) => {
    expect(faultsOf(schedule(cron, 'America/New_York'))).toEqual([]);
  });
});

describe('a schedule is refused', () => {
  test.each([
    ['0 0 30 2 *', 'OUT_OF_RANGE'],
    ['0 0 31 4,6,9,11 *', 'OUT_OF_RANGE'],
    ['0 0 29 2 *', 'OUT_OF_RANGE'],
    // In most years January has a fifth Friday only if it begins with one of three days.
    ['0 0 * 1 5#5', 'OUT_OF_RANGE'],
    ['0 0 * * * *', 'MALFORMED'],
    ['0 0 * *', 'MALFORMED'],
    ['@daily', 'MALFORMED'],
    ['2099-01-01T00:00:00', 'MALFORMED'],
    ['60 * * * *', 'MALFORMED'],
    ['*/0 * * * *', 'MALFORMED'],
    ['0 0 1 1 +1', 'MALFORMED'],
    ['? ? * * *', 'MALFORMED'],
    ['a b c d e', 'MALFORMED'],
    ['', 'REQUIRED'],
    ['   ', 'MALFORMED'],
    ['0 0 * * *\0', 'MALFORMED'],
    [`${'0,'.repeat(200)}0 * * * *`, 'OUT_OF_RANGE'],
  ])('with the expression `%s`: %s', (cron, code) => {
    expect(faultsOf(schedule(cron))).toEqual([`${code} input.schedule.cron`]);
  });

  test.each(['', 'Mars/Olympus', '+01:00', 'Europe/Berlin ', 'a\0', 'x'.repeat(65)])(
    'with the time zone `%s`',
    (zone) => {
      expect(faultsOf(schedule('0 9 * * *', zone))).toEqual([expect.stringMatching(/input\.schedule\.timeZone$/)]);
    },
  );

  test('with a message that names the field, what is wrong and what to do', () => {
    const issues = new InputIssues();
    checkSchedule(issues, schedule('0 0 0 * * *'));

    expect(issues.all[0]?.message).toBe(
      '`cron` has 6 fields; give 5: minute, hour, day of the month, month, day of the week.',
    );
  });
});

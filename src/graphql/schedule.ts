/** Schedules in the schema: when an activation exports by itself. */

import { Field, InputType, ObjectType } from 'type-graphql';
import type { Activation } from '../domain/activation.js';
import { nextDueTime, type Schedule, type ScheduleMode } from '../domain/schedule.js';
import { createEnum } from './enums.js';
import { DateTimeScalar } from './scalars.js';

/** GraphQL enum `ScheduleMode`. */
const ScheduleModeEnum = createEnum<ScheduleMode>('ScheduleMode', 'Whom a scheduled export covers.', {
  CHANGED_SINCE_LAST: 'Present members that changed since the last scheduled export began.',
  FULL: 'All present members.',
});

/** GraphQL type `Schedule`. */
@ObjectType('Schedule', {
  description:
    'When an activation exports by itself; once per due time, and once for all that were missed while the server was down.',
})
export class ScheduleType {
  @Field(() => String, { description: 'Cron expression of 5 fields.' })
  cron!: string;

  @Field(() => ScheduleModeEnum, { description: 'Whom it exports.' })
  mode!: ScheduleMode;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Next due time; null while the activation is paused.' })
  nextRunAt!: Date | null;

  @Field(() => String, { description: 'IANA time zone that the expression is read in.' })
  timeZone!: string;
}

/** GraphQL input `ScheduleInput`. */
@InputType('ScheduleInput', { description: 'When an activation exports by itself.' })
export class ScheduleInput implements Schedule {
  @Field(() => String, { description: 'Cron expression of 5 fields that fires at least once a year.' })
  cron!: string;

  @Field(() => ScheduleModeEnum, { defaultValue: 'FULL', description: 'Whom it exports.' })
  mode!: ScheduleMode;

  @Field(() => String, { defaultValue: 'UTC', description: 'IANA time zone, such as `Europe/Berlin`.' })
  timeZone!: string;
}

/** Shapes an activation's schedule for the schema; null if it has none. */
export function toScheduleType({ schedule, nextRunAt }: Activation, now: Date): ScheduleType | null {
  if (!schedule) return null;
  // What is overdue waits for the last export or its destination: the next chance is the next due time.
  const isOverdue = nextRunAt !== null && nextRunAt <= now;
  return Object.assign(new ScheduleType(), {
    ...schedule,
    nextRunAt: isOverdue ? nextDueTime(schedule, now) : nextRunAt,
  });
}

/** Statistics in the schema: counts of deliveries in time buckets. */

import { ArgsType, Field, Float, ObjectType } from 'type-graphql';
import { countByCode, countSettled } from '../domain/export-numbers.js';
import type { Statistics, StatisticsPeriod, StatisticsScope, StatisticsWindow } from '../domain/statistics.js';
import type { Context } from './context.js';
import { DeliveryCountsType, toCodeCounts } from './delivery-counts.js';
import { LatencyType, toLatencyType } from './delivery-latency.js';
import { createEnum } from './enums.js';
import { DateTimeScalar } from './scalars.js';

/** GraphQL enum `StatisticsWindow`. */
export const StatisticsWindowEnum = createEnum<StatisticsWindow>(
  'StatisticsWindow',
  'Periods up to now, and how they are cut.',
  {
    LAST_24_HOURS: '24 hours in 96 buckets of 15 minutes.',
    LAST_30_DAYS: '30 days in 120 buckets of 6 hours.',
    LAST_7_DAYS: '7 days in 168 buckets of an hour.',
    LAST_HOUR: 'An hour in 60 buckets of a minute.',
  },
);

/** Arguments of `statistics`. */
@ArgsType()
export class StatisticsArgs {
  @Field(() => StatisticsWindowEnum, {
    nullable: true,
    defaultValue: 'LAST_24_HOURS',
    description: 'Period up to now.',
  })
  window?: StatisticsWindow | null = 'LAST_24_HOURS';
}

/** GraphQL type `StatisticsPeriod`. */
@ObjectType('StatisticsPeriod', {
  implements: DeliveryCountsType,
  description: 'What was settled from one time to another; each record counts when its fate was put on the books.',
})
export class StatisticsPeriodType extends DeliveryCountsType {
  @Field(() => DateTimeScalar, { description: 'Begin, inclusive.' })
  from!: Date;

  @Field(() => LatencyType, { nullable: true, description: 'Latency of what was delivered; null if nothing was.' })
  latency!: LatencyType | null;

  @Field(() => Float, { description: 'Records delivered a second.' })
  recordsPerSecond!: number;

  @Field(() => DateTimeScalar, { description: 'End, exclusive.' })
  to!: Date;
}

/** GraphQL type `Statistics`. */
@ObjectType('Statistics', { description: 'What was delivered over a period up to now; exact counts.' })
export class StatisticsType {
  @Field(() => [StatisticsPeriodType], { description: 'Equal buckets from old to new, the last one unfinished.' })
  buckets!: StatisticsPeriodType[];

  @Field(() => StatisticsPeriodType, { description: 'The whole period.' })
  total!: StatisticsPeriodType;
}

/** Reads the statistics of an activation, destination or workspace, named by internal id. */
export async function readStatistics(
  { window }: StatisticsArgs,
  context: Context,
  of: { scope: StatisticsScope; id: number },
): Promise<StatisticsType> {
  const loader = context.loaders.statistics(of.scope, window ?? 'LAST_24_HOURS');
  return toStatisticsType(await loader.load(of.id));
}

function toStatisticsType({ buckets, total }: Statistics): StatisticsType {
  return Object.assign(new StatisticsType(), { buckets: buckets.map(toPeriodType), total: toPeriodType(total) });
}

function toPeriodType({ from, to, recordsPerSecond, counters }: StatisticsPeriod): StatisticsPeriodType {
  return Object.assign(new StatisticsPeriodType(), {
    from,
    to,
    recordsPerSecond,
    ...countSettled(counters),
    attempts: counters['attempts'] ?? 0,
    bytes: counters['bytes'] ?? 0,
    possibleDuplicates: counters['possibleDuplicates'] ?? 0,
    codes: toCodeCounts(countByCode(counters)),
    latency: toLatencyType(counters),
  });
}

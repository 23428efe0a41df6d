/** Latencies in the schema. */

import { Field, Float, ObjectType } from 'type-graphql';
import type { Counters } from '../domain/export-numbers.js';
import { percentile } from '../domain/latency-histogram.js';

/** GraphQL type `Latency`. */
@ObjectType('Latency', {
  description:
    "Time from the commit of a change (in exports: from the start of its page) to Kinesis's acknowledgement; from histograms, within 5 %.",
})
export class LatencyType {
  @Field(() => Float, { description: 'Half are at or below, in ms.' })
  p50Ms!: number;

  @Field(() => Float, { description: '95 of 100 are at or below, in ms.' })
  p95Ms!: number;

  @Field(() => Float, { description: '99 of 100 are at or below, in ms.' })
  p99Ms!: number;
}

/** Shapes the latencies among counters; null if nothing was delivered. */
export function toLatencyType(counters: Counters): LatencyType | null {
  const [p50Ms, p95Ms, p99Ms] = [50, 95, 99].map((percent) => percentile(counters, percent));
  if (p50Ms == null) return null;
  return Object.assign(new LatencyType(), { p50Ms, p95Ms, p99Ms });
}

/** An export's numbers for its segments, in the schema. */

import { Ctx, Field, ObjectType } from 'type-graphql';
import type { SegmentNumbers } from '../domain/export-numbers.js';
import type { Context } from './context.js';
import { BigIntScalar } from './scalars.js';
import { SegmentType, toSegmentType } from './segment.js';

/** GraphQL type `ExportSegment`. */
@ObjectType('ExportSegment', {
  description: "An export's numbers for one segment. received = delivered + failed + skipped + pending.",
})
export class ExportSegmentType {
  /** Internal id of the segment. */
  key!: number;

  @Field(() => BigIntScalar, { description: 'Profiles delivered.' })
  delivered!: number;

  @Field(() => BigIntScalar, { description: 'Profiles given up on.' })
  failed!: number;

  @Field(() => BigIntScalar, { description: 'Profiles not settled yet.' })
  pending!: number;

  @Field(() => BigIntScalar, { description: 'Profiles of the segment in the export.' })
  received!: number;

  @Field(() => SegmentType, { nullable: true, description: 'The segment; null once it was deleted.' })
  async segment(@Ctx() context: Context): Promise<SegmentType | null> {
    const segment = await context.loaders.segmentById.load(this.key);
    return segment && toSegmentType(segment);
  }

  @Field(() => String, { description: "The customer's id of the segment." })
  segmentId!: string;

  @Field(() => BigIntScalar, { description: 'Profiles not sent, by rule.' })
  skipped!: number;
}

/** Shapes a segment's numbers for the schema. */
export function toExportSegmentType(numbers: SegmentNumbers): ExportSegmentType {
  const { segmentId, segmentKey, ...outcomes } = numbers;
  return Object.assign(new ExportSegmentType(), outcomes, { key: segmentId, segmentId: segmentKey });
}

/** Backfills in the schema: what becomes of members that segments have when they are activated. */

import { Field, InputType, Int } from 'type-graphql';
import type { BackfillMode } from '../domain/backfill.js';
import { createEnum } from './enums.js';
import { DateTimeScalar } from './scalars.js';

const BackfillModeEnum = createEnum<BackfillMode>('BackfillMode', 'Whom a backfill covers.', {
  ALL: 'All present members.',
  NONE: 'Nobody: only changes from now on are delivered.',
  SINCE: 'Present members whose membership changed since a time.',
});

/** GraphQL input `BackfillInput`. */
@InputType('BackfillInput', {
  description: 'What becomes of the members that segments have when they are activated.',
})
export class BackfillInput {
  @Field(() => Int, {
    nullable: true,
    description: 'Most records sent a second, 1–1,000,000; null means no limit of its own.',
  })
  maxRecordsPerSecond?: number | null;

  @Field(() => BackfillModeEnum, { defaultValue: 'ALL', description: 'Whom it covers.' })
  mode!: BackfillMode;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'SINCE: only members whose membership changed at this time or later; left out otherwise.',
  })
  since?: Date | null;
}

/** Inputs and answers of the mutations of exports. */

import { createUnionType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { ConflictErrorType, InvalidInputErrorType, InvalidStateErrorType, NotFoundErrorType } from './errors.js';
import { ExportType } from './export.js';

/** GraphQL input `TriggerExportInput`. */
@InputType('TriggerExportInput', { description: 'Input of triggerExport.' })
export class TriggerExportInput {
  @Field(() => ID, { description: 'Global id of the activation.' })
  activationId!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Your name for this call, 1–255 characters: sent again within 24 h, it gives the first answer and starts nothing.',
  })
  idempotencyKey?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Most records sent a second, 1–1,000,000; null means no limit of its own.',
  })
  maxRecordsPerSecond?: number | null;

  @Field(() => [String], {
    nullable: true,
    description:
      "Only these, 1–500 of the customer's profile ids; who is no present member is skipped with NOT_A_MEMBER; an unknown one is refused. Not together with `segmentIds`.",
  })
  profileIds?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description:
      "Only present members of these segments of the activation, 1–250 of the customer's ids; null means all.",
  })
  segmentIds?: string[] | null;
}

/** GraphQL type `TriggerExportSuccess`. */
@ObjectType('TriggerExportSuccess', {
  description: 'The export was started; it survives restarts from here on.',
})
export class TriggerExportSuccess {
  @Field(() => ExportType, { description: 'The export.' })
  export!: ExportType;
}

/** GraphQL union `TriggerExportResult`. */
export const TriggerExportResult = createUnionType({
  name: 'TriggerExportResult',
  description: 'Answer of triggerExport.',
  types: () => [TriggerExportSuccess, InvalidInputErrorType, InvalidStateErrorType, ConflictErrorType] as const,
});

/** GraphQL input `CancelExportInput`. */
@InputType('CancelExportInput', { description: 'Input of cancelExport.' })
export class CancelExportInput {
  @Field(() => ID, { description: 'Global id.' })
  id!: string;
}

/** GraphQL type `CancelExportSuccess`. */
@ObjectType('CancelExportSuccess', { description: 'The export was canceled.' })
export class CancelExportSuccess {
  @Field(() => ExportType, { description: 'The export as it is now.' })
  export!: ExportType;
}

/** GraphQL union `CancelExportResult`. */
export const CancelExportResult = createUnionType({
  name: 'CancelExportResult',
  description: 'Answer of cancelExport.',
  types: () => [CancelExportSuccess, NotFoundErrorType, InvalidStateErrorType] as const,
});

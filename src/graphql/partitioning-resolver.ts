/** Query that shows how records would spread over shards. */

import { Arg, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import type { Context } from './context.js';
import { orUserError } from './errors.js';
import { PartitionKeyInput } from './partition-key.js';
import { PreviewPartitioningResult, PreviewPartitioningSuccess, ShardShareType } from './partitioning.js';
import { requestedId } from './requested-id.js';

const DEFAULT_SAMPLE_SIZE = 1000;

/** Resolver of the preview of partitioning. */
@Resolver()
export class PartitioningResolver {
  @Query(() => PreviewPartitioningResult, {
    description:
      "The share of records that each shard would get, from the keys of real members against the shards' hash ranges. Writes nothing. At most 10 s for AWS. InvalidInputError: unknown destination, malformed key. AwsError: the stream's shards cannot be read.",
  })
  previewPartitioning(
    @Arg('destinationId', () => ID, { description: 'Global id of the destination.' }) destinationId: string,
    @Ctx() context: Context,
    @Arg('partitionKey', () => PartitionKeyInput, {
      nullable: true,
      description: "Partition key to try; null means the destination's own.",
    })
    partitionKey?: PartitionKeyInput | null,
    @Arg('sampleSize', () => Int, {
      nullable: true,
      defaultValue: DEFAULT_SAMPLE_SIZE,
      description: 'How many members to sample, 1–10,000.',
    })
    sampleSize?: number | null,
  ): Promise<typeof PreviewPartitioningResult> {
    return orUserError(async () => {
      const preview = await context.services.partitioning.preview(context.viewer.workspaceId, {
        destinationId: requestedId(destinationId, 'KinesisDestination'),
        partitionKey: partitionKey ?? null,
        sampleSize: sampleSize ?? DEFAULT_SAMPLE_SIZE,
      });
      const shards = preview.shards.map((shard) => Object.assign(new ShardShareType(), shard));
      return Object.assign(new PreviewPartitioningSuccess(), preview, { shards });
    });
  }
}

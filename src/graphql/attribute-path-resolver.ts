/** Query of the attributes that stored profiles have. */

import { Arg, Ctx, Int, Query, Resolver } from 'type-graphql';
import { describeAttributes } from '../domain/attribute-sample.js';
import { RequestError } from '../domain/user-error.js';
import { AttributePathType, toAttributePathType } from './attribute-path.js';
import type { Context } from './context.js';

const DEFAULT_SAMPLE_SIZE = 1_000;
const MAX_SAMPLE_SIZE = 10_000;

/** Resolver of attribute paths. */
@Resolver()
export class AttributePathResolver {
  @Query(() => [AttributePathType], {
    description:
      'The attribute paths found in a sample of the newest profiles, for a picker; by path, at most 1,000. The sample is smaller where profiles are large: at most 16 MiB.',
  })
  async attributePaths(
    @Ctx() context: Context,
    @Arg('sampleSize', () => Int, {
      nullable: true,
      defaultValue: DEFAULT_SAMPLE_SIZE,
      description: 'How many profiles to look at, 1–10,000.',
    })
    sampleSize?: number | null,
  ): Promise<AttributePathType[]> {
    const size = sampleSize ?? DEFAULT_SAMPLE_SIZE;
    if (size < 1 || size > MAX_SAMPLE_SIZE)
      throw new RequestError('BAD_USER_INPUT', `\`sampleSize\` is ${size}; give 1–${MAX_SAMPLE_SIZE}.`);
    return describeAttributes(await context.loaders.newestAttributes.load(size)).map(toAttributePathType);
  }
}

/** Attributes of stored profiles in the schema. */

import { Ctx, Field, Float, ObjectType } from 'type-graphql';
import type { AttributeType, SampledAttribute } from '../domain/attribute-sample.js';
import { type Context, seesPersonalData } from './context.js';
import { createEnum } from './enums.js';

/** GraphQL enum `AttributeType`. */
export const AttributeTypeEnum = createEnum<AttributeType>('AttributeType', "What an attribute's values are.", {
  ARRAY: 'Lists.',
  BOOLEAN: 'True or false.',
  MAP: 'Objects with further paths below.',
  MIXED: 'Not the same in all profiles.',
  NUMBER: 'Numbers.',
  STRING: 'Texts.',
});

/** GraphQL type `AttributePath`. */
@ObjectType('AttributePath', { description: 'An attribute that stored profiles have.' })
export class AttributePathType {
  stored!: Pick<SampledAttribute, 'samples'>;

  @Field(() => String, { description: 'Dot path, such as `person.name.firstName`.' })
  path!: string;

  @Field(() => AttributeTypeEnum, { description: 'What its values are.' })
  type!: AttributeType;

  @Field(() => Boolean, { description: "Whether it can be an activation's attribute: arrays and maps cannot." })
  mappable!: boolean;

  @Field(() => Float, { description: 'Share of the sampled profiles that have it, 0–1.' })
  share!: number;

  @Field(() => [String], {
    description:
      'Up to 3 different values as JSON text, none longer than 256 characters; empty for arrays, maps, and for a VIEWER.',
  })
  samples(@Ctx() context: Context): string[] {
    return seesPersonalData(context) ? this.stored.samples : [];
  }
}

/** @returns the attribute as the schema shows it. */
export function toAttributePathType({ samples, ...attribute }: SampledAttribute): AttributePathType {
  return Object.assign(new AttributePathType(), attribute, { stored: { samples } });
}

/** Consent rules in the schema. */

import { Field, InputType, ObjectType } from 'type-graphql';
import type { ConsentRefusal, ConsentRule } from '../domain/consent.js';
import { DEFAULT_REFUSAL } from '../domain/consent-input.js';
import { createEnum } from './enums.js';

/** GraphQL enum `ConsentRefusal`. */
export const ConsentRefusalEnum = createEnum<ConsentRefusal>(
  'ConsentRefusal',
  'What becomes of a profile whose consent is refused.',
  {
    SEND_EXIT: 'One record with status exited when consent is withdrawn, then nothing.',
    SKIP: 'Nothing is sent; the skip is counted with its code.',
  },
);

/** GraphQL type `ConsentRule`. */
@ObjectType('ConsentRule', { description: 'Which profiles permit export.' })
export class ConsentRuleType {
  @Field(() => String, { description: 'Dot path of the attribute that holds the consent.' })
  path!: string;

  @Field(() => [String], { description: 'The values that permit; any other value, and none, refuses.' })
  permittedValues!: string[];

  @Field(() => ConsentRefusalEnum, { description: 'What becomes of a profile whose consent is refused.' })
  whenRefused!: ConsentRefusal;
}

/** GraphQL input `ConsentRuleInput`. */
@InputType('ConsentRuleInput', { description: 'Which profiles permit export.' })
export class ConsentRuleInput {
  @Field(() => String, { description: 'Dot path of the attribute that holds the consent, 1–512 characters.' })
  path!: string;

  @Field(() => [String], {
    description: '1–100 values of 1–256 characters that permit, compared as text: `y`, `true`, `1`.',
  })
  permittedValues!: string[];

  @Field(() => ConsentRefusalEnum, {
    defaultValue: DEFAULT_REFUSAL,
    description: 'What becomes of a profile whose consent is refused.',
  })
  whenRefused!: ConsentRefusal;
}

/** Shapes a consent rule for the schema. */
export function toConsentRuleType(rule: ConsentRule): ConsentRuleType {
  return Object.assign(new ConsentRuleType(), rule);
}

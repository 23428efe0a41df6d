/** The steps of the wizard that sets a destination up, in the schema. */

import { Field, Int, ObjectType } from 'type-graphql';
import type { WizardFieldKind, WizardStepKind } from '../domain/wizard-step.js';
import { createEnum } from './enums.js';

/** GraphQL enum `WizardStepKind`. */
export const WizardStepKindEnum = createEnum<WizardStepKind>('WizardStepKind', 'Steps of the wizard.', {
  AUTHENTICATION: 'Credential: fields of createCredential.',
  SETUP: "Region, stream, name and options: fields of the destination's create mutation.",
});

/** GraphQL enum `WizardFieldType`. */
export const WizardFieldTypeEnum = createEnum<WizardFieldKind>('WizardFieldType', 'How to ask for a value.', {
  TEXT: 'One line of text.',
  MULTILINE: 'Several lines of text.',
  SECRET: 'A secret: goes in, never comes out.',
  BOOLEAN: 'Yes or no.',
  TIME: 'A time.',
  INTEGER: 'A whole number.',
  ENUM: 'One of `options`.',
  TEXT_LIST: 'Several texts.',
  REGION: 'An AWS region, typed or picked.',
  STREAM: 'A stream, typed.',
  CREDENTIAL: 'A credential, picked or created.',
});

/** GraphQL type `WizardOption`. */
@ObjectType('WizardOption', { description: 'One value of an ENUM field.' })
export class WizardOptionType {
  @Field(() => String, { description: 'Help text.' })
  help!: string;

  @Field(() => String, { description: 'Label.' })
  label!: string;

  @Field(() => String, { description: 'The enum value to send.' })
  value!: string;
}

/** GraphQL type `WizardCondition`. */
@ObjectType('WizardCondition', { description: 'When a field is shown.' })
export class WizardConditionType {
  @Field(() => String, { description: 'Name of the other field.' })
  field!: string;

  @Field(() => [String], { description: 'Its values, any of them.' })
  values!: string[];
}

/** GraphQL type `WizardField`. */
@ObjectType('WizardField', { description: 'One field of a wizard step.' })
export class WizardFieldType {
  @Field(() => String, { nullable: true, description: 'Its default as text; null if it has none.' })
  defaultValue!: string | null;

  @Field(() => String, { description: 'Help text.' })
  help!: string;

  @Field(() => String, { description: 'Label.' })
  label!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'Longest text, in characters; null if not limited or not text.',
  })
  maxLength!: number | null;

  @Field(() => String, {
    description:
      'Name of the input field; with a dot for a field of a nested input, such as `consent.path`. A nested input is left out while its fields are empty or have their defaults.',
  })
  name!: string;

  @Field(() => [WizardOptionType], { description: 'The values of an ENUM; empty otherwise.' })
  options!: WizardOptionType[];

  @Field(() => String, {
    nullable: true,
    description: 'Regular expression (ECMAScript, whole value) that it must match; null if there is none.',
  })
  pattern!: string | null;

  @Field(() => Boolean, { description: 'Whether a value is needed when the field is shown.' })
  required!: boolean;

  @Field(() => WizardConditionType, {
    nullable: true,
    description: 'Shown only when another field has a certain value; null means always.',
  })
  shownWhen!: WizardConditionType | null;

  @Field(() => WizardFieldTypeEnum, { description: 'How to ask for it.' })
  type!: WizardFieldKind;
}

/** GraphQL type `WizardStep`. */
@ObjectType('WizardStep', { description: 'One step of the wizard that sets a destination up.' })
export class WizardStepType {
  @Field(() => [WizardFieldType], { description: 'Its fields in order.' })
  fields!: WizardFieldType[];

  @Field(() => WizardStepKindEnum, { description: 'Which step.' })
  kind!: WizardStepKind;

  @Field(() => String, { description: 'Heading.' })
  title!: string;
}

/** How each kind of field is asked for. */

import { PasswordInput, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import { HelpText } from '../ui/help-text.js';
import { ChoiceField } from './choice-field.js';
import { CredentialField } from './credential-field.js';
import type { Field, FieldValue } from './field-values.js';
import { StreamField } from './stream-field.js';
import type { FieldsState } from './use-fields.js';

/** A field with the state of its form. */
export interface FieldControlProps {
  readonly field: Field;
  readonly state: FieldsState;
}

/** One field of a form. */
export function FieldControl(props: FieldControlProps) {
  switch (props.field.type) {
    case 'ENUM':
      return <ChoiceField {...props} />;
    case 'BOOLEAN':
      return <YesOrNoField {...props} />;
    case 'TEXT_LIST':
      return <TextListField {...props} />;
    case 'CREDENTIAL':
      return <CredentialField {...props} />;
    case 'STREAM':
      return <StreamField {...props} />;
    default:
      return <TextField {...props} />;
  }
}

/** What all text-like controls share. */
export function textProps({ field, state }: FieldControlProps) {
  return {
    name: field.name,
    label: field.label,
    description: <HelpText text={field.help} />,
    required: field.required,
    error: state.faults[field.name],
    value: asText(state.values[field.name]),
  };
}

function TextField(props: FieldControlProps) {
  const { field, state } = props;
  const shared = {
    ...textProps(props),
    onChange: (event: { currentTarget: { value: string } }) => state.setValue(field.name, event.currentTarget.value),
  };
  if (field.type === 'SECRET') return <PasswordInput {...shared} autoComplete="off" />;
  if (field.type === 'MULTILINE') return <Textarea {...shared} autosize minRows={2} />;
  if (field.type === 'TIME') return <TextInput {...shared} type="datetime-local" />;
  if (field.type === 'INTEGER') return <TextInput {...shared} autoComplete="off" inputMode="numeric" />;
  return <TextInput {...shared} autoComplete="off" spellCheck={false} />;
}

function YesOrNoField({ field, state }: FieldControlProps) {
  return (
    <Switch
      name={field.name}
      label={field.label}
      description={<HelpText text={field.help} />}
      error={state.faults[field.name]}
      aria-invalid={field.name in state.faults}
      checked={state.values[field.name] === true}
      onChange={(event) => state.setValue(field.name, event.currentTarget.checked)}
    />
  );
}

function TextListField({ field, state }: FieldControlProps) {
  const value = state.values[field.name];
  return (
    <TagsInput
      name={field.name}
      label={field.label}
      description={<HelpText text={field.help} />}
      error={state.faults[field.name]}
      placeholder="Type one, then press Enter"
      value={Array.isArray(value) ? value : []}
      onChange={(texts) => state.setValue(field.name, texts)}
    />
  );
}

function asText(value: FieldValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Registers enums from one table of values and descriptions. */

import { registerEnumType } from 'type-graphql';

/**
 * Registers a GraphQL enum.
 * @param values each value with its description.
 * @returns the object to name as a field's type.
 */
export function createEnum<Value extends string>(
  name: string,
  description: string,
  values: Record<Value, string>,
): Record<string, string> {
  const names = Object.keys(values);
  const type = Object.fromEntries(names.map((value) => [value, value]));
  const descriptions = Object.entries<string>(values).map(([value, text]) => [value, { description: text }]);
  registerEnumType(type, { name, description, valuesConfig: Object.fromEntries(descriptions) });
  return type;
}

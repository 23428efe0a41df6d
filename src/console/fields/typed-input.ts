/** The border between forms whose fields come as data, and the types of the schema. */

/**
 * Takes fields as the input that they were built for. The catalogue names the fields of the input, and the API checks
 * each again; what TypeScript cannot know is checked here: that the fields without which there is no input are there.
 * @throws {Error} if one is missing, which is a fault of the catalogue.
 */
export function asInput<Input extends object>(
  fields: Record<string, unknown>,
  required: readonly (keyof Input & string)[],
): Input {
  const missing = required.filter((name) => fields[name] === undefined);
  if (missing.length > 0) throw new Error(`The catalogue has no field ${missing.join(', ')}.`);
  return fields as Input;
}

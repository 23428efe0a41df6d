/**
 * Takes the client's values out of GraphQL's messages: they echo whole inputs and literals, secrets included. Names of
 * variables, fields and types stay, so the message still says what to mend.
 */

/**
 * Removes values from a message of graphql-js.
 * @param reason the inner message of a coercion error, which stands at the end of `message`; undefined if there is none.
 */
export function redactValues(message: string, reason?: string): string {
  const variable = /^Variable "\$([_A-Za-z0-9]+)" got invalid value /.exec(message)?.[1];
  if (variable !== undefined) return redactVariable(variable, message, reason ?? '');
  return redactLiterals(message);
}

/** Drops the list of near names, which tells strangers what the schema has. */
export function withoutSuggestions(message: string): string {
  return message.replace(/ Did you mean [\s\S]*$/, '');
}

/** The message is `Variable "$name" got invalid value <value>[ at "name.path"]; <reason>`: only its ends are safe. */
function redactVariable(variable: string, message: string, reason: string): string {
  const isSplit = reason !== '' && message.endsWith(`; ${reason}`);
  const head = isSplit ? message.slice(0, -reason.length - 2) : '';
  // A value cannot forge this end: the quotes in a shown string are escaped, and a shown object ends with a brace.
  const path = / at "([\w.[\]]+)"$/.exec(head)?.[1];
  const place = path === undefined ? '' : ` at "${path}"`;
  return `Variable "$${variable}" got an invalid value${place}; ${redactReason(isSplit ? reason : '')}`;
}

/** Reasons that hold names of the schema and of the client's keys only. */
const SAFE_REASONS: readonly RegExp[] = [
  /^Expected non-nullable type "[^"]*" not to be null\.$/,
  /^Field "\w+" of required type "[^"]*" was not provided\.$/,
  /^Field "\w+" is not defined by type "\w+"\./,
  /^Expected type "\w+" to be an object\.$/,
  /^Exactly one key must be specified for OneOf type "\w+"\.$/,
  // What our own scalars say.
  /^JSONObject takes (?:a JSON object|at most \d+ levels)\.$/,
  /^A whole number beyond [^"]{1,20} would be rounded: send it as a string\.$/,
  /^BigInt takes a whole number within [^"]{1,20}, or a decimal text\.$/,
];

function redactReason(reason: string): string {
  if (SAFE_REASONS.some((safe) => safe.test(reason))) return reason;
  const type = /^Expected (?:value of )?type "(\w+)"/.exec(reason)?.[1] ?? / in "(\w+)" enum\./.exec(reason)?.[1];
  if (type !== undefined) return `Expected type "${type}".`;
  const scalar = /^(?:Enum "(\w+)"|(\w+)) cannot represent/.exec(reason);
  const expected = scalar?.[1] ?? scalar?.[2];
  return expected === undefined ? 'The value does not fit its type.' : `Expected type "${expected}".`;
}

const LITERALS: readonly (readonly [RegExp, string])[] = [
  [/^(Syntax Error: (?:Expected .*?, found|Unexpected) (?:String|BlockString|Int|Float)) [\s\S]*$/, '$1.'],
  [/^(Expected value of type "[^"]*"), found [\s\S]*$/, '$1, found another.'],
  [/^((?:Enum "\w+"|\w+) cannot (?:represent|be represented by)) [\s\S]*$/, '$1 this value.'],
  [/^Value "[\s\S]*" does not exist in "(\w+)" enum\.[\s\S]*$/, 'The value does not exist in "$1" enum.'],
  [/^(Argument "\w+") has invalid value [\s\S]*$/, '$1 has an invalid value.'],
];

function redactLiterals(message: string): string {
  for (const [form, replacement] of LITERALS) if (form.test(message)) return message.replace(form, replacement);
  return message;
}

/**
 * Puts every mutation of the schema under audit. Done to the schema as a whole, so that a new mutation is audited without
 * a word about it.
 */

import {
  type GraphQLField,
  GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  getNullableType,
  isEnumType,
  isListType,
} from 'graphql';
import { type AuditChange, HIDDEN } from '../domain/audit.js';
import { fromGlobalId } from '../domain/global-id.js';
import { type NodeReference, RequestError } from '../domain/user-error.js';
import type { Context } from './context.js';
import { UserErrorType } from './errors.js';

/** Makes each mutation of the schema leave an entry in the audit log, whatever comes of it but a fault of ours. */
export function auditMutations(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) audit(field);
}

function audit(field: GraphQLField<unknown, Context>): void {
  const { name: action, resolve } = field;
  const inputType = getNullableType(field.args.find(({ name }) => name === 'input')?.type);
  if (!resolve || !(inputType instanceof GraphQLInputObjectType))
    throw new Error(`Mutation ${action} has no resolver, or no input.`);
  field.resolve = async (source, args: { input: Record<string, unknown> }, context, info) => {
    const { input } = args;
    const call = { action, target: findTarget(input), changes: describeInput(inputType, input) };
    const { services, trail } = context.openAudit(call);
    try {
      const answer: unknown = await resolve(source, args, { ...context, services }, info);
      await trail.close(answer instanceof UserErrorType ? answer.code : null);
      return answer;
    } catch (error) {
      if (error instanceof RequestError) await trail.close(error.code);
      throw error;
    }
  };
}

/** What each field of an input was set to. What only says which object, or which call, is left out. */
export function describeInput(type: GraphQLInputObjectType, input: Readonly<Record<string, unknown>>): AuditChange[] {
  return Object.values(type.getFields())
    .filter(({ name }) => input[name] !== undefined && !NOT_SET.has(name))
    .map(({ name, type: fieldType }) => ({ field: name, after: describeValue(fieldType, input[name]) }));
}

const NOT_SET: ReadonlySet<string> = new Set(['id', 'expectedVersion', 'idempotencyKey']);

/** Scalars whose values tell no secret and nothing personal. */
const OPEN_SCALARS: ReadonlySet<string> = new Set(['BigInt', 'Boolean', 'DateTimeISO', 'Float', 'Int']);

/** Longest value that is kept, in characters. */
const MAX_VALUE_CHARACTERS = 1_000;

function describeValue(type: GraphQLInputType, value: unknown): string {
  if (!isOpen(type, value)) return HIDDEN;
  const text = JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? part.toString() : part));
  return text.length > MAX_VALUE_CHARACTERS ? HIDDEN : text;
}

function isOpen(type: GraphQLInputType, value: unknown): boolean {
  if (value === null) return true;
  const bare = getNullableType(type);
  if (isListType(bare)) return Array.isArray(value) && value.every((part) => isOpen(bare.ofType, part));
  if (bare.name === 'ID') return typeof value === 'string' && fromGlobalId(value) !== null;
  return isEnumType(bare) || OPEN_SCALARS.has(bare.name);
}

/** Fields by which inputs name the object that they are about, the nearest first. */
const TARGET_FIELDS = ['id', 'exportId', 'activationId', 'destinationId'] as const;

function findTarget(input: Readonly<Record<string, unknown>>): NodeReference | null {
  for (const field of TARGET_FIELDS) {
    const id = input[field];
    const reference = typeof id === 'string' ? fromGlobalId(id) : null;
    if (reference) return { kind: reference.kind, id: reference.id };
  }
  return null;
}

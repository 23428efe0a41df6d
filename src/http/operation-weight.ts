/**
 * What an operation asks for, told before it runs: how many objects its answer may have, how deep it is, and how often it
 * uses what multiplies work. Each fragment is weighed once, however often it is spread.
 */

import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';

/** The weight of an operation. */
export interface OperationWeight {
  /** Objects that the answer may have, by page sizes. */
  cost: number;
  /** Fields below each other; `{ viewer { role } }` has 2. */
  depth: number;
  /** In the whole document. */
  aliases: number;
  /** In the whole document. */
  directives: number;
  asksForSchema: boolean;
}

/** What is weighed: a document that fits the schema, and the operation of it that is to run. */
export interface WeighedOperation {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Readonly<Record<string, unknown>>;
}

/** Entries that a page has if no size is given; {@link MAX_PAGE} if it is no number. */
const DEFAULT_PAGE = 20;
const MAX_PAGE = 100;
const NO_PAGE = 0;
/** Entries that a list without pages counts for: most have a few. */
const PLAIN_LIST = 5;

/** Weighs an operation. */
export function weighOperation(weighed: WeighedOperation): OperationWeight {
  const scale = new Scale(weighed);
  const { cost, depth } = scale.weighRoot();
  return { cost, depth, ...multipliersOf(weighed.document) };
}

type Multipliers = Pick<OperationWeight, 'aliases' | 'directives' | 'asksForSchema'>;

/** Of documents that are sent again and again the server keeps the parsed form: they are looked through once. */
const known = new WeakMap<DocumentNode, Multipliers>();

function multipliersOf(document: DocumentNode): Multipliers {
  const multipliers = known.get(document) ?? countMultipliers(document);
  known.set(document, multipliers);
  return multipliers;
}

function countMultipliers(document: DocumentNode): Multipliers {
  let aliases = 0;
  let directives = 0;
  let asksForSchema = false;
  visit(document, {
    Field(node) {
      if (node.alias) aliases += 1;
      if (isSchemaField(node)) asksForSchema = true;
    },
    Directive() {
      directives += 1;
    },
  });
  return { aliases, directives, asksForSchema };
}

function isSchemaField(node: FieldNode): boolean {
  return node.name.value === '__schema' || node.name.value === '__type';
}

interface Weight {
  cost: number;
  depth: number;
}

const NOTHING: Weight = { cost: 0, depth: 0 };

class Scale {
  readonly #weighed: WeighedOperation;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** By fragment and page size of the connection that it is spread in: some thousand, as documents are bounded. */
  readonly #known = new Map<string, Weight>();

  constructor(weighed: WeighedOperation) {
    this.#weighed = weighed;
    this.#fragments = new Map(
      weighed.document.definitions.flatMap((node) =>
        node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
      ),
    );
  }

  weighRoot(): Weight {
    const { schema, operation } = this.#weighed;
    return this.#weigh(operation.selectionSet, {
      typeName: schema.getRootType(operation.operation)?.name ?? '',
      page: NO_PAGE,
    });
  }

  #weigh(selections: SelectionSetNode, place: Place): Weight {
    let sum = NOTHING;
    for (const node of selections.selections) {
      const weight = node.kind === Kind.FIELD ? this.#weighField(node, place) : this.#weighSpread(node, place);
      sum = { cost: sum.cost + weight.cost, depth: Math.max(sum.depth, weight.depth) };
    }
    return sum;
  }

  #weighSpread(node: Exclude<SelectionSetNode['selections'][number], FieldNode>, place: Place): Weight {
    if (node.kind === Kind.INLINE_FRAGMENT)
      return this.#weigh(node.selectionSet, { ...place, typeName: node.typeCondition?.name.value ?? place.typeName });
    const key = `${node.name.value} ${place.page}`;
    const known = this.#known.get(key);
    if (known) return known;
    const fragment = this.#fragments.get(node.name.value);
    if (!fragment) return NOTHING;
    const typeName = fragment.typeCondition.name.value;
    const weight = this.#weigh(fragment.selectionSet, { ...place, typeName });
    this.#known.set(key, weight);
    return weight;
  }

  #weighField(node: FieldNode, place: Place): Weight {
    // Their own depth is bounded by a rule of graphql-js; whether they are allowed is another question.
    if (isSchemaField(node)) return { cost: 1, depth: 1 };
    const field = this.#findField(node, place.typeName);
    if (!field || !node.selectionSet) return { cost: 0, depth: 1 };
    const named = getNamedType(field.type);
    if (!isCompositeType(named)) return { cost: 0, depth: 1 };
    const page = this.#pageOf(node, field);
    const inside = this.#weigh(node.selectionSet, { typeName: named.name, page });
    const entries = this.#entriesOf(node, field, place);
    return { cost: entries * (1 + inside.cost), depth: 1 + inside.depth };
  }

  #findField(node: FieldNode, typeName: string): GraphQLField<unknown, unknown> | undefined {
    const type = this.#weighed.schema.getType(typeName);
    return isObjectType(type) || isInterfaceType(type) ? type.getFields()[node.name.value] : undefined;
  }

  /** The page that a field opens; {@link NO_PAGE} if it is no connection. */
  #pageOf(node: FieldNode, field: GraphQLField<unknown, unknown>): number {
    if (!field.args.some(({ name }) => name === 'first')) return NO_PAGE;
    const sizes = ['first', 'last'].map((name) => this.#valueOf(node, name)).filter((size) => size != null);
    const size = sizes.length === 0 ? DEFAULT_PAGE : Math.max(...sizes.map(Number));
    return size >= 1 && size <= MAX_PAGE ? size : MAX_PAGE;
  }

  /** How many objects a field has: those of its page in a connection, those asked for in `nodes(ids)`. */
  #entriesOf(node: FieldNode, field: GraphQLField<unknown, unknown>, place: Place): number {
    if (!isList(field.type)) return 1;
    if (place.page !== NO_PAGE && (node.name.value === 'nodes' || node.name.value === 'edges')) return place.page;
    const ids = this.#valueOf(node, 'ids');
    return Array.isArray(ids) ? Math.min(ids.length, MAX_PAGE) : PLAIN_LIST;
  }

  #valueOf(node: FieldNode, name: string): unknown {
    const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
    if (value?.kind === Kind.VARIABLE) return this.#variable(value.name.value);
    if (value?.kind === Kind.INT) return Number(value.value);
    return value?.kind === Kind.LIST ? value.values : undefined;
  }

  #variable(name: string): unknown {
    const given = this.#weighed.variables[name];
    if (given !== undefined) return given;
    const definition = this.#weighed.operation.variableDefinitions?.find(
      ({ variable }) => variable.name.value === name,
    );
    return definition?.defaultValue?.kind === Kind.INT ? Number(definition.defaultValue.value) : undefined;
  }
}

/** Where a selection stands: in which type, and in a page of how many entries. */
interface Place {
  typeName: string;
  page: number;
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(getNullableType(type));
}

/** Relay connections: arguments, page info, and the classes of each connection type. */

import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql';
import { RequestError } from '../domain/user-error.js';
import type { Page, PageRequest } from '../storage/paging.js';
import { BigIntScalar } from './scalars.js';

const MAX_PAGE = 100;
const DEFAULT_PAGE = 20;

/** GraphQL type `PageInfo`. */
@ObjectType('PageInfo', { description: 'Where a page lies in its list.' })
export class PageInfoType {
  @Field(() => String, { nullable: true, description: "Cursor of the page's last item; null on an empty page." })
  endCursor!: string | null;

  @Field(() => Boolean, { description: 'Whether items follow this page.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether items precede this page.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: "Cursor of the page's first item; null on an empty page." })
  startCursor!: string | null;
}

/** The arguments that every list takes. */
@ArgsType()
export class ConnectionArgs {
  @Field(() => Int, {
    nullable: true,
    description: 'How many from the start: 1–100; 20 if neither `first` nor `last` is given.',
  })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'Only what comes after this cursor (`pageInfo.endCursor`).' })
  after?: string | null;

  @Field(() => Int, { nullable: true, description: 'How many from the end: 1–100; not together with `first`.' })
  last?: number | null;

  @Field(() => String, { nullable: true, description: 'Only what comes before this cursor (`pageInfo.startCursor`).' })
  before?: string | null;
}

/** What a connection's fields read from. */
export interface Connection<Item> {
  edges: { cursor: string; node: Item }[];
  nodes: Item[];
  pageInfo: PageInfoType;
  /** Runs the count only when asked for. */
  totalCount?: () => Promise<number>;
}

/**
 * Checks the page arguments.
 * @throws {RequestError} if `first` or `last` is outside 1–100, or both are given.
 */
export function toPageRequest(args: ConnectionArgs): PageRequest {
  const { first, last } = args;
  if (first != null && last != null)
    throw new RequestError('BAD_USER_INPUT', '`first` and `last` exclude each other: give one of them.');
  const [name, limit] = last != null ? ['last', last] : ['first', first ?? DEFAULT_PAGE];
  if (limit < 1 || limit > MAX_PAGE)
    throw new RequestError('BAD_USER_INPUT', `\`${name}\` is ${limit}; give 1–${MAX_PAGE}.`);
  return { limit, fromEnd: last != null, after: args.after ?? null, before: args.before ?? null };
}

/** Shapes a page of rows as a connection. */
export function toConnection<Row, Item>(
  page: Page<Row>,
  toItem: (row: Row) => Item,
  totalCount?: () => Promise<number>,
): Connection<Item> {
  const edges = page.items.map(({ row, cursor }) => ({ cursor, node: toItem(row) }));
  const pageInfo = Object.assign(new PageInfoType(), {
    startCursor: edges[0]?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
    hasNextPage: page.hasNextPage,
    hasPreviousPage: page.hasPreviousPage,
  });
  return { edges, nodes: edges.map((edge) => edge.node), pageInfo, ...(totalCount && { totalCount }) };
}

/** Names of a connection type; `plural` stands in its descriptions, such as `segments`. */
export interface ConnectionNames {
  name: string;
  plural: string;
}

/**
 * Makes the classes of a connection type and its edge type.
 * @param node returns the class of the items.
 * @returns the connection's class, without `totalCount`: see {@link createCountedConnection}.
 */
export function createConnection<Item extends object>(
  node: () => ClassType<Item> | object,
  names: ConnectionNames,
): ClassType<Connection<Item>> {
  @ObjectType(`${names.name}Edge`, { description: `One of ${names.plural}, and where it stands in the list.` })
  class EdgeType {
    @Field(() => String, { description: 'Hand it back as `after` or `before`.' })
    cursor!: string;

    @Field(() => node() as ClassType<Item>, { description: 'The item.' })
    node!: Item;
  }

  @ObjectType(`${names.name}Connection`, { description: `A page of ${names.plural}.` })
  class ConnectionType {
    @Field(() => [EdgeType], { description: "The page's items with their cursors, in order." })
    edges!: EdgeType[];

    @Field(() => [node() as ClassType<Item>], { description: "The page's items without cursors." })
    nodes!: Item[];

    @Field(() => PageInfoType, { description: 'Where the page lies in the list.' })
    pageInfo!: PageInfoType;
  }
  return ConnectionType;
}

/** As {@link createConnection}, with `totalCount`: only where one indexed query gives it. */
export function createCountedConnection<Item extends object>(
  node: () => ClassType<Item> | object,
  names: ConnectionNames,
): ClassType<Connection<Item>> {
  const Base = createConnection(node, names);

  @ObjectType(`${names.name}Connection`, { description: `A page of ${names.plural}.` })
  class CountedConnectionType extends Base {
    @Field(() => BigIntScalar, { simple: true, description: 'How many the whole list has under its filter; exact.' })
    override totalCount!: () => Promise<number>;
  }
  return CountedConnectionType;
}

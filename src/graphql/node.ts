/** The interface of everything that has a global id. */

import { Field, ID, InterfaceType } from 'type-graphql';

/** GraphQL interface `Node`. */
@InterfaceType('Node', { description: 'Whatever has a global id.' })
export abstract class NodeType {
  @Field(() => ID, { description: 'Global, opaque, stable id.' })
  id!: string;
}

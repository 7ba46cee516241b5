/**
 * Names of nodes and of their lives, as types that cannot be mixed up with other strings and
 * numbers.
 */
import { InvalidArgument } from './errors.ts';

declare const brand: unique symbol;

/** A `Base` that the compiler keeps apart from every other `Base`; it costs nothing at run time. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/**
 * The name of a cluster member or client: 1 to 63 of `a-z 0-9 -`, starting with a letter or digit.
 */
export type NodeId = Brand<string, 'NodeId'>;

/**
 * Which life of a node this is: a positive integer that grows with every start under the same name.
 *
 * A peer that has seen incarnation 8 of a node drops what incarnation 7 had still on the way.
 */
export type Incarnation = Brand<number, 'Incarnation'>;

const NODE_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** The node named `text`; throws `InvalidArgument` where it is no valid name. */
export function toNodeId(text: string): NodeId {
  if (!NODE_ID.test(text)) {
    throw new InvalidArgument('node', text, '1 to 63 of a-z, 0-9 and -, starting with no -');
  }
  return text as NodeId;
}

/**
 * The incarnation numbered `value`; throws `InvalidArgument` unless it is a positive safe integer.
 */
export function toIncarnation(value: number): Incarnation {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgument('incarnation', value, 'a positive integer');
  }
  return value as Incarnation;
}

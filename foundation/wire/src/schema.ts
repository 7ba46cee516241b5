/**
 * A schema: the one declaration of a value's bytes, from which an encoder and a decoder for each
 * version are compiled, and of which TypeScript knows the type of the value.
 *
 *     schema --compile(version)--> codec: write(writer, value), read(reader)
 *
 * Compiling happens once, when the message is declared. What depends on the version is decided
 * there, so that the compiled code has no `if` about versions.
 */
import type { Reader } from './reader.ts';
import { WireError } from './wire-error.ts';
import type { Writer } from './writer.ts';

/** For what a schema is compiled. */
export interface Layout {
  /** The version of the message. */
  readonly version: number;
  /** Whether structs end with a section of tagged fields (Kafka's "flexible versions", KIP-482). */
  readonly isFlexible: boolean;
}

/** What a schema becomes for one layout. */
export interface Codec<Value> {
  /**
   * The name of the method of `Writer` and `Reader` that does all of it, where there is one: then a
   * compiled struct calls that and not this codec.
   */
  readonly call?: CallName;
  /** The fewest bytes that a value takes: it bounds the count of elements before they are read. */
  readonly minBytes: number;
  write(writer: Writer, value: Value): void;
  /**
   * As `write`, with a pause after every few elements: arrays have it, and structs and unions that
   * contain some. What has none is short, or long by bytes alone.
   */
  writeInSteps?(writer: Writer, value: Value): Steps;
  read(reader: Reader): Value;
}

/** Work that pauses after each step, in which others may run. */
export type Steps<Result = void> = Generator<void, Result, void>;

/** Writes `value` in the steps of `codec`; in one go where it has none. */
export function* writeSteps<Value>(codec: Codec<Value>, writer: Writer, value: Value): Steps {
  if (codec.writeInSteps === undefined) codec.write(writer, value);
  else yield* codec.writeInSteps(writer, value);
}

/** The declaration of a value's bytes. */
export interface Schema<Value> {
  compile(layout: Layout): Codec<Value>;
}

/** The type of the values of a schema: `type Entry = TypeOf<typeof entry>`. */
export type TypeOf<S> = S extends Schema<infer Value> ? Value : never;

/** The methods that `Writer` and `Reader` share. */
export type CallName = {
  [Name in keyof Writer & keyof Reader]: Writer[Name] extends (value: never) => void
    ? Reader[Name] extends () => unknown
      ? Name
      : never
    : never;
}[keyof Writer & keyof Reader];

/** A schema whose codec is the same in every layout. */
export function fixed<Value>(codec: Codec<Value>): Schema<Value> {
  return { compile: () => codec };
}

/**
 * `schema` for values of a branded type, as in `branded<LogIndex>(uvarint)`.
 *
 * The brand is taken on trust: only what `schema` checks is checked.
 */
export function branded<Value extends number | bigint | string>(
  schema: Schema<Unbranded<Value>>,
): Schema<Value> {
  return schema as unknown as Schema<Value>;
}

/** What a branded type is without its brand. */
export type Unbranded<Value> = Value extends number
  ? number
  : Value extends bigint
    ? bigint
    : string;

/** `flexible` in flexible versions, `plain` in the others: as with Kafka's compact types. */
export function byFlexibility<Value>(flexible: Schema<Value>, plain: Schema<Value>): Schema<Value> {
  return { compile: (layout) => (layout.isFlexible ? flexible : plain).compile(layout) };
}

/** Refuses a length or count above `max` before anything is allocated for it. */
export function checkLength(length: number, max: number, unit: string): void {
  if (length > max) throw new WireError('too-long', `${length} ${unit}, where ${max} may be`);
}

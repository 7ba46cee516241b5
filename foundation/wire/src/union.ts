/**
 * Unions: one of several structs, told apart by a property of the value and a number in the bytes.
 *
 *     union => number:uvarint  struct
 */
import { InvalidArgument } from './invalid-argument.ts';
import { type Codec, type Schema, type Steps, type TypeOf, writeSteps } from './schema.ts';
import type { StructSchema } from './struct.ts';
import { WireError, within } from './wire-error.ts';
import type { Writer } from './writer.ts';

/** A member: its number in the bytes (0 or more, never used again), and its struct. */
export interface Member<Value> {
  readonly number: number;
  readonly schema: StructSchema<Value>;
  /** The first version that has this member. Default: every one. */
  readonly since?: number;
}

/** The members of a union by name. */
export type Members = Readonly<Record<string, Member<unknown>>>;

/** The type of a union's values: each member's struct with its name as the property `Key`. */
export type UnionOf<Key extends string, M extends Members> = {
  [Name in keyof M & string]: Merged<{ readonly [K in Key]: Name } & TypeOf<M[Name]['schema']>>;
}[keyof M & string];

/** A member as one layout has it. */
interface Compiled {
  readonly name: string;
  readonly number: number;
  readonly codec: Codec<unknown>;
}

type Merged<Value> = { readonly [Name in keyof Value]: Value[Name] };

/**
 * A union of structs on the property `key`, usually `type`.
 *
 * A number that the version does not have is refused as `unknown-member`: what cannot be read must
 * not be taken for read. Who sends a member first must know that the other side has it.
 */
export function union<Key extends string, M extends Members>(
  key: Key,
  members: M,
): Schema<UnionOf<Key, M>> {
  if (!/^[a-z][a-zA-Z0-9]*$/.test(key)) {
    throw new InvalidArgument('key', key, 'a lowerCamelCase identifier');
  }
  const numbers = new Set<number>();
  for (const [name, { number }] of Object.entries(members)) {
    if (!Number.isInteger(number) || number < 0 || numbers.has(number)) {
      throw new InvalidArgument(name, number, 'an integer of 0 or more that no other member has');
    }
    numbers.add(number);
  }
  return {
    compile: (layout) => {
      const byName = new Map<string, Compiled>();
      const byNumber: Compiled[] = [];
      // Mostly one kind is written many times, and needs no look-up again.
      let last: Compiled | undefined;
      let minBytes = Number.MAX_SAFE_INTEGER;
      for (const [name, { number, schema, since = 0 }] of Object.entries(members)) {
        if (layout.version < since) continue;
        const codec = schema.compileMember(layout, { key, name });
        const member = { name, number, codec };
        byName.set(name, member);
        byNumber[number] = member;
        minBytes = Math.min(minBytes, codec.minBytes);
      }
      const begin = (writer: Writer, name: unknown): Codec<unknown> => {
        const member = last?.name === name ? last : byName.get(name as string);
        if (member === undefined) {
          throw new WireError('unknown-member', `no member '${String(name)}' in this version`);
        }
        last = member;
        writer.uvarint(member.number);
        return member.codec;
      };
      const hasSteps = [...byName.values()].some(({ codec }) => codec.writeInSteps !== undefined);
      const writeInSteps = function* (writer: Writer, value: UnionOf<Key, M>): Steps {
        const name = (value as Readonly<Record<string, unknown>>)[key];
        const codec = begin(writer, name);
        try {
          yield* writeSteps(codec, writer, value);
        } catch (error) {
          throw within(error, name as string);
        }
      };
      const codec: Codec<UnionOf<Key, M>> = {
        minBytes: byName.size === 0 ? 1 : 1 + minBytes,
        write: (writer, value) => {
          const name = (value as Readonly<Record<string, unknown>>)[key];
          const codec = begin(writer, name);
          try {
            codec.write(writer, value);
          } catch (error) {
            throw within(error, name as string);
          }
        },
        read: (reader) => {
          const number = reader.uvarint();
          const member = byNumber[number];
          if (member === undefined) {
            throw new WireError('unknown-member', `no member ${number} in this version`);
          }
          try {
            return member.codec.read(reader) as UnionOf<Key, M>;
          } catch (error) {
            throw within(error, member.name);
          }
        },
      };
      return hasSteps ? { ...codec, writeInSteps } : codec;
    },
  };
}

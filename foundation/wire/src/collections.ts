/**
 * Schemas of several values, of one that may be missing, and of names for numbers.
 */
import {
  checked,
  checkedNullable,
  type LengthOptions,
  lengthWidth,
  readLength,
  readNullableLength,
  writeLength,
} from './bytes.ts';
import { InvalidArgument } from './invalid-argument.ts';
import type { Reader } from './reader.ts';
import { type Codec, checkLength, fixed, type Schema, type Steps, writeSteps } from './schema.ts';
import { WireError, within } from './wire-error.ts';
import type { Writer } from './writer.ts';

/**
 * A count and that many values.
 *
 * A count is believed only as far as the bytes that are left could hold so many elements, so that
 * no short message makes a long array. Elements that may take no bytes are bounded by `max` alone.
 */
export function array<Value>(
  element: Schema<Value>,
  options: LengthOptions,
): Schema<readonly Value[]> {
  const { max, style } = checked(options);
  return {
    compile: (layout) => {
      const codec = element.compile(layout);
      return {
        minBytes: lengthWidth(style),
        write: (writer, values) => {
          checkLength(values.length, max, 'elements');
          writeLength(writer, style, values.length);
          writeElements(writer, codec, values);
        },
        *writeInSteps(writer, values) {
          checkLength(values.length, max, 'elements');
          writeLength(writer, style, values.length);
          yield* writeElementsInSteps(writer, codec, values);
        },
        read: (reader) => {
          return readElements(reader, codec, readLength(reader, style, max, 'elements'));
        },
      };
    },
  };
}

/** An array or null; not in style `uvarint`. */
export function nullableArray<Value>(
  element: Schema<Value>,
  options: LengthOptions,
): Schema<readonly Value[] | null> {
  const { max, style } = checkedNullable(options);
  return {
    compile: (layout) => {
      const codec = element.compile(layout);
      return {
        minBytes: lengthWidth(style),
        write: (writer, values) => {
          checkLength(values?.length ?? 0, max, 'elements');
          writeLength(writer, style, values?.length ?? -1);
          writeElements(writer, codec, values ?? []);
        },
        read: (reader) => {
          const count = readNullableLength(reader, style, max, 'elements');
          return count < 0 ? null : readElements(reader, codec, count);
        },
      };
    },
  };
}

/** A value or `undefined`, behind one byte 0 (missing) or 1. */
export function optional<Value>(schema: Schema<Value>): Schema<Value | undefined> {
  return {
    compile: (layout) => {
      const codec = schema.compile(layout);
      return {
        minBytes: 1,
        write: (writer, value) => {
          writer.uint8(value === undefined ? 0 : 1);
          if (value !== undefined) codec.write(writer, value);
        },
        read: (reader) => (reader.boolean() ? codec.read(reader) : undefined),
      };
    },
  };
}

/** A value or null, behind one byte -1 (null) or 1 (Kafka's nullable structs, KIP-893). */
export function nullable<Value>(schema: Schema<Value>): Schema<Value | null> {
  return {
    compile: (layout) => {
      const codec = schema.compile(layout);
      return {
        minBytes: 1,
        write: (writer, value) => {
          writer.int8(value === null ? -1 : 1);
          if (value !== null) codec.write(writer, value);
        },
        read: (reader) => {
          const mark = reader.int8();
          if (mark !== 1 && mark !== -1) throw new WireError('malformed', `a mark of ${mark}`);
          return mark === 1 ? codec.read(reader) : null;
        },
      };
    },
  };
}

/** Names for the numbers 0 to 255: `oneOf({ follower: 0, candidate: 1, leader: 2 })`. */
export function oneOf<Name extends string>(numbers: Readonly<Record<Name, number>>): Schema<Name> {
  const byName = new Map(Object.entries<number>(numbers) as [Name, number][]);
  const byNumber = new Map<number, Name>();
  for (const [name, number] of byName) {
    if (!Number.isInteger(number) || number < 0 || number > 255) {
      throw new InvalidArgument(name, number, 'an integer from 0 to 255');
    }
    if (byNumber.has(number)) throw new InvalidArgument(name, number, 'another number');
    byNumber.set(number, name);
  }
  return fixed({
    minBytes: 1,
    write: (writer, value) => {
      const number = byName.get(value);
      if (number === undefined) throw new WireError('unknown-member', `no member '${value}'`);
      writer.uint8(number);
    },
    read: (reader) => {
      const number = reader.uint8();
      const name = byNumber.get(number);
      if (name === undefined) throw new WireError('unknown-member', `no member ${number}`);
      return name;
    },
  });
}

function writeElements<Value>(writer: Writer, codec: Codec<Value>, values: readonly Value[]): void {
  let index = 0;
  try {
    for (; index < values.length; index++) codec.write(writer, values[index] as Value);
  } catch (error) {
    throw within(error, `[${index}]`);
  }
}

/** A step of an array ends after so many elements, or when it has written so many bytes. */
const STEP_ELEMENTS = 64;
const STEP_BYTES = 65_536;

function* writeElementsInSteps<Value>(
  writer: Writer,
  codec: Codec<Value>,
  values: readonly Value[],
): Steps {
  const isLong = codec.writeInSteps !== undefined;
  let index = 0;
  let begin = 0;
  let beganAt = writer.length;
  try {
    for (; index < values.length; index++) {
      if (isLong) yield* writeSteps(codec, writer, values[index] as Value);
      else codec.write(writer, values[index] as Value);
      if (index - begin < STEP_ELEMENTS && writer.length - beganAt < STEP_BYTES) continue;
      yield;
      begin = index;
      beganAt = writer.length;
    }
  } catch (error) {
    throw within(error, `[${index}]`);
  }
}

function readElements<Value>(reader: Reader, codec: Codec<Value>, count: number): Value[] {
  if (count * codec.minBytes > reader.remaining) {
    throw new WireError(
      'truncated',
      `${count} elements need ${count * codec.minBytes} bytes and ${reader.remaining} are left`,
    );
  }
  const values: Value[] = [];
  try {
    while (values.length < count) values.push(codec.read(reader));
  } catch (error) {
    throw within(error, `[${values.length}]`);
  }
  return values;
}

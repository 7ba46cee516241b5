/**
 * Schemas of bytes and text with a length in front, and of what has a fixed number of bytes.
 */
import { InvalidArgument } from './invalid-argument.ts';
import type { Reader } from './reader.ts';
import { checkLength, fixed, type Schema } from './schema.ts';
import { utf8Length } from './utf8.ts';
import { WireError } from './wire-error.ts';
import type { Writer } from './writer.ts';

/**
 * How a length or count is written, and null where the schema allows it.
 *
 *     uvarint   the length; null: not possible
 *     compact   uvarint of length + 1; null is 0       (Kafka's compact types)
 *     int16     two bytes; null is -1                  (Kafka's STRING)
 *     int32     four bytes; null is -1                 (Kafka's BYTES and ARRAY)
 */
export type LengthStyle = 'uvarint' | 'compact' | 'int16' | 'int32';

/** The bound of a length, and how the length is written. */
export interface LengthOptions {
  /** The most bytes or elements. A length above it is refused before anything is allocated. */
  readonly max: number;
  /** Default: `uvarint`. */
  readonly length?: LengthStyle;
}

/**
 * Bytes that are not copied: what is read shares the memory of the message, and what is written is
 * copied once, into the message.
 */
export function bytes(options: LengthOptions): Schema<Uint8Array> {
  const { max, style } = checked(options);
  return fixed({
    minBytes: lengthWidth(style),
    write: (writer, value) => {
      checkLength(value.length, max, 'bytes');
      writeLength(writer, style, value.length);
      writer.raw(value);
    },
    read: (reader) => reader.raw(readLength(reader, style, max, 'bytes')),
  });
}

/** Bytes or null; not in style `uvarint`. */
export function nullableBytes(options: LengthOptions): Schema<Uint8Array | null> {
  const { max, style } = checkedNullable(options);
  return fixed<Uint8Array | null>({
    minBytes: lengthWidth(style),
    write: (writer, value) => {
      checkLength(value?.length ?? 0, max, 'bytes');
      writeLength(writer, style, value?.length ?? -1);
      if (value !== null) writer.raw(value);
    },
    read: (reader) => {
      const length = readNullableLength(reader, style, max, 'bytes');
      return length < 0 ? null : reader.raw(length);
    },
  });
}

/** Text in UTF-8; `max` counts bytes. A lone surrogate and bytes that are no UTF-8 are refused. */
export function text(options: LengthOptions): Schema<string> {
  const { max, style } = checked(options);
  return fixed({
    minBytes: lengthWidth(style),
    write: (writer, value) => writeText(writer, style, value, max),
    read: (reader) => reader.utf8(readLength(reader, style, max, 'bytes of text')),
  });
}

/** Text or null; not in style `uvarint`. */
export function nullableText(options: LengthOptions): Schema<string | null> {
  const { max, style } = checkedNullable(options);
  return fixed<string | null>({
    minBytes: lengthWidth(style),
    write: (writer, value) => {
      if (value === null) writeLength(writer, style, -1);
      else writeText(writer, style, value, max);
    },
    read: (reader) => {
      const length = readNullableLength(reader, style, max, 'bytes of text');
      return length < 0 ? null : reader.utf8(length);
    },
  });
}

/** Exactly `length` bytes without a length in front; not copied. */
export function fixedBytes(length: number): Schema<Uint8Array> {
  if (!Number.isSafeInteger(length) || length < 0) {
    throw new InvalidArgument('length', length, 'an integer of 0 or more');
  }
  return fixed({
    minBytes: length,
    write: (writer, value) => {
      if (value.length !== length) {
        throw new WireError('out-of-range', `${value.length} bytes, where ${length} must be`);
      }
      writer.raw(value);
    },
    read: (reader) => reader.raw(length),
  });
}

/** A UUID: 16 bytes, as text of the form `01234567-89ab-cdef-0123-456789abcdef` (RFC 9562). */
export const uuid: Schema<string> = fixed({
  minBytes: 16,
  write: (writer, value) => {
    if (!UUID.test(value)) throw new WireError('out-of-range', 'the text is no UUID');
    const digits = value.replaceAll('-', '');
    for (let index = 0; index < 32; index += 8) {
      writer.uint32(Number.parseInt(digits.slice(index, index + 8), 16));
    }
  },
  read: (reader) => {
    let digits = '';
    for (let word = 0; word < 4; word++) digits += reader.uint32().toString(16).padStart(8, '0');
    const parts = [0, 8, 12, 16, 20].map((from, part, all) => digits.slice(from, all[part + 1]));
    return parts.join('-');
  },
});

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Writes a length or count; -1 is null. */
export function writeLength(writer: Writer, style: LengthStyle, length: number): void {
  switch (style) {
    case 'uvarint':
      writer.uvarint(length);
      return;
    case 'compact':
      writer.uvarint(length + 1);
      return;
    case 'int16':
      writer.int16(length);
      return;
    case 'int32':
      writer.int32(length);
  }
}

/** Reads a length or count that is not null and at most `max`. */
export function readLength(reader: Reader, style: LengthStyle, max: number, unit: string): number {
  const length = readNullableLength(reader, style, max, unit);
  if (length < 0) throw new WireError('malformed', 'null, where a value must be');
  return length;
}

/** Reads a length or count of at most `max`; -1 is null. */
export function readNullableLength(
  reader: Reader,
  style: LengthStyle,
  max: number,
  unit: string,
): number {
  const length = readRawLength(reader, style);
  if (length < -1) throw new WireError('malformed', `a length of ${length}`);
  checkLength(length, max, unit);
  return length;
}

/** The fewest bytes that a length takes. */
export function lengthWidth(style: LengthStyle): number {
  return style === 'int16' ? 2 : style === 'int32' ? 4 : 1;
}

/** Checks the options of a length; throws `InvalidArgument`. */
export function checked(options: LengthOptions): { max: number; style: LengthStyle } {
  const { max, length: style = 'uvarint' } = options;
  const bound = style === 'int16' ? 0x7fff : 0x7fffffff;
  if (!Number.isSafeInteger(max) || max < 0 || max > bound) {
    throw new InvalidArgument('max', max, `an integer from 0 to ${bound}`);
  }
  return { max, style };
}

/** The same for what may be null. */
export function checkedNullable(options: LengthOptions): { max: number; style: LengthStyle } {
  const result = checked(options);
  if (result.style === 'uvarint') {
    throw new InvalidArgument('length', 'uvarint', 'a style that has a null');
  }
  return result;
}

function readRawLength(reader: Reader, style: LengthStyle): number {
  switch (style) {
    case 'uvarint':
      return reader.uvarint();
    case 'compact':
      return reader.uvarint() - 1;
    case 'int16':
      return reader.int16();
    case 'int32':
      return reader.int32();
  }
}

function writeText(writer: Writer, style: LengthStyle, value: string, max: number): void {
  const sizeBytes = utf8Length(value);
  checkLength(sizeBytes, max, 'bytes of text');
  writeLength(writer, style, sizeBytes);
  writer.utf8(value, sizeBytes);
}

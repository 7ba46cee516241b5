/**
 * Schemas of booleans and numbers.
 *
 * 64 bits come in two kinds: as `bigint` (`uint64`), or as a `number` that is checked to be a safe
 * integer on both sides (`safeUint64`). The second is several times faster and does for whatever
 * counts from zero.
 */
import type { Reader } from './reader.ts';
import { type CallName, fixed, type Schema } from './schema.ts';
import type { Writer } from './writer.ts';

/** One byte, 0 or 1; another value is refused. */
export const boolean: Schema<boolean> = fixed({ ...called('boolean'), minBytes: 1 });

/** Integers of fixed width, big-endian unless they say `le`. */
export const uint8: Schema<number> = fixed({ ...called('uint8'), minBytes: 1 });
/** Signed, in two's complement, as all of these. */
export const int8: Schema<number> = fixed({ ...called('int8'), minBytes: 1 });
/** Two bytes. */
export const uint16: Schema<number> = fixed({ ...called('uint16'), minBytes: 2 });
/** Two bytes, little-endian. */
export const uint16le: Schema<number> = fixed({ ...called('uint16le'), minBytes: 2 });
/** Two bytes. */
export const int16: Schema<number> = fixed({ ...called('int16'), minBytes: 2 });
/** Two bytes, little-endian. */
export const int16le: Schema<number> = fixed({ ...called('int16le'), minBytes: 2 });
/** Four bytes. */
export const uint32: Schema<number> = fixed({ ...called('uint32'), minBytes: 4 });
/** Four bytes, little-endian. */
export const uint32le: Schema<number> = fixed({ ...called('uint32le'), minBytes: 4 });
/** Four bytes. */
export const int32: Schema<number> = fixed({ ...called('int32'), minBytes: 4 });
/** Four bytes, little-endian. */
export const int32le: Schema<number> = fixed({ ...called('int32le'), minBytes: 4 });

/** Eight bytes as a `bigint`. */
export const uint64: Schema<bigint> = fixed({ ...called('uint64'), minBytes: 8 });
/** Eight bytes as a `bigint`, little-endian. */
export const uint64le: Schema<bigint> = fixed({ ...called('uint64le'), minBytes: 8 });
/** Eight bytes as a `bigint`. */
export const int64: Schema<bigint> = fixed({ ...called('int64'), minBytes: 8 });
/** Eight bytes as a `bigint`, little-endian. */
export const int64le: Schema<bigint> = fixed({ ...called('int64le'), minBytes: 8 });

/** Eight bytes as a number from 0 to 2^53 - 1; more is refused. */
export const safeUint64: Schema<number> = fixed({ ...called('safeUint64'), minBytes: 8 });
/** The same, little-endian. */
export const safeUint64le: Schema<number> = fixed({ ...called('safeUint64le'), minBytes: 8 });
/** Eight bytes as a number from 1 - 2^53 to 2^53 - 1; what is beyond is refused. */
export const safeInt64: Schema<number> = fixed({ ...called('safeInt64'), minBytes: 8 });
/** The same, little-endian. */
export const safeInt64le: Schema<number> = fixed({ ...called('safeInt64le'), minBytes: 8 });

/** An IEEE 754 double, eight bytes, big-endian. */
export const float64: Schema<number> = fixed({ ...called('float64'), minBytes: 8 });

/** A number from 0 to 2^53 - 1 in groups of 7 bits, lowest first: 1 to 8 bytes. */
export const uvarint: Schema<number> = fixed({ ...called('uvarint'), minBytes: 1 });
/** The same up to 2^32 - 1. */
export const uvarint32: Schema<number> = fixed({ ...called('uvarint32'), minBytes: 1 });
/** A safe integer of either sign, zig-zag: small magnitudes are short. */
export const varint: Schema<number> = fixed({ ...called('varint'), minBytes: 1 });
/** A 32-bit integer of either sign, zig-zag. */
export const varint32: Schema<number> = fixed({ ...called('varint32'), minBytes: 1 });
/** Unsigned 64 bits as a `bigint`: 1 to 10 bytes. */
export const bigUvarint: Schema<bigint> = fixed({ ...called('bigUvarint'), minBytes: 1 });
/** Signed 64 bits as a `bigint`, zig-zag. */
export const bigVarint: Schema<bigint> = fixed({ ...called('bigVarint'), minBytes: 1 });

/** A codec that is one method of writer and reader. */
function called<Name extends CallName>(call: Name) {
  type Value = ReturnType<Reader[Name]>;
  return {
    call,
    write: (writer: Writer, value: Value): void => {
      (writer[call] as (value: Value) => void)(value);
    },
    read: (reader: Reader): Value => reader[call]() as Value,
  };
}

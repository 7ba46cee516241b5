/**
 * The door of the wire: bytes, and the values that are declared to be in them.
 */
export {
  bytes,
  fixedBytes,
  type LengthOptions,
  type LengthStyle,
  nullableBytes,
  nullableText,
  text,
  uuid,
} from './bytes.ts';
export { array, nullable, nullableArray, oneOf, optional } from './collections.ts';
export { type Crc32c, crc32c } from './crc32c.ts';
export {
  beginFrame,
  encodeFrame,
  endFrame,
  FRAME_HEADER_BYTES,
  FrameReader,
  frameHeaderOf,
} from './frame.ts';
export { InvalidArgument } from './invalid-argument.ts';
export {
  commonVersion,
  decodeSealed,
  encodeSealed,
  type Message,
  type MessageCodec,
  type MessageOptions,
  message,
  type Sealed,
} from './message.ts';
export {
  bigUvarint,
  bigVarint,
  boolean,
  float64,
  int8,
  int16,
  int16le,
  int32,
  int32le,
  int64,
  int64le,
  safeInt64,
  safeInt64le,
  safeUint64,
  safeUint64le,
  uint8,
  uint16,
  uint16le,
  uint32,
  uint32le,
  uint64,
  uint64le,
  uvarint,
  uvarint32,
  varint,
  varint32,
} from './numbers.ts';
export { Reader } from './reader.ts';
export { type RecursiveOptions, recursive } from './recursive.ts';
export {
  branded,
  byFlexibility,
  type Codec,
  fixed,
  type Layout,
  type Schema,
  type Steps,
  type TypeOf,
  writeSteps,
} from './schema.ts';
export {
  type Discriminant,
  type Field,
  type FieldOptions,
  type Fields,
  field,
  type StructOf,
  type StructSchema,
  struct,
} from './struct.ts';
export { type Member, type Members, type UnionOf, union } from './union.ts';
export { utf8Length } from './utf8.ts';
export { WireError, type WireErrorCode } from './wire-error.ts';
export { Writer, type WriterOptions } from './writer.ts';

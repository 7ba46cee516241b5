/**
 * Messages: a schema with a name and a range of versions.
 *
 * The bytes of a message do not say its version: a connection agrees on one (Kafka), or `sealed`
 * puts it in front (our own peers).
 */
import { type Crc32c, crc32c as portableCrc32c } from './crc32c.ts';
import { InvalidArgument } from './invalid-argument.ts';
import { Reader } from './reader.ts';
import { type Codec, type Schema, type Steps, writeSteps } from './schema.ts';
import { WireError, within } from './wire-error.ts';
import { Writer } from './writer.ts';

/** The versions that a message has. */
export interface MessageOptions {
  readonly lowest: number;
  readonly highest: number;
  /** The first version whose structs have a tagged section. Default: `lowest`, so all have it. */
  readonly flexibleFrom?: number;
}

/** A message: its versions, and their codecs. */
export interface Message<Value> {
  readonly name: string;
  readonly lowest: number;
  readonly highest: number;
  /** The codec of a version; a version outside the range throws `unknown-version`. */
  at(version: number): MessageCodec<Value>;
}

/** A message in one version. */
export interface MessageCodec<Value> {
  readonly version: number;
  /** The bytes of `value`: the caller's own. Throws `WireError` where it has none. */
  encode(value: Value): Uint8Array<ArrayBuffer>;
  /** Adds the bytes of `value` to `writer`; where that fails, `writer` is as it was before. */
  encodeInto(writer: Writer, value: Value): void;
  /**
   * As `encodeInto`, with a pause after every few elements of an array and every few kilobytes: a
   * writer with `pieceBytes` makes each step short. Where it fails, drop what is in `writer`. The
   * value must stay as it is meanwhile.
   */
  encodeInSteps(writer: Writer, value: Value): Steps;
  /**
   * The value of `bytes`, all of them. What the schema does not copy shares their memory. Throws
   * `WireError`, with the path of the field.
   */
  decode(bytes: Uint8Array): Value;
  /** Reads a value and leaves the reader behind it. */
  decodeFrom(reader: Reader): Value;
}

/** A message called `name`; all its versions are compiled at once. */
export function message<Value>(
  name: string,
  schema: Schema<Value>,
  options: MessageOptions,
): Message<Value> {
  const { lowest, highest, flexibleFrom = lowest } = options;
  if (!Number.isInteger(lowest) || lowest < 0) {
    throw new InvalidArgument('lowest', lowest, 'an integer of 0 or more');
  }
  if (!Number.isInteger(highest) || highest < lowest || highest > lowest + 1000) {
    throw new InvalidArgument('highest', highest, `an integer from ${lowest} to ${lowest + 1000}`);
  }
  const codecs: MessageCodec<Value>[] = [];
  for (let version = lowest; version <= highest; version++) {
    const codec = schema.compile({ version, isFlexible: version >= flexibleFrom });
    codecs.push(new VersionCodec(name, version, codec));
  }
  const at = (version: number): MessageCodec<Value> => {
    const codec = codecs[version - lowest];
    if (codec !== undefined) return codec;
    const reason = `version ${version}, where ${lowest} to ${highest} are known`;
    throw new WireError('unknown-version', reason, name);
  };
  return { name, lowest, highest, at };
}

/** The highest version that two sides have in common; undefined where there is none. */
export function commonVersion(
  ours: { readonly lowest: number; readonly highest: number },
  theirs: { readonly lowest: number; readonly highest: number },
): number | undefined {
  const version = Math.min(ours.highest, theirs.highest);
  return version >= ours.lowest && version >= theirs.lowest ? version : undefined;
}

/**
 * Adds a message for a peer: checksum, version, value.
 *
 *     sealed => crc32c:uint32 of what follows  version:uvarint  value
 *
 * Whatever happens to it on the way, `decodeSealed` gives this value or an error. (Planted bug 45
 * is to leave the checksum out.)
 *
 * @param crc32c a faster checksum than the portable one, which gives the same
 */
export function encodeSealed<Value>(
  writer: Writer,
  message: Message<Value>,
  value: Value,
  version: number = message.highest,
  crc32c: Crc32c = portableCrc32c,
): void {
  const codec = message.at(version);
  const begin = writer.length;
  writer.uint32(0);
  writer.uvarint(version);
  try {
    codec.encodeInto(writer, value);
  } catch (error) {
    writer.rewind(begin);
    throw error;
  }
  writer.patchUint32(begin, crc32c(writer.peek(begin + 4)));
}

/** A message of a peer, and the version that it came in. */
export interface Sealed<Value> {
  readonly version: number;
  readonly value: Value;
}

/** Reads what `encodeSealed` wrote. What is not copied shares the memory of `bytes`. */
export function decodeSealed<Value>(
  message: Message<Value>,
  bytes: Uint8Array,
  crc32c: Crc32c = portableCrc32c,
): Sealed<Value> {
  try {
    const reader = new Reader(bytes);
    const stated = reader.uint32();
    const found = crc32c(bytes.subarray(4));
    if (stated !== found) {
      throw new WireError('checksum', `the checksum is ${found}, where ${stated} is stated`);
    }
    const version = reader.uvarint();
    const value = message.at(version).decodeFrom(reader);
    reader.finish();
    return { version, value };
  } catch (error) {
    throw inMessage(error, message.name);
  }
}

class VersionCodec<Value> implements MessageCodec<Value> {
  readonly version: number;
  private readonly name: string;
  private readonly codec: Codec<Value>;

  constructor(name: string, version: number, codec: Codec<Value>) {
    this.name = name;
    this.version = version;
    this.codec = codec;
  }

  encode(value: Value): Uint8Array<ArrayBuffer> {
    const writer = new Writer();
    this.encodeInto(writer, value);
    return writer.take();
  }

  encodeInto(writer: Writer, value: Value): void {
    const begin = writer.length;
    try {
      this.codec.write(writer, value);
    } catch (error) {
      writer.rewind(begin);
      throw within(error, this.name);
    }
  }

  *encodeInSteps(writer: Writer, value: Value): Steps {
    try {
      yield* writeSteps(this.codec, writer, value);
    } catch (error) {
      throw within(error, this.name);
    }
  }

  decode(bytes: Uint8Array): Value {
    const reader = new Reader(bytes);
    const value = this.decodeFrom(reader);
    try {
      reader.finish();
    } catch (error) {
      throw within(error, this.name);
    }
    return value;
  }

  decodeFrom(reader: Reader): Value {
    try {
      return this.codec.read(reader);
    } catch (error) {
      throw within(error, this.name);
    }
  }
}

/** Names the message once, wherever the error came from. */
function inMessage(error: unknown, name: string): unknown {
  const isNamed = error instanceof WireError && error.path.startsWith(name);
  return isNamed ? error : within(error, name);
}

/**
 * The frames of the message connection between two Hosts.
 *
 *     frame    := length u32 | type u8 | body           length counts type and body; little endian
 *     hello    := magic u32 | version u8 | incarnation u64 | cluster | from | to     (dialler)
 *     welcome  := version u8 | incarnation u64                                        (acceptor)
 *     refusal  := reason                                                              (acceptor)
 *     message  := bytes                                            one whole urgent message
 *     fragment := flags u8 | sizeBytes u32 | bytes                 part of a bulk message
 *     credit   := bytes u32                     so many bytes of bulk have come   (acceptor)
 *     ping, pong := nothing
 *
 * Texts are a length in one byte and ASCII. The length is checked against what the state of the
 * connection allows before anything is allocated: before the hello is accepted, `HELLO_BYTES_MAX`.
 */
import { type Incarnation, type NodeId, toIncarnation, toNodeId } from '@mangrove/host';

/** The version of these frames. A peer of another version is refused. */
export const WIRE_VERSION = 1;

/** What a refusal says to a node of another cluster. */
export const OTHER_CLUSTER = 'another cluster';

/** `MNGV`. */
const MAGIC = 0x56474e4d;

/** Length and type. */
export const HEADER_BYTES = 5;

/** The longest frame that is read from somebody who has not been welcomed. */
export const HELLO_BYTES_MAX = 512;

/** What stands before the bytes of a fragment. */
export const FRAGMENT_HEAD_BYTES = 5;

/** The types of frames. */
export const FRAME = {
  message: 1,
  fragment: 2,
  credit: 3,
  ping: 4,
  pong: 5,
  hello: 16,
  welcome: 17,
  refusal: 18,
} as const;

/** Flags of a fragment. */
export const FIRST_FRAGMENT = 1;
export const LAST_FRAGMENT = 2;

/** Who calls, and whom. */
export interface Hello {
  readonly version: number;
  readonly incarnation: Incarnation;
  readonly cluster: string;
  readonly from: NodeId;
  readonly to: NodeId;
}

/** What came is not of this protocol. The connection is closed. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** Writes the head of a frame whose body has `bodyBytes`. */
export function writeHeader(target: Uint8Array, at: number, bodyBytes: number, type: number): void {
  const length = bodyBytes + 1;
  target[at] = length;
  target[at + 1] = length >>> 8;
  target[at + 2] = length >>> 16;
  target[at + 3] = length >>> 24;
  target[at + 4] = type;
}

/** A whole frame. */
export function encodeFrame(type: number, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + body.length);
  writeHeader(frame, 0, body.length, type);
  frame.set(body, HEADER_BYTES);
  return frame;
}

/** A number in four bytes. */
export function encodeUint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** The number that begins at `at`. */
export function decodeUint32(bytes: Uint8Array, at: number): number {
  if (bytes.length < at + 4)
    throw new ProtocolError(`a frame of ${bytes.length} bytes is cut short`);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}

export function encodeHello(hello: Hello): Uint8Array {
  const texts = [hello.cluster, hello.from, hello.to].map((text) => Buffer.from(text, 'latin1'));
  const head = Buffer.alloc(13);
  head.writeUInt32LE(MAGIC, 0);
  head.writeUInt8(hello.version, 4);
  head.writeBigUInt64LE(BigInt(hello.incarnation), 5);
  const parts = texts.flatMap((text) => [Uint8Array.of(text.length), text]);
  return encodeFrame(FRAME.hello, Buffer.concat([head, ...parts]));
}

/** Reads a hello; throws `ProtocolError` where it is none. Of another version only that is read. */
export function decodeHello(body: Uint8Array): Hello {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.length);
  return guarded('hello', () => {
    if (buffer.readUInt32LE(0) !== MAGIC) throw new ProtocolError('not a Mangrove hello');
    const version = buffer.readUInt8(4);
    const incarnation = toIncarnation(Number(buffer.readBigUInt64LE(5)));
    let at = 13;
    const text = () => {
      const end = at + 1 + buffer.readUInt8(at);
      if (end > buffer.length) throw new RangeError('a text is cut short');
      const value = buffer.toString('latin1', at + 1, end);
      at = end;
      return value;
    };
    return { version, incarnation, cluster: text(), from: toNodeId(text()), to: toNodeId(text()) };
  });
}

/** Tells a peer why it is not welcome. */
export function encodeRefusal(reason: string): Uint8Array {
  return encodeFrame(FRAME.refusal, Buffer.from(reason.slice(0, REASON_LENGTH_MAX), 'latin1'));
}

const REASON_LENGTH_MAX = 400;

export function encodeWelcome(incarnation: Incarnation): Uint8Array {
  const body = Buffer.alloc(9);
  body.writeUInt8(WIRE_VERSION, 0);
  body.writeBigUInt64LE(BigInt(incarnation), 1);
  return encodeFrame(FRAME.welcome, body);
}

export function decodeWelcome(body: Uint8Array): Incarnation {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.length);
  return guarded('welcome', () => {
    const version = buffer.readUInt8(0);
    if (version !== WIRE_VERSION) throw new ProtocolError(`the peer speaks version ${version}`);
    return toIncarnation(Number(buffer.readBigUInt64LE(1)));
  });
}

/** Whatever goes wrong while reading foreign bytes is their fault. */
function guarded<Value>(what: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    throw new ProtocolError(`malformed ${what}`, { cause: error });
  }
}

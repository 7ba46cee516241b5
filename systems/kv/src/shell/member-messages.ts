/**
 * What members say to each other beside Raft.
 *
 *     message => 'K' crc32c version body
 *
 * Any of them may be lost, doubled or late; whoever asks has a time after which it asks no more.
 */
import type { Envelope, Host, NodeId } from '@mangrove/host';
import {
  decodeSealed,
  encodeSealed,
  message,
  struct,
  type TypeOf,
  uint32,
  union,
  uvarint,
  WireError,
  Writer,
} from '@mangrove/wire';
import { revision } from './operation-codec.ts';

/** Messages of members begin with this byte: Raft's own begin with others. */
const MEMBER_BYTE = 0x4b;

const body = union('type', {
  /** At which revision is what you know to be current? */
  'ask-revision': { number: 1, schema: struct({ id: uvarint }) },
  'tell-revision': { number: 2, schema: struct({ id: uvarint, revision }) },
  /** The digest of the state behind the entry at `index`. */
  digest: { number: 3, schema: struct({ index: uvarint, digest: uint32 }) },
});

const sealed = message('kv-member-message', body, { lowest: 1, highest: 1 });

/** A message. */
export type MemberMessage = TypeOf<typeof body>;

/** The messages of one member. */
export class MemberMessages {
  private readonly host: Host;
  private readonly handlers: ((from: NodeId, message: MemberMessage) => void)[] = [];

  constructor(host: Host) {
    this.host = host;
  }

  /** Has `handler` get what comes in from now on. */
  listen(handler: (from: NodeId, message: MemberMessage) => void): void {
    this.handlers.push(handler);
  }

  send(to: NodeId, given: MemberMessage): void {
    this.host.messages.send(to, encodeMemberMessage(given));
  }

  /** Takes in a message that is not of Raft; one that cannot be read is as good as lost. */
  receive({ from, bytes }: Envelope): void {
    const given = decodeMemberMessage(bytes);
    if (given === undefined) return;
    for (const handler of this.handlers) handler(from, given);
  }
}

/** The bytes of a message. */
export function encodeMemberMessage(given: MemberMessage): Uint8Array {
  const writer = new Writer();
  writer.uint8(MEMBER_BYTE);
  encodeSealed(writer, sealed, given);
  return writer.take();
}

/** The message in `bytes`; `undefined` where they are none of a member. */
export function decodeMemberMessage(bytes: Uint8Array): MemberMessage | undefined {
  if (bytes[0] !== MEMBER_BYTE) return undefined;
  try {
    return decodeSealed(sealed, bytes.subarray(1)).value;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/**
 * How a node introduces itself to a peer, in bytes.
 *
 *     hello => cluster:text store:text versionMin:uvarint versionMax:uvarint boundIndex:uvarint
 *              kept:text? fault:text? isAnswer:boolean
 *
 * Every version of this code must read it, so it only ever grows by tagged fields.
 */
import {
  boolean,
  branded,
  decodeSealed,
  encodeSealed,
  message,
  optional,
  struct,
  text,
  uvarint,
  WireError,
  Writer,
} from '@mangrove/wire';
import type { StoreId } from '../core/configuration.ts';
import type { LogIndex } from '../core/positions.ts';

/** Introductions begin with this byte. */
export const HELLO_BYTE = 0x48;

/** What a node says of itself, and of whom it speaks to. */
export interface Hello {
  readonly cluster: string;
  readonly store: StoreId;
  readonly versionMin: number;
  readonly versionMax: number;
  /** The index of the newest configuration that names its store; 0 for none. */
  readonly boundIndex: LogIndex;
  /** The store of the receiver that the sender keeps for good; missing while it knows none. */
  readonly kept: StoreId | undefined;
  /** Why the receiver is not let in. */
  readonly fault: string | undefined;
  /** No answer is asked for. */
  readonly isAnswer: boolean;
}

const store = branded<StoreId>(text({ max: 16 }));
const hello = message(
  'raft-hello',
  struct({
    cluster: text({ max: 63 }),
    store,
    versionMin: uvarint,
    versionMax: uvarint,
    boundIndex: branded<LogIndex>(uvarint),
    kept: optional(store),
    fault: optional(text({ max: 63 })),
    isAnswer: boolean,
  }),
  { lowest: 1, highest: 1 },
);

/** The bytes of an introduction. */
export function encodeHello(given: Hello): Uint8Array {
  const writer = new Writer();
  writer.uint8(HELLO_BYTE);
  encodeSealed(writer, hello, given);
  return writer.take();
}

/** The introduction in `bytes`; `undefined` where it cannot be read: it is as good as lost. */
export function decodeHello(bytes: Uint8Array): Hello | undefined {
  try {
    return decodeSealed(hello, bytes.subarray(1)).value;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

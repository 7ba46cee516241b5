/**
 * The native protocol: what a client and a member say to each other over one byte stream.
 *
 *     stream  => frame*                                 (wire: length, CRC-32C, payload)
 *     payload => message*                               (all that was said in one turn)
 *
 *     client              member
 *     hello          ->             the versions that it speaks, and of which cluster
 *                    <-   welcome   the version from now on, who answers, and the bounds
 *     request id     ->
 *     request id     ->             as many as the bounds allow, answered in any order
 *                    <-   reply id
 *     watch-create   ->
 *                    <-   watch     as far as the client gave credit
 *     ping           ->
 *                    <-   pong
 *                    <-   goodbye   why the member ends the connection
 *
 * Nothing follows the hello until it was answered. Every length is bounded before it is allocated.
 */
import type { NodeId } from '@mangrove/host';
import {
  branded,
  bytes,
  type Message,
  message,
  struct,
  type TypeOf,
  text,
  union,
  uvarint,
} from '@mangrove/wire';
import { errorCode } from '../../shell/operation-codec.ts';
import { detailText, kvReply, kvRequest } from './request-codec.ts';
import { watchMessage, watchRequest } from './watch-codec.ts';

/** The versions of the protocol that this code speaks. */
export const PROTOCOL_VERSIONS = { lowest: 1, highest: 1 } as const;

/** The most bytes of a frame before the welcome. */
export const GREETING_BYTES_MAX = 1024;

/** Where a frame of several messages is cut; a single message may be longer. */
export const BATCH_BYTES = 262_144;

/** The most bytes of a snapshot in one message: one large value, and what stands beside it. */
const SNAPSHOT_BYTES_MAX = 33_554_432;

/** The most bytes of a frame that a member sends. */
export const ANSWER_BYTES_MAX = 67_108_864;

/** An answer of more bytes than this is encoded in slices. */
export const SLICED_FROM_BYTES = 262_144;

/** A frame with its header, in pieces that follow each other. */
export type Frame = readonly Uint8Array[];

const node = branded<NodeId>(text({ max: 63 }));
const watchId = uvarint;

const clientMessage = union('type', {
  /** An empty name is any cluster. */
  hello: {
    number: 1,
    schema: struct({ lowest: uvarint, highest: uvarint, cluster: text({ max: 63 }) }),
  },
  request: {
    number: 2,
    schema: struct({ id: uvarint, timeoutMs: uvarint, request: kvRequest }),
  },
  /** The answer, or the rest of a snapshot, is not wanted any more; a change may still happen. */
  cancel: { number: 3, schema: struct({ id: uvarint }) },
  'watch-create': { number: 4, schema: struct({ watchId, request: watchRequest }) },
  'watch-cancel': { number: 5, schema: struct({ watchId }) },
  'watch-progress': { number: 6, schema: struct({}) },
  /** So many more bytes of events are welcome. */
  credit: { number: 7, schema: struct({ sizeBytes: uvarint }) },
  ping: { number: 8, schema: struct({}) },
  /** Asks for the next bytes of a snapshot; the first one, under a new id, begins it. */
  'snapshot-next': { number: 9, schema: struct({ id: uvarint }) },
});

const serverMessage = union('type', {
  welcome: {
    number: 1,
    schema: struct({
      version: uvarint,
      cluster: text({ max: 63 }),
      member: node,
      /** After so long without a word from the client the connection is closed. */
      keepAliveMs: uvarint,
      /** The most requests without an answer, and the most bytes of a frame. */
      requestsMax: uvarint,
      frameBytesMax: uvarint,
    }),
  },
  reply: { number: 2, schema: struct({ id: uvarint, reply: kvReply }) },
  watch: { number: 3, schema: struct({ message: watchMessage }) },
  pong: { number: 4, schema: struct({}) },
  goodbye: { number: 5, schema: struct({ code: errorCode, detail: detailText }) },
  /** Bytes of a snapshot; none are its end. One that is given up gets a failed reply instead. */
  'snapshot-chunk': {
    number: 6,
    schema: struct({ id: uvarint, chunk: bytes({ max: SNAPSHOT_BYTES_MAX }) }),
  },
});

/** What a client says. */
export type ClientMessage = TypeOf<typeof clientMessage>;

/** What a member says. */
export type ServerMessage = TypeOf<typeof serverMessage>;

/** What a client says, as bytes. */
export const CLIENT_MESSAGE: Message<ClientMessage> = message(
  'client',
  clientMessage,
  PROTOCOL_VERSIONS,
);

/** What a member says, as bytes. */
export const SERVER_MESSAGE: Message<ServerMessage> = message(
  'member',
  serverMessage,
  PROTOCOL_VERSIONS,
);

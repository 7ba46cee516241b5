/**
 * What clients of the register and its nodes say to each other.
 *
 *     request  => 'C' id:uvarint operation:union group:uvarint
 *     response => 'S' id:uvarint outcome:union group:uvarint
 *
 * A process that has one group speaks version 1, in which none is named.
 */
import type { NodeId } from '@mangrove/host';
import {
  boolean,
  branded,
  bytes,
  decodeSealed,
  encodeSealed,
  field,
  message,
  optional,
  struct,
  type TypeOf,
  text,
  union,
  uvarint,
  varint,
  Writer,
} from '@mangrove/wire';

const operation = union('type', {
  read: { number: 1, schema: struct({ isLease: boolean }) },
  /** A session command, as the state machine reads it. */
  propose: { number: 2, schema: struct({ command: bytes({ max: 1_048_576 }) }) },
});
const outcome = union('type', {
  value: { number: 1, schema: struct({ value: optional(varint) }) },
  opened: { number: 2, schema: struct({ session: uvarint }) },
  applied: { number: 4, schema: struct({ result: bytes({ max: 1_048_576 }) }) },
  superseded: { number: 5, schema: struct({}) },
  expired: { number: 6, schema: struct({}) },
  refused: {
    number: 3,
    schema: struct({
      code: text({ max: 64 }),
      isDefinite: boolean,
      leader: optional(branded<NodeId>(text({ max: 63 }))),
    }),
  },
});

/** The first version in which a process may have more than one group. */
const GROUPS_SINCE = 2;

const VERSIONS = { lowest: 1, highest: GROUPS_SINCE } as const;
const group = field(uvarint, { since: GROUPS_SINCE, absent: 0 });
const request = message('register-request', struct({ id: uvarint, operation, group }), VERSIONS);
const response = message('register-response', struct({ id: uvarint, outcome, group }), VERSIONS);

/** What a client asks for. */
export type ClientOperation = TypeOf<typeof operation>;

/** What became of it. */
export type ClientOutcome = TypeOf<typeof outcome>;

/** A request and its number, which its client never uses again for this group. */
export interface ClientRequest {
  readonly id: number;
  readonly operation: ClientOperation;
  /** The group that is asked; 0 where the process has only one. */
  readonly group: number;
}

/** The answer to a request. */
export interface ClientResponse {
  readonly id: number;
  readonly outcome: ClientOutcome;
  readonly group: number;
}

/** The bytes of a request. */
export function encodeRequest(given: ClientRequest): Uint8Array {
  const writer = new Writer();
  writer.uint8(0x43);
  encodeSealed(writer, request, given, versionFor(given.group));
  return writer.take();
}

/** The request in `bytes`; throws `WireError`. */
export function decodeRequest(bytes: Uint8Array): ClientRequest {
  return decodeSealed(request, bytes.subarray(1)).value;
}

/** The bytes of a response. */
export function encodeResponse(given: ClientResponse): Uint8Array {
  const writer = new Writer();
  writer.uint8(0x53);
  encodeSealed(writer, response, given, versionFor(given.group));
  return writer.take();
}

/** The response in `bytes`; throws `WireError`. */
export function decodeResponse(bytes: Uint8Array): ClientResponse {
  return decodeSealed(response, bytes.subarray(1)).value;
}

/** The oldest version that can name `group`. */
function versionFor(group: number): number {
  return group === 0 ? 1 : GROUPS_SINCE;
}

/**
 * The commands of the log as bytes.
 *
 *     entry => version:uvarint command:union
 *
 * What is in a log is read for ever: a number is never used again, and what a version says stays
 * (`test/released.txt`). The log itself has the checksum.
 */
import type { NodeId } from '@mangrove/host';
import type { CommandCodec } from '@mangrove/raft';
import {
  array,
  branded,
  message,
  oneOf,
  Reader,
  type Schema,
  struct,
  text,
  union,
  uvarint,
  WireError,
  Writer,
} from '@mangrove/wire';
import type { Command } from '../core/command.ts';
import type { Alarm, SessionPlace } from '../core/kv-request.ts';
import type { LogCommand } from '../core/log-command.ts';
import { leaseId, operation, revision } from './operation-codec.ts';

/** The most leases that one command ends or checkpoints. */
export const COMMAND_LEASES_MAX = 10_000;

/** The name of a member. */
export const member: Schema<NodeId> = branded<NodeId>(text({ max: 63 }));

/** Where something listens: a host and a port. */
export const address: Schema<string> = text({ max: 255 });

/**
 * The place of a change in its session; none outside of one.
 *
 *     place => 0 | 1 one | 2 one settled:uvarint        one => session:uvarint sequence:uvarint
 */
export const sessionPlace: Schema<SessionPlace | undefined> = {
  compile: (layout) => {
    const one = struct({ session: uvarint, sequence: uvarint }).compile(layout);
    return {
      minBytes: 1,
      write: (writer, place) => {
        writer.uint8(place === undefined ? 0 : place.settled === undefined ? 1 : 2);
        if (place === undefined) return;
        one.write(writer, place);
        if (place.settled !== undefined) writer.uvarint(place.settled);
      },
      read: (reader) => {
        const kind = reader.uint8();
        if (kind === 0) return undefined;
        if (kind > 2) throw new WireError('unknown-member', `no place of kind ${kind}`);
        const place = one.read(reader);
        return kind === 1 ? place : { ...place, settled: reader.uvarint() };
      },
    };
  },
};

/** An alarm. */
export const alarm: Schema<Alarm> = oneOf<Alarm>({ 'no-space': 1, corrupt: 2 });

const command: Schema<Command> = union('type', {
  operation: { number: 1, schema: struct({ operation }) },
  compact: { number: 2, schema: struct({ revision }) },
  'grant-lease': { number: 3, schema: struct({ lease: leaseId, ttlMs: uvarint }) },
  'revoke-lease': { number: 4, schema: struct({ lease: leaseId }) },
  'expire-leases': {
    number: 5,
    schema: struct({ leases: array(leaseId, { max: COMMAND_LEASES_MAX }), term: uvarint }),
  },
  'checkpoint-leases': {
    number: 6,
    schema: struct({
      leases: array(struct({ lease: leaseId, remainingMs: uvarint }), { max: COMMAND_LEASES_MAX }),
      term: uvarint,
    }),
  },
});

const logCommand = message<LogCommand>(
  'kv-log-command',
  union('type', {
    change: { number: 1, schema: struct({ place: sessionPlace, command }) },
    'open-session': { number: 2, schema: struct({}) },
    'raise-alarm': { number: 3, schema: struct({ alarm, member }) },
    'disarm-alarm': { number: 4, schema: struct({ alarm }) },
    announce: { number: 5, schema: struct({ member, clientAddress: address }) },
    'take-digest': { number: 6, schema: struct({}) },
  }),
  { lowest: 1, highest: 1 },
);

/** The slabs in which commands are written: larger ones keep more in memory beside what is held. */
const SLAB_BYTES = 16_384;

/** A codec that Raft is given; both ways throw `WireError`. */
export function createLogCodec(): CommandCodec<LogCommand> {
  const writer = new Writer({ slabBytes: SLAB_BYTES });
  return {
    encode: (value) => {
      writer.uvarint(logCommand.highest);
      try {
        logCommand.at(logCommand.highest).encodeInto(writer, value);
      } catch (error) {
        writer.rewind(0);
        throw error;
      }
      return writer.take();
    },
    decode: (encoded) => {
      const reader = new Reader(encoded);
      const value = logCommand.at(reader.uvarint()).decodeFrom(reader);
      reader.finish();
      return value;
    },
  };
}

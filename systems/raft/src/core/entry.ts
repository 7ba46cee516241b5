/**
 * What the log holds: one entry an index, each with the term of the leader that made it.
 */
import type { Configuration } from './configuration.ts';
import type { LogIndex, Term } from './positions.ts';

/** What an entry asks for. */
export type Payload =
  /** Nothing: a new leader's first entry, whose commit commits all before it. `Raft 8`. */
  | { readonly type: 'no-op' }
  /** What a client proposed; the bytes mean something to the state machine only. */
  | { readonly type: 'command'; readonly data: Uint8Array }
  /** Who takes part from here on. */
  | { readonly type: 'configuration'; readonly configuration: Configuration };

/** An entry at its place. Nobody writes to it, or to its bytes, once it is made. */
export type Entry = Payload & { readonly index: LogIndex; readonly term: Term };

/** What an entry counts beside its data, so that empty ones have a weight too. */
export const ENTRY_OVERHEAD_BYTES = 32;

/** The weight of an entry against the bounds, in bytes. */
export function entrySizeBytes(payload: Payload): number {
  switch (payload.type) {
    case 'no-op':
      return ENTRY_OVERHEAD_BYTES;
    case 'command':
      return ENTRY_OVERHEAD_BYTES + payload.data.length;
    case 'configuration': {
      const { voters, outgoing, learners } = payload.configuration;
      return ENTRY_OVERHEAD_BYTES * (1 + voters.length + outgoing.length + learners.length);
    }
  }
}

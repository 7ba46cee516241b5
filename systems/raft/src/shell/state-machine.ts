/**
 * What a node replicates: a state machine, of whatever the commands mean.
 */
import type { LogIndex } from '../core/positions.ts';

/**
 * A deterministic state machine.
 *
 * All calls come from one node, one after the other. The same commands in the same order must give
 * the same state and results on every node, so it reads no clock and draws no randomness.
 */
export interface StateMachine<Result> {
  /**
   * Takes in the committed command at `index`, which is higher than those before; the result goes
   * to whoever proposed it on this node. The bytes may be kept, not written to.
   */
  apply(command: Uint8Array, index: LogIndex): Result;
  /** The whole state as bytes, the caller's own; called between two commands. */
  snapshot(): Uint8Array;
  /** Becomes the state that `snapshot` gave; of empty bytes, the state before every command. */
  restore(bytes: Uint8Array): void;
}

/**
 * How current the answer of a read must be, and what an answer says of how current it is.
 *
 *     linearizable > lease > bounded, session > serializable
 *
 * Stronger ones cost a round among the members, weaker ones are answered where they arrive.
 */
import type { NodeId } from '@mangrove/host';
import type { Revision } from './revision.ts';

/** How current a read must be. */
export type ReadConsistency =
  /** Sees everything that was acknowledged before it was asked; any member serves it. */
  | { readonly type: 'linearizable' }
  /** The same, by the leader's lease: as true as the bound on the drift of clocks. */
  | { readonly type: 'lease' }
  /** Whatever the asked member has. */
  | { readonly type: 'serializable' }
  /**
   * At most so far behind what was there when it was asked; a member that cannot promise it makes
   * sure first, and refuses as `too-stale` where it cannot. `undefined` is no bound of that kind;
   * one of the two is given.
   */
  | {
      readonly type: 'bounded';
      readonly stalenessMsMax: number | undefined;
      readonly revisionLagMax: number | undefined;
    }
  /** Sees at least what the session has written and read: the revision of its latest answer. */
  | { readonly type: 'session'; readonly token: Revision };

/** What every answer says of itself. */
export interface AnswerHeader {
  /** The member that answered. */
  readonly member: NodeId;
  /** The term in which it answered. */
  readonly term: number;
  /** The revision of the store behind the answer; a session's next token. */
  readonly revision: Revision;
  /**
   * The state behind the answer held everything acknowledged up to so many ms before the answer was
   * made, as the member knows; `undefined` where nothing is known.
   */
  readonly stalenessMs: number | undefined;
}

/**
 * Invariants of a system, as data: what must hold of the whole of it at every moment.
 */

/** One of them. Who watches a run says `name: what was seen` where it does not hold. */
export interface Invariant {
  /** A few words, as the literature calls it: `election safety`. */
  readonly name: string;
  /** What holds, in one sentence without its full stop. */
  readonly holds: string;
  /** The section of a paper, or the rule of a DESIGN.md, that asks for it. */
  readonly source: string;
}

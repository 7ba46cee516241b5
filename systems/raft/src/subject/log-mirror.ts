/**
 * What a node's log was when it was last looked at: which terms stand where, and what is on disk.
 */
import type { LogIndex, Term } from '../core/positions.ts';
import type { RaftState } from '../core/state.ts';

/** Terms of a part of a log: that of `base + 1` first. */
interface Part {
  readonly base: LogIndex;
  readonly terms: readonly (Term | undefined)[];
}

/** The mirror of one node's log; it outlives the node's lives, as the disk does. */
export class LogMirror {
  private seen: Part = NOTHING;
  private lastTerm: Term | undefined;
  /** What is on disk, up to `stableIndex`; the snapshot has what is before. */
  private kept: Part = NOTHING;
  private stableIndex = 0 as LogIndex;

  /** Behind this the terms are known; all before is in a snapshot. */
  get baseIndex(): LogIndex {
    return this.seen.base;
  }

  get lastIndex(): LogIndex {
    return (this.seen.base + this.seen.terms.length) as LogIndex;
  }

  /**
   * The first index whose entry is not what it was; `undefined` where nothing is new.
   *
   * That index and term of its last entry tell a log is Raft's own log matching, which the watch
   * checks of every entry when it is new.
   */
  changedFrom({ log }: Readonly<RaftState>): LogIndex | undefined {
    if (log.lastIndex === this.lastIndex && log.lastTerm === this.lastTerm) return undefined;
    const floor = Math.max(log.baseIndex, this.baseIndex);
    let index = Math.min(log.lastIndex, this.lastIndex);
    while (index > floor && log.termAt(index as LogIndex) !== termIn(this.seen, index)) index -= 1;
    return (Math.max(index, log.baseIndex) + 1) as LogIndex;
  }

  /** Takes the log in as it is now. */
  take(state: Readonly<RaftState>): void {
    const { log, installing } = state;
    const isSame = log.lastIndex === this.lastIndex && log.lastTerm === this.lastTerm;
    if (!isSame || log.baseIndex !== this.baseIndex) {
      const terms = [];
      for (let index = log.baseIndex + 1; index <= log.lastIndex; index++) {
        terms.push(log.termAt(index as LogIndex));
      }
      this.seen = { base: log.baseIndex, terms };
      this.lastTerm = log.lastTerm;
    }
    if (installing === undefined) {
      this.kept = this.seen;
      this.stableIndex = log.stableIndex;
    } else if (installing.index < this.stableIndex) {
      // The snapshot takes the place of the log; until it is on disk, the old log is what is there.
      this.stableIndex = installing.index;
    }
  }

  /** Whether the entry of `term` at `index` is on disk, in the log or in the snapshot. */
  holds(index: LogIndex, term: Term): boolean {
    if (index <= this.kept.base) return true;
    return index <= this.stableIndex && termIn(this.kept, index) === term;
  }

  /** What was on disk and is not in the log that a new life has recovered. */
  firstLost({ log }: Readonly<RaftState>): string | undefined {
    if (log.lastIndex < this.kept.base) return `the snapshot at ${this.kept.base}`;
    for (let index = this.kept.base + 1; index <= this.stableIndex; index++) {
      const term = termIn(this.kept, index);
      if (index <= log.baseIndex || log.termAt(index as LogIndex) === term) continue;
      return `${index}/${term}`;
    }
    return undefined;
  }

  /** A new life begins: what was only in memory is gone. */
  forget(): void {
    this.seen = { base: this.kept.base, terms: [] };
    this.lastTerm = undefined;
  }
}

const NOTHING: Part = Object.freeze({ base: 0 as LogIndex, terms: Object.freeze([]) });

function termIn({ base, terms }: Part, index: number): Term | undefined {
  return terms[index - base - 1];
}

/**
 * The term of every index of the log, kept as runs: one pair a term, not one number an entry.
 *
 * So the core can compare terms far below the entries that it holds in memory. Terms never go down
 * along the log, so a log has at most as many runs as there were terms with an entry.
 */
import { type LogIndex, NO_TERM, type Term } from './positions.ts';

/** Entries from `first` on have `term`, up to the next run. */
interface Run {
  first: LogIndex;
  readonly term: Term;
}

/** The terms of the indexes from a base on. */
export class TermRuns {
  // Never empty: the first run begins at the base. Terms and firsts grow strictly.
  private runs: Run[];

  constructor(base: LogIndex, term: Term) {
    this.runs = [{ first: base, term }];
  }

  /** The term at `index`, which is the base or behind it, and within the log. */
  termAt(index: LogIndex): Term {
    return this.runs[this.runAt(index)]?.term ?? NO_TERM;
  }

  /** Takes in that the entry at `index`, one behind the last, has `term`. */
  append(index: LogIndex, term: Term): void {
    if (this.runs.at(-1)?.term !== term) this.runs.push({ first: index, term });
  }

  /** Forgets the indexes from `index` on; `index` is behind the base. */
  truncateFrom(index: LogIndex): void {
    while (this.runs.length > 1 && (this.runs.at(-1)?.first ?? 0) >= index) this.runs.pop();
  }

  /** Makes `index` the base: what is before it is forgotten. */
  compactTo(index: LogIndex): void {
    this.runs = this.runs.slice(this.runAt(index));
    const [first] = this.runs;
    if (first !== undefined) first.first = index;
  }

  /** The highest index at or below `index` whose term is at most `term`; the base at the least. */
  lastAtMost(index: LogIndex, term: Term): LogIndex {
    let place = this.runAt(index);
    let end: number = index;
    while (place > 0 && (this.runs[place]?.term ?? 0) > term) {
      end = (this.runs[place]?.first ?? 1) - 1;
      place -= 1;
    }
    const [first] = this.runs;
    if (place === 0 && first !== undefined && first.term > term) end = first.first;
    return end as LogIndex;
  }

  /** The place of the run that holds `index`. The last is asked for most. */
  private runAt(index: LogIndex): number {
    let place = this.runs.length - 1;
    while (place > 0 && (this.runs[place]?.first ?? 0) > index) place -= 1;
    return place;
  }
}

/**
 * The marks of a report: what the nodes counted of their protocol, and what was never reached.
 */
import type { ExperimentReport } from '../run-report.ts';
import type { EvidenceRow } from './evidence.ts';

/** Marks that were reached, with their counts, and the names of those that were not. */
export interface MarkRows {
  readonly reached: readonly EvidenceRow[];
  readonly missed: readonly string[];
}

/** The marks of the runs and of the hunt, in the order in which nodes declare them. */
export function markRowsOf({ found, shrunk, hunt }: ExperimentReport): MarkRows {
  const all = [found.marks, shrunk?.marks, hunt?.marks].map((marks) => marks ?? {});
  const names = [...new Set(all.flatMap((marks) => Object.keys(marks)))];
  const isReached = (name: string) => all.some((marks) => (marks[name] ?? 0) > 0);
  const reached = names.filter(isReached).map((what) => ({
    what,
    found: found.marks?.[what] ?? 0,
    ...(shrunk === undefined ? {} : { shrunk: shrunk.marks?.[what] ?? 0 }),
    ...(hunt === undefined ? {} : { hunt: hunt.marks[what] ?? 0 }),
  }));
  return { reached, missed: names.filter((name) => !isReached(name)) };
}

/**
 * Judges a set by its last read alone: what was acknowledged before it began is there, and nothing
 * that nobody added.
 *
 * Source: Jepsen, `checker/set`.
 */
import type { HistoryEvent, Value } from '../history.ts';
import { canonical, show } from '../model.ts';
import { ObservedWrites } from '../observed-writes.ts';
import { finishSlices, type Slices } from '../task.ts';
import {
  concluded,
  coverageSlices,
  MAX_VIOLATIONS,
  nothingTested,
  type Verdict,
  violationOf,
} from '../verdict.ts';
import { operationsOfOne } from './single-object.ts';

/** What the last read has, and what it should have. */
export interface FinalSetReport {
  readonly verdict: Verdict;
  /** In the read, and asked for. */
  readonly ok: readonly Value[];
  /** Acknowledged, and not in the read. */
  readonly lost: readonly Value[];
  /** In the read, and nobody asked for it. */
  readonly unexpected: readonly Value[];
  /** In the read, and not acknowledged. */
  readonly recovered: readonly Value[];
}

/**
 * Judges `add` operations by the read that ended last.
 *
 * A failed `add` counts as asked for, as it does in Jepsen, whose clients say `fail` of a timeout
 * too; `checkSetFull` holds a failure to its word.
 *
 * @throws HistoryFault when the history is malformed, or of several keys
 */
export function checkFinalSet(history: readonly HistoryEvent[]): FinalSetReport {
  return finishSlices(finalSetSlices(history));
}

/** The same in slices. */
export function* finalSetSlices(history: readonly HistoryEvent[]): Slices<FinalSetReport> {
  const operations = yield* operationsOfOne(history, 'final set');
  const read = operations
    .filter(({ f, end }) => f === 'read' && end === 'ok')
    .sort((a, b) => a.completedAt - b.completedAt)
    .at(-1);
  const coverage = yield* coverageSlices('final set', operations);
  if (read === undefined) {
    const verdict = nothingTested(coverage, 'the set was never read');
    return { verdict, ok: [], lost: [], unexpected: [], recovered: [] };
  }
  const observed = yield* ObservedWrites.among(operations, true);
  const adds = operations.filter(({ f, invokedAt }) => f === 'add' && invokedAt < read.completedAt);
  const attempted = new Set(adds.map(({ argument }) => canonical(argument ?? null)));
  const acknowledged = adds.filter(({ end }) => end === 'ok');
  const known = new Set(acknowledged.map(({ argument }) => canonical(argument ?? null)));
  const elements = Array.isArray(read.result) ? read.result : [];
  const present = new Set(elements.map((element: Value) => canonical(element)));
  const ok = elements.filter((element: Value) => attempted.has(canonical(element)));
  const unexpected = elements.filter((element: Value) => !attempted.has(canonical(element)));
  const lost = acknowledged.filter(
    ({ argument, completedAt }) =>
      completedAt < read.invokedAt && !present.has(canonical(argument ?? null)),
  );
  const violations = [
    ...lost.slice(0, MAX_VIOLATIONS).map((add) => {
      const element = show(add.argument ?? null);
      const sentence = `${element} was acknowledged, but the last read has it not.`;
      return violationOf('lost', [sentence], observed.with([add, read]), read);
    }),
    ...unexpected.slice(0, MAX_VIOLATIONS).map((element: Value) => {
      const sentence = `The last read has ${show(element)}, and nobody added it.`;
      return violationOf('unexpected', [sentence], observed.with([read]), read);
    }),
  ];
  return {
    verdict: concluded({
      ...{ coverage, decidedBy: 'the last read', violations, testedCount: 1, nothing: '' },
    }),
    ok,
    lost: lost.map(({ argument }) => argument ?? null),
    unexpected,
    recovered: ok.filter((element: Value) => !known.has(canonical(element))),
  };
}

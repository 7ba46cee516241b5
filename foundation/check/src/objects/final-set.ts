/**
 * Judges a set by its last read alone: what was acknowledged is there, and nothing that nobody
 * added.
 *
 * Source: Jepsen, `checker/set`.
 */
import { type HistoryEvent, pairOperations, type Value } from '../history.ts';
import { canonical, show } from '../model.ts';
import { coverageOf, MAX_VIOLATIONS, type Verdict, violationOf } from '../verdict.ts';

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

/** Judges `add` operations by the read that ended last. A failed `add` counts as asked for. */
export function checkFinalSet(history: readonly HistoryEvent[]): FinalSetReport {
  const operations = pairOperations(history);
  const adds = operations.filter(({ f }) => f === 'add');
  const attempted = new Set(adds.map(({ argument }) => canonical(argument ?? null)));
  const acknowledged = adds.filter(({ end }) => end === 'ok');
  const known = new Set(acknowledged.map(({ argument }) => canonical(argument ?? null)));
  const reads = operations.filter(({ f, end }) => f === 'read' && end === 'ok');
  const read = reads.sort((a, b) => a.completedAt - b.completedAt).at(-1);
  const coverage = coverageOf('final set', operations);
  if (read === undefined) {
    const sentence = 'the set was never read';
    const verdict = { type: 'unknown', coverage, reason: { code: 'undecided', sentence } } as const;
    return { verdict, ok: [], lost: [], unexpected: [], recovered: [] };
  }
  const elements = Array.isArray(read.result) ? read.result : [];
  const present = new Set(elements.map((element: Value) => canonical(element)));
  const ok = elements.filter((element: Value) => attempted.has(canonical(element)));
  const unexpected = elements.filter((element: Value) => !attempted.has(canonical(element)));
  const lost = acknowledged.filter(({ argument }) => !present.has(canonical(argument ?? null)));
  const violations = [
    ...lost.slice(0, MAX_VIOLATIONS).map((add) => {
      const element = show(add.argument ?? null);
      const sentence = `${element} was acknowledged, but the last read has it not.`;
      return violationOf('lost', [sentence], [add, read], read);
    }),
    ...unexpected.slice(0, MAX_VIOLATIONS).map((element: Value) => {
      const sentence = `The last read has ${show(element)}, and nobody added it.`;
      return violationOf('unexpected', [sentence], [read], read);
    }),
  ];
  const verdict: Verdict =
    violations.length > 0
      ? { type: 'invalid', coverage, decidedBy: 'the last read', violations }
      : { type: 'valid', coverage, decidedBy: 'the last read' };
  return {
    verdict,
    ok,
    lost: lost.map(({ argument }) => argument ?? null),
    unexpected,
    recovered: ok.filter((element: Value) => !known.has(canonical(element))),
  };
}

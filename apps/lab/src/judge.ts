/**
 * The judges of a run: what clients saw, how nodes ended, and whether the system got well.
 */
import {
  checkLinearizable,
  type Verdict as HistoryVerdict,
  type Model,
  type RecordedOperation,
} from '@mangrove/check';
import type { HistoryEvent } from '@mangrove/experiment';
import type { NodeId } from '@mangrove/host';
import type { RunEnd } from './run-report.ts';
import { type CheckResult, type ExplainedOperation, type Verdict, verdictOf } from './verdict.ts';

/** What is judged. */
export interface JudgedRun {
  readonly history: readonly HistoryEvent[];
  readonly ends: readonly RunEnd[];
  /** Clients that saw no success in the quiet phase. */
  readonly stuck: readonly NodeId[];
  readonly violation?: { readonly atMs: number; readonly sentence: string } | undefined;
  readonly activeMs: number;
  readonly quietMs: number;
}

/** How many steps the search for an order may take before the answer is `unknown`. */
const MAX_STEPS = 2_000_000;

/** The verdict of all judges on a run. */
export function judge(model: Model, run: JudgedRun): Verdict {
  return verdictOf([judgeHistory(model, run.history), ...judgeNodes(run), judgeProgress(run)]);
}

function judgeHistory(model: Model, history: readonly HistoryEvent[]): CheckResult {
  const check = `every key is linearizable (${model.name})`;
  const verdict = checkLinearizable(model, history, { maxSteps: MAX_STEPS });
  if (verdict.type === 'invalid') return { check, answer: 'invalid', ...explain(verdict, history) };
  if (verdict.type === 'valid' && verdict.coverage.isTested) {
    return { check, answer: 'valid', anomalies: [] };
  }
  const sentence =
    verdict.type === 'unknown'
      ? verdict.reason.sentence
      : 'no operation succeeded: nothing is shown';
  return { check, answer: 'unknown', anomalies: [{ class: 'linearizability', sentence }] };
}

function explain(
  verdict: Extract<HistoryVerdict, { readonly type: 'invalid' }>,
  history: readonly HistoryEvent[],
): Pick<CheckResult, 'anomalies' | 'explanation'> {
  const anomalies = verdict.violations.map(({ sentences, operations }) => ({
    class: 'linearizability' as const,
    sentence: sentences[0] ?? 'no order of the operations explains what clients saw',
    atMs: Math.max(...operations.map(endOf).filter(Number.isFinite)),
  }));
  const first = verdict.violations[0];
  if (first === undefined) return { anomalies };
  const lastMs = history.at(-1)?.atMs ?? 0;
  const operations = first.operations.map((operation) => toExplained(operation, lastMs));
  const explanation = { key: operations[0]?.key, operations, sentences: first.sentences };
  return { anomalies, explanation };
}

function endOf({ completedAtMs }: RecordedOperation): number {
  return completedAtMs;
}

function toExplained(operation: RecordedOperation, lastMs: number): ExplainedOperation {
  const { process, f, key, argument, result, invokedAt, completedAt } = operation;
  const isOpen = operation.end === 'open';
  return {
    process,
    f,
    ...(key === undefined ? {} : { key }),
    ...(argument === undefined ? {} : { input: argument }),
    ...(result === undefined ? {} : { output: result }),
    outcome: isOpen ? 'info' : 'ok',
    fromMs: operation.invokedAtMs,
    untilMs: isOpen ? lastMs : operation.completedAtMs,
    invokeIndex: invokedAt,
    returnIndex: isOpen ? -1 : completedAt,
  };
}

function judgeNodes({ ends, violation }: JudgedRun): readonly CheckResult[] {
  const broken = ends.filter(({ type }) => type === 'broken');
  const nodes: CheckResult = {
    check: 'no node breaks by its own doing',
    answer: broken.length === 0 ? 'valid' : 'invalid',
    anomalies: broken.map(({ node, atMs, cause }) => ({
      class: 'broken-node',
      sentence: `${node} broke at ${Math.round(atMs)} ms: ${cause}`,
      atMs,
      node,
    })),
  };
  if (violation === undefined) return [nodes];
  const { atMs, sentence } = violation;
  const anomalies = [{ class: 'invariant' as const, sentence, atMs }];
  return [nodes, { check: 'every invariant holds', answer: 'invalid', anomalies }];
}

function judgeProgress({ stuck, activeMs, quietMs }: JudgedRun): CheckResult {
  const check = 'after the faults every client gets an answer';
  if (stuck.length === 0) return { check, answer: 'valid', anomalies: [] };
  const sentence = `${stuck.join(', ')} saw no success within ${quietMs} ms after the faults`;
  return {
    check,
    answer: 'invalid',
    anomalies: [{ class: 'stuck', sentence, atMs: activeMs + quietMs }],
  };
}

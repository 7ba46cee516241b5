/**
 * The judges of a run: what clients saw, how nodes ended, and whether the system got well.
 */
import {
  checkLinearizable,
  type Verdict as HistoryVerdict,
  type Model,
  type RecordedOperation,
  sentencesNaming,
  type Violation,
} from '@mangrove/check';
import {
  describeFault,
  type Fault,
  type HistoryEvent,
  type Invariant,
  type Slo,
} from '@mangrove/experiment';
import type { NodeId } from '@mangrove/host';
import { nameLie } from './anomaly-name.ts';
import { type FaultSpan, judgeSlos } from './judge-slos.ts';
import type { RunEnd } from './run-report.ts';
import {
  type Anomaly,
  type CheckResult,
  type ExplainedOperation,
  type HistoryExplanation,
  type Verdict,
  verdictOf,
} from './verdict.ts';

/** One promise of a system, and how histories are held to it. */
export interface HistoryJudge {
  /** What is asked, as people say it: `every key is linearizable (register)`. */
  readonly check: string;
  /**
   * An event as this judge is to see it, `undefined` where it is none of its business. Of an
   * operation both ends or none are seen. Default: all events, as they are.
   */
  readonly view?: ((event: HistoryEvent) => HistoryEvent | undefined) | undefined;
  readonly judge: (seen: readonly HistoryEvent[]) => HistoryVerdict;
}

/** What is judged. */
export interface JudgedRun {
  readonly history: readonly HistoryEvent[];
  readonly ends: readonly RunEnd[];
  /** Clients that saw no success in the quiet phase. */
  readonly stuck: readonly NodeId[];
  /**
   * How long the machine let a process wait in the quiet phase, ms. It lasts so much longer, but
   * never more than twice as long: beyond that nobody knows who is stuck. Default: 0.
   */
  readonly stallMs?: number | undefined;
  readonly violation?: { readonly atMs: number; readonly sentence: string } | undefined;
  /** The invariants of a run that was held to them; undefined where it was not. */
  readonly invariants?: readonly Invariant[] | undefined;
  readonly activeMs: number;
  readonly quietMs: number;
  readonly endMs: number;
  readonly slos: readonly Slo[];
  /** When faults were in force. */
  readonly strikes: readonly FaultSpan[];
  /** Faults that the run is about and that did not strike; undefined where it is about none. */
  readonly missed?: readonly Fault[] | undefined;
}

/** What the judge of linearizability calls what it finds. */
const NOT_LINEARIZABLE = 'not-linearizable';

/** How many steps the search for an order may take before the answer is `unknown`. */
const MAX_STEPS = 2_000_000;

/** The judge of a system whose every key is to be linearizable to `model`. */
export function linearizable(model: Model): HistoryJudge {
  return {
    check: `every key is linearizable (${model.name})`,
    judge: (history) => checkLinearizable(model, history, { maxSteps: MAX_STEPS }),
  };
}

/** The verdict of all judges on a run. */
export function judge(judges: readonly HistoryJudge[], run: JudgedRun): Verdict {
  const histories = judges.map((each) => judgeHistory(each, run.history));
  return verdictOf([
    ...histories,
    judgeNodes(run),
    ...judgeInvariants(run),
    judgeProgress(run),
    ...judgeScript(run),
    ...judgeSlos(run.slos, run),
  ]);
}

function judgeHistory(
  { check, view = (event) => event, judge: judgeSeen }: HistoryJudge,
  history: readonly HistoryEvent[],
): CheckResult {
  const seen: HistoryEvent[] = [];
  const places: number[] = [];
  for (const [place, event] of history.entries()) {
    const viewed = view(event);
    if (viewed === undefined) continue;
    seen.push(viewed);
    places.push(place);
  }
  const verdict = withTimes(judgeSeen(seen), seen);
  if (verdict.type === 'invalid') {
    const view = { check, seen, places, history };
    return { check, answer: 'invalid', ...explain(verdict, view) };
  }
  if (verdict.type === 'valid' && verdict.coverage.isTested) {
    return { check, answer: 'valid', anomalies: [] };
  }
  const sentence =
    verdict.type === 'unknown'
      ? verdict.reason.sentence
      : 'no operation succeeded: nothing is shown';
  return { check, answer: 'unknown', anomalies: [{ class: 'linearizability', sentence }] };
}

/**
 * A verdict whose sentences name events by their times: whoever has the run before him finds a time
 * in its diagram, its trace and its log, and the number of an event nowhere.
 */
function withTimes(verdict: HistoryVerdict, seen: readonly HistoryEvent[]): HistoryVerdict {
  if (verdict.type !== 'invalid') return verdict;
  const timeOf = (place: number) => `${Math.round((seen[place]?.atMs ?? 0) * 10) / 10} ms`;
  const violations = verdict.violations.map((violation) => {
    const { mentions: _, ...others } = violation;
    return { ...others, sentences: sentencesNaming(violation, timeOf) };
  });
  return { ...verdict, violations };
}

/** What a judge saw of a history. */
interface JudgedView {
  readonly check: string;
  readonly history: readonly HistoryEvent[];
  readonly seen: readonly HistoryEvent[];
  /** Where each event that was seen stands in the history. */
  readonly places: readonly number[];
}

function explain(
  verdict: Extract<HistoryVerdict, { readonly type: 'invalid' }>,
  view: JudgedView,
): Pick<CheckResult, 'anomalies' | 'explanation'> {
  const explanations = verdict.violations.map((violation) => toExplanation(violation, view));
  const anomalies = verdict.violations.map((violation, index) => {
    const explanation = explanations[index];
    const isLie = explanation?.class === 'linearizability';
    return toAnomaly(
      violation,
      isLie ? nameLie(explanation, view.history) : violation.anomaly,
      view,
    );
  });
  const [explanation] = explanations;
  return explanation === undefined ? { anomalies } : { anomalies, explanation };
}

function toExplanation(
  { anomaly, operations, sentences, drawing }: Violation,
  view: JudgedView,
): HistoryExplanation {
  const marks = new Set(drawing.bars.filter(({ marked }) => marked).map(({ id }) => id));
  const explained = operations.map((operation) => ({
    ...toExplained(operation, view),
    ...(marks.has(operation.id) ? { isMarked: true } : {}),
  }));
  return {
    class: anomaly === NOT_LINEARIZABLE ? 'linearizability' : 'promise',
    check: view.check,
    key: explained[0]?.key,
    operations: explained,
    sentences,
  };
}

function toAnomaly(
  { anomaly, sentences, operations }: Violation,
  name: string,
  { seen }: JudgedView,
): Anomaly {
  const ends = operations.flatMap(({ completedAt }) => seen[completedAt]?.atMs ?? []);
  const when = ends.length === 0 ? {} : { atMs: Math.max(...ends) };
  if (anomaly === NOT_LINEARIZABLE) {
    const sentence = sentences[0] ?? 'no order of the operations explains what clients saw';
    return { class: 'linearizability', name, sentence, ...when };
  }
  const argument = sentences.map((each) => (/[.!?:]$/.test(each) ? each : `${each}.`)).join(' ');
  return { class: 'promise', name, sentence: `${anomaly}: ${argument}`, ...when };
}

/** Times are those of the events: a judge of transactions counts in events alone. */
function toExplained(
  operation: RecordedOperation,
  { history, seen, places }: JudgedView,
): ExplainedOperation {
  const lastMs = history.at(-1)?.atMs ?? 0;
  const { process, f, key, argument, result, invokedAt, completedAt } = operation;
  const isOpen = operation.end === 'open';
  return {
    process,
    f,
    ...(key === undefined ? {} : { key }),
    ...(argument === undefined ? {} : { input: argument }),
    ...(result === undefined ? {} : { output: result }),
    outcome: isOpen ? 'info' : 'ok',
    fromMs: seen[invokedAt]?.atMs ?? 0,
    untilMs: isOpen ? lastMs : (seen[completedAt]?.atMs ?? lastMs),
    invokeIndex: places[invokedAt] ?? -1,
    returnIndex: isOpen ? -1 : (places[completedAt] ?? -1),
  };
}

function judgeNodes({ ends }: JudgedRun): CheckResult {
  const broken = ends.filter(({ type }) => type === 'broken');
  return {
    check: 'no node breaks by its own doing',
    answer: broken.length === 0 ? 'valid' : 'invalid',
    anomalies: broken.map(({ node, atMs, cause }) => ({
      class: 'broken-node',
      sentence: `${node} broke at ${Math.round(atMs)} ms: ${cause}`,
      atMs,
      node,
    })),
  };
}

/** The invariant that broke, and those that held. */
function judgeInvariants({ violation, invariants }: JudgedRun): readonly CheckResult[] {
  const check = 'every invariant holds';
  const broken = violation && brokenOf(violation.sentence, invariants ?? []);
  const held = (invariants ?? [])
    .filter((invariant) => invariant !== broken)
    .map(({ name, holds, source }): CheckResult => {
      return { check: `${name}: ${holds}`, answer: 'valid', source, anomalies: [] };
    });
  if (violation === undefined) {
    const isUnnamed = invariants !== undefined && held.length === 0;
    return isUnnamed ? [{ check, answer: 'valid', anomalies: [] }] : held;
  }
  const { atMs, sentence } = violation;
  const anomaly = { class: 'invariant', sentence, atMs } as const;
  if (broken === undefined) return [{ check, answer: 'invalid', anomalies: [anomaly] }, ...held];
  const anomalies = [{ ...anomaly, name: broken.name.replaceAll(' ', '-') }];
  return [{ check, answer: 'invalid', source: broken.source, anomalies }, ...held];
}

/** The one whose name the complaint begins with; it need not say it where there is only one. */
function brokenOf(sentence: string, invariants: readonly Invariant[]): Invariant | undefined {
  const [only, ...others] = invariants;
  if (others.length === 0) return only;
  return invariants.find(({ name }) => complaintOf(sentence).startsWith(`${name}: `));
}

/** What an error says, without the name of its kind. */
function complaintOf(sentence: string): string {
  return sentence.replace(/^\w*Error: /, '');
}

/** A run that was to show what a fault does has not shown it where the fault did not strike. */
function judgeScript({ missed }: JudgedRun): readonly CheckResult[] {
  if (missed === undefined) return [];
  const check = 'every fault that this experiment is about struck';
  if (missed.length === 0) return [{ check, answer: 'valid', anomalies: [] }];
  const anomalies = missed.map((fault) => {
    return { class: 'slo' as const, sentence: `did not strike: ${describeFault(fault)}` };
  });
  return [{ check, answer: 'unknown', anomalies }];
}

function judgeProgress({ stuck, activeMs, quietMs, stallMs = 0 }: JudgedRun): CheckResult {
  const check = 'after the faults every client gets an answer';
  if (stuck.length === 0) return { check, answer: 'valid', anomalies: [] };
  const boundMs = Math.round(quietMs + Math.min(stallMs, quietMs));
  const seen = `${stuck.join(', ')} saw no success within ${boundMs} ms after the faults`;
  const isKnown = stallMs <= quietMs;
  const sentence = isKnown
    ? seen
    : `${seen}, in which this busy machine let a process wait for ${Math.round(stallMs)} ms`;
  return {
    check,
    answer: isKnown ? 'invalid' : 'unknown',
    anomalies: [{ class: 'stuck', sentence, atMs: activeMs + boundMs }],
  };
}

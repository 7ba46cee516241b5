/**
 * What the lab says of one run: which checks held, which did not, and why.
 */
import type { Slo, Value } from '@mangrove/experiment';
import type { NodeId } from '@mangrove/host';

/**
 * The answer to "did it keep its promises?". `unknown` means that a judge gave up at its bound:
 * that is no pass.
 */
export type Answer = 'valid' | 'invalid' | 'unknown';

/**
 * What kind of promise a run broke. Shrinking keeps the kind the same, so that it cannot slip from
 * one bug to another.
 */
export type AnomalyClass =
  /** No order of the operations explains what the clients saw. */
  | 'linearizability'
  /** What clients saw breaks another promise: of isolation, sessions, watches, leases, locks. */
  | 'promise'
  /** A property of the whole system, looked at after every event, did not hold. */
  | 'invariant'
  /** A node stopped itself: a broken invariant of its own, or an error that nobody caught. */
  | 'broken-node'
  /** A node refused to start although no fault had given it reason to. */
  | 'refused-node'
  /** In the quiet phase after the faults, a client saw no success in time. */
  | 'stuck'
  /** What clients may expect in figures did not hold. */
  | 'slo';

/** The classes, the most telling first: that is how a run with several anomalies is called. */
export const ANOMALY_CLASSES: readonly AnomalyClass[] = [
  'invariant',
  'broken-node',
  'linearizability',
  'promise',
  'refused-node',
  'stuck',
  'slo',
];

/** A promise that a run broke. */
export interface Anomaly {
  readonly class: AnomalyClass;
  /**
   * What it is in the words of the field, as its judge says it: `G2-item`, `stale-read`,
   * `lease-ends-early`; of an invariant its own name, `election-safety`. Missing where the class
   * says it all.
   */
  readonly name?: string;
  /** What happened, in one sentence with nodes and times: `n2 broke at 412 ms: ...`. */
  readonly sentence: string;
  /** When it showed, ms of the run's time, where that is known. */
  readonly atMs?: number;
  /** On which node, where it is one node's. */
  readonly node?: NodeId;
}

/** One judge's answer about a run. */
export interface CheckResult {
  /** What was asked, as people say it: `every key is linearizable`. */
  readonly check: string;
  readonly answer: Answer;
  /** Of an invariant: the section of a paper, or the rule of a DESIGN.md, that asks for it. */
  readonly source?: string;
  /** What is wrong, or why it is not known; empty where the answer is `valid`. */
  readonly anomalies: readonly Anomaly[];
  /** What shows it and why, where the check was of what clients saw and failed. */
  readonly explanation?: HistoryExplanation;
  /** What was measured, where the check was a service level objective. */
  readonly slo?: SloFigures;
}

/** An objective, and what was measured of it. */
export interface SloFigures {
  readonly slo: Slo;
  /** Percent or ms; missing where nothing was measured, or where it had no end in the run. */
  readonly measured?: number;
  /** How many operations, or clients, the figure is of. */
  readonly count: number;
}

/** The smallest history that shows the violation, and in words why it cannot be. */
export interface HistoryExplanation {
  /** Of linearizability the argument is that each order of the operations fails. */
  readonly class: 'linearizability' | 'promise';
  /** The promise that is broken, as its judge says it: the `check` of the answer. */
  readonly check: string;
  readonly key: string | undefined;
  /** What clients saw: the operations that show it, by their start. */
  readonly operations: readonly ExplainedOperation[];
  /** The argument, a sentence or two a line. */
  readonly sentences: readonly string[];
}

/** One operation of an explanation, with both of its ends. */
export interface ExplainedOperation {
  readonly process: string;
  readonly f: string;
  readonly key?: string;
  /** The argument. */
  readonly input?: Value;
  /** The result, where the client learned one. */
  readonly output?: Value;
  /** `info` is not known: it may have happened. */
  readonly outcome: 'ok' | 'info';
  readonly fromMs: number;
  /** When it ended; the end of the history where nobody knows. */
  readonly untilMs: number;
  /** Whether the judge saw the violation at it. */
  readonly isMarked?: boolean;
  /** Where its two events stand in the run's history; -1 where the second one is missing. */
  readonly invokeIndex: number;
  readonly returnIndex: number;
}

/** The verdict on a run: the answers of all its judges. */
export interface Verdict {
  /** `invalid` where any check is, else `unknown` where any is, else `valid`. */
  readonly answer: Answer;
  /** The class by which the run is called; missing where nothing is wrong. */
  readonly anomaly?: AnomalyClass;
  /** Every judge that was asked, those that held too. */
  readonly checks: readonly CheckResult[];
}

/** The verdict that the answers of several judges make together. */
export function verdictOf(checks: readonly CheckResult[]): Verdict {
  const wrong = new Set(
    checks
      .filter(({ answer }) => answer === 'invalid')
      .flatMap(({ anomalies }) => anomalies.map((anomaly) => anomaly.class)),
  );
  const anomaly = ANOMALY_CLASSES.find((name) => wrong.has(name));
  const answers = checks.map(({ answer }) => answer);
  const answer = answers.includes('invalid')
    ? 'invalid'
    : answers.includes('unknown')
      ? 'unknown'
      : 'valid';
  return { answer, ...(anomaly === undefined ? {} : { anomaly }), checks };
}

/** The anomalies of a verdict in one list, those of the class it is called by first. */
export function anomaliesOf(verdict: Verdict): readonly Anomaly[] {
  const all = verdict.checks.flatMap(({ answer, anomalies }) =>
    answer === 'invalid' ? anomalies : [],
  );
  const first = all.filter((anomaly) => anomaly.class === verdict.anomaly);
  return [...first, ...all.filter((anomaly) => anomaly.class !== verdict.anomaly)];
}

/**
 * The judge of isolation: which levels a history of transactions refutes, and why.
 *
 * Dependencies are inferred from what was read, cycles of them are named, and each name refutes
 * some levels. That a level is not refuted does not prove it: the judge says which levels the
 * history leaves possible, and `valid` means that the level asked for is among them.
 *
 * | history | inferred by | what is not refuted has an execution |
 * | --- | --- | --- |
 * | lists | `list-append.ts` | yes, for serializable and snapshot isolation |
 * | registers | `rw-register.ts`, `order-saturation.ts` | not always |
 * | predicates | `closed-predicate.ts` | not always |
 */
import type { HistoryEvent } from '../history.ts';
import { finishTask, Pace, type Slices, type Task, told } from '../task.ts';
import { type Coverage, nothingTested, type Verdict, type Violation } from '../verdict.ts';

import { predicateSlices } from './closed-predicate.ts';
import { type CycleReport, cycleTask } from './cycle-search.ts';
import { explainCycle, explainDirect, type Finding, toViolation } from './explanation.ts';
import type { Inference } from './inference.ts';
import {
  type AnomalyName,
  type IsolationLevel,
  type LevelReport,
  refutes,
  reportLevels,
} from './levels.ts';
import { listAppendSlices } from './list-append.ts';
import { findSaturatedCycle } from './order-saturation.ts';
import { causalityTask } from './register-causality.ts';
import { registerSlices } from './rw-register.ts';
import { shrinkHistory } from './sub-history.ts';
import { type Transaction, toTransactions } from './transaction.ts';
import type { VersionOrderOptions } from './version-order.ts';

/** What the transactions work on. */
export type TransactionWorkload = 'list-append' | 'rw-register' | 'predicate';

/** How to judge. */
export interface IsolationOptions {
  /** The level to judge by; strict-serializable. */
  readonly level?: IsolationLevel;
  /** Found by itself when it is absent: lists where something is appended, and so on. */
  readonly workload?: TransactionWorkload;
  /** What may be assumed of registers; no more than `writesFollowReads`. */
  readonly versionOrder?: VersionOrderOptions;
  /** How many violations the verdict explains, at least one; 4. */
  readonly maxViolations?: number;
}

/** What a history shows, whatever level was asked for. */
export interface IsolationFindings {
  /** The names of the anomalies, each once. */
  readonly anomalies: readonly AnomalyName[];
  readonly levels: LevelReport;
  /** The anomalies, explained; of each name only some. */
  readonly findings: readonly Finding<AnomalyName>[];
}

/** A verdict on one level, and what the history says of all of them. */
export interface IsolationReport extends IsolationFindings {
  readonly verdict: Verdict;
}

/** The report on a history of events. @throws HistoryFault when it is no history of transactions */
export function checkIsolation(
  events: readonly HistoryEvent[],
  options: IsolationOptions = {},
): IsolationReport {
  return judgeIsolation(toTransactions(events), options);
}

/** What a list of transactions shows. Their ids are their indices. */
export function findAnomalies(
  transactions: readonly Transaction[],
  options: Omit<IsolationOptions, 'level' | 'maxViolations'> = {},
): IsolationFindings {
  return toFindings(finishTask(judgementTask(transactions, options)));
}

/** The report on a list of transactions, all at once. Their ids are their indices. */
export function judgeIsolation(
  transactions: readonly Transaction[],
  options: IsolationOptions = {},
): IsolationReport {
  return finishTask(isolationTask(transactions, options));
}

/**
 * The same judgement as a task, to be watched and aborted between its slices.
 *
 * Done at once, each some hundredths of a second for a hundred thousand transactions: laying out
 * the graph, finding its components, and of a history with cycles each kind of search for them.
 */
export function* isolationTask(
  transactions: readonly Transaction[],
  options: IsolationOptions = {},
): Task<IsolationReport> {
  const level = options.level ?? 'strict-serializable';
  const pace = new Pace('dependencies');
  const found = told(workloadSlices(transactions), () => pace.progress);
  const workload = options.workload ?? (yield* found);
  const judgement = yield* judgementTask(transactions, { ...options, workload });
  const { inference, isComplete, notes } = judgement;
  const report = toFindings(judgement);
  const coverage = coverageOfTransactions(`${level} (${workload})`, inference, notes);
  const against = report.findings.filter(({ name }) => refutes(name, level));
  if (against.length === 0) {
    return { ...report, verdict: withoutViolations(coverage, inference, isComplete) };
  }
  const names = new Set(report.anomalies);
  const judgeAgain = (subset: readonly Transaction[]) => {
    const again = finishTask(judgementTask(subset, { ...options, workload }));
    return new Set(again.findings.map(({ name }) => name));
  };
  const picked = pickFindings(against, Math.max(1, options.maxViolations ?? 4));
  const violations: Violation[] = [];
  for (const finding of picked) {
    const partCount = picked.length;
    yield { check: 'explanations', partsDone: violations.length, partCount, stepCount: 0 };
    const { name, transactions: kept } = finding;
    const around = neighboursOf(inference, kept);
    const shown = shrinkHistory(transactions, name, kept, around, names, judgeAgain);
    violations.push(toViolation(finding, transactions, shown));
  }
  const decidedBy = 'dependencies between transactions';
  return { ...report, verdict: { type: 'invalid', coverage, decidedBy, violations } };
}

function toFindings({ findings }: Judgement): IsolationFindings {
  const names = new Set(findings.map(({ name }) => name));
  return { anomalies: [...names], levels: reportLevels(names), findings };
}

/** The verdict when nothing refutes the level. */
function withoutViolations(coverage: Coverage, inference: Inference, isComplete: boolean): Verdict {
  if (inference.dependencyCount === 0) {
    return nothingTested(coverage, 'no transaction depends on another');
  }
  if (!isComplete) {
    const sentence = 'the search for cycles with one anti-dependency reached its bound';
    return { type: 'unknown', coverage, reason: { code: 'steps', sentence } };
  }
  return { type: 'valid', coverage, decidedBy: 'dependencies between transactions' };
}

interface Judgement {
  readonly inference: Inference;
  readonly findings: readonly Finding<AnomalyName>[];
  readonly isComplete: boolean;
  readonly notes: readonly string[];
}

function* judgementTask(
  transactions: readonly Transaction[],
  options: IsolationOptions,
): Task<Judgement> {
  const versionOrder = options.versionOrder ?? {};
  const pace = new Pace('dependencies');
  const progress = () => pace.progress;
  const workload = options.workload ?? (yield* told(workloadSlices(transactions), progress));
  switch (workload) {
    case 'list-append':
      return yield* withCycles(yield* told(listAppendSlices(transactions, pace), progress));
    case 'predicate':
      return yield* withCycles(
        yield* told(predicateSlices(transactions, versionOrder, pace), progress),
      );
    case 'rw-register':
      return yield* judgeRegisters(transactions, versionOrder);
    default:
      return workload satisfies never;
  }
}

function* withCycles(inference: Inference): Task<Judgement> {
  const graph = inference.edges.toGraph(inference.transactions.length);
  yield { check: 'cycles of dependencies', partsDone: 0, partCount: 1, stepCount: 0 };
  return toJudgement(inference, yield* cycleTask(graph));
}

function* judgeRegisters(
  transactions: readonly Transaction[],
  options: VersionOrderOptions,
): Task<Judgement> {
  const pace = new Pace('dependencies');
  const slices = registerSlices(transactions, options, pace);
  const { inference, reads, uses } = yield* told(slices, () => pace.progress);
  const graph = inference.edges.toGraph(transactions.length);
  const cycles = toJudgement(inference, yield* cycleTask(graph));
  const causality = yield* causalityTask(transactions, refutedIn(cycles.findings));
  const notes = [...cycles.notes, ...causality.notes];
  const judgement = { ...cycles, notes, findings: [...cycles.findings, ...causality.findings] };
  const refuted = refutedIn(judgement.findings);
  // Refuted without more ado: nothing that would be derived refutes a weaker level.
  if (refuted.has('repeatable-read')) return judgement;
  const input = {
    inference,
    graph,
    reads,
    installedIn: (key: number) => uses.installedIn(key),
    isUsable: (version: number) => uses.isUsable(version),
  };
  const { cycle, bound } = findSaturatedCycle(input, refuted);
  if (bound !== undefined) notes.push(`not every order was derived from others: ${bound}`);
  if (cycle === undefined) return judgement;
  return { ...judgement, findings: [...judgement.findings, explainCycle(inference, cycle)] };
}

function refutedIn(findings: readonly Finding<AnomalyName>[]): ReadonlySet<IsolationLevel> {
  return new Set(reportLevels(findings.map(({ name }) => name)).refuted);
}

function toJudgement(inference: Inference, report: CycleReport): Judgement {
  const findings = [
    ...inference.anomalies.map((anomaly) => explainDirect(inference.transactions, anomaly)),
    ...[...report.cycles.values()].flat().map((cycle) => explainCycle(inference, cycle)),
  ];
  return { inference, findings, isComplete: report.isComplete, notes: [] };
}

/** Some findings, of each name in turn, so that none crowds out another. */
function pickFindings(
  findings: readonly Finding<AnomalyName>[],
  most: number,
): Finding<AnomalyName>[] {
  const byName = new Map<AnomalyName, Finding<AnomalyName>[]>();
  for (const finding of findings) {
    byName.set(finding.name, [...(byName.get(finding.name) ?? []), finding]);
  }
  const picked: Finding<AnomalyName>[] = [];
  for (let turn = 0; picked.length < most; turn++) {
    const row = [...byName.values()].flatMap((group) => group.slice(turn, turn + 1));
    if (row.length === 0) break;
    picked.push(...row);
  }
  return picked.slice(0, most);
}

/** Who wrote what some transactions read, or read what shows the order of what they wrote. */
function neighboursOf(inference: Inference, ids: readonly number[]): Set<number> {
  const { versions, transactions, witnesses } = inference;
  const keys = new Set<number>();
  for (const id of ids) {
    for (const operation of transactions[id]?.operations ?? []) {
      if (operation.type !== 'read-predicate') keys.add(versions.keyOf(operation.key));
    }
  }
  const around = new Set<number>();
  for (const key of keys) {
    const witness = witnesses.get(key);
    if (witness !== undefined) around.add(witness);
    for (const version of versions.versionsOf[key] ?? []) {
      around.add(versions.writers[version] as number);
    }
  }
  for (const { id, isInitial } of transactions) if (isInitial) around.add(id);
  return around;
}

function* workloadSlices(transactions: readonly Transaction[]): Slices<TransactionWorkload> {
  const pace = new Pace('workload');
  const types = new Set<string>();
  let hasList = false;
  for (const { operations } of transactions) {
    for (const operation of operations) {
      types.add(operation.type);
      hasList ||= operation.type === 'read' && Array.isArray(operation.value);
    }
    if (pace.isOver(1 + operations.length)) yield;
  }
  if (types.has('append')) return 'list-append';
  if (types.has('read-predicate') || types.has('delete')) return 'predicate';
  return hasList && !types.has('write') ? 'list-append' : 'rw-register';
}

function coverageOfTransactions(
  check: string,
  inference: Inference,
  notes: readonly string[],
): Coverage {
  const isTimed = inference.transactions.some(({ invokedAt }) => invokedAt >= 0);
  const timeNotes = isTimed ? [] : ['no times are known: nothing was held against real time'];
  const count = (end: Transaction['end']) =>
    inference.transactions.filter((transaction) => transaction.end === end).length;
  return {
    check,
    operationCount: inference.transactions.length,
    okCount: count('ok'),
    failCount: count('fail'),
    openCount: count('open'),
    keyCount: inference.versions.keyNames.length,
    isTested: inference.dependencyCount > 0,
    notChecked: [...inference.notChecked, ...notes, ...timeNotes],
  };
}

/**
 * The report of an experiment as data: all that a page, a Markdown text or a replay is made from.
 *
 * It holds two runs: the one that was found, from which the aggregates come (latency,
 * availability), and the shrunk one, which is drawn. Where nothing failed there is only the first.
 */
import type {
  ActionOutcome,
  Choices,
  HistoryEvent,
  Marks,
  Plan,
  PlantedBug,
  RunTrace,
} from '@mangrove/experiment';
import type { NodeId } from '@mangrove/host';
import type { AnomalyClass, Answer, Verdict } from './verdict.ts';

/** A run, its verdict and its evidence. */
export interface RunEvidence {
  readonly world: 'sim' | 'local';
  /** As it ran; in `sim` it replays without its seed. */
  readonly plan: Plan;
  readonly history: readonly HistoryEvent[];
  readonly verdict: Verdict;
  /** How long it lasted, ms of its own time. */
  readonly endMs: number;
  /** Of the faults that struck, when each was in force. */
  readonly strikes: readonly FaultStrike[];
  /** In `sim`: two runs with the same hash did the same things in the same order. */
  readonly hash?: string;
  readonly eventCount?: number;
  /** Present where the run was recorded; of a shrunk run always. */
  readonly trace?: RunTrace;
  /** The choices that had been made by the times that were asked for. */
  readonly choicesUntil?: readonly Choices[];
  /** Nodes that stopped by themselves, or refused to start. */
  readonly ends: readonly RunEnd[];
  /** "Did it test anything?": messages lost, crashes, bytes lost at power failure, ... */
  readonly counts: Readonly<Record<string, number>>;
  /** What the nodes counted of their protocol. Of processes: in the lives that saw the end. */
  readonly marks?: Marks;
  /** Faults of the plan that the world could not inject, each in a few words. */
  readonly notInjected: readonly string[];
}

/** When a fault of the plan was in force, ms of the run's time. */
export interface FaultStrike {
  /** Its place in the plan, from 0. */
  readonly fault: number;
  readonly atMs: number;
  readonly untilMs: number;
  /** Of an action: how it ended, and why where it was refused. Missing where nobody heard. */
  readonly outcome?: ActionOutcome;
  readonly reason?: string;
}

/** A node that stopped by itself, or refused to start. */
export interface RunEnd {
  readonly node: NodeId;
  readonly incarnation: number;
  readonly atMs: number;
  /** `broken` is a bug; the others are lawful answers to a fault, as the simulator tells them. */
  readonly type: 'broken' | 'stopped' | 'refused';
  readonly cause: string;
}

/** A bug that was put into the code on purpose, and how it stands there. */
export interface PlantedReport {
  readonly bug: PlantedBug;
  /** The number, from 1, of the first line of both excerpts. */
  readonly lineNumber: number;
  /** The lines around the patch, in the file as it is and in the patched program. */
  readonly cleanLines: readonly string[];
  readonly plantedLines: readonly string[];
  /** What in the design answers it; missing where the bug names no rule. */
  readonly rule?: DesignRule;
  /** What the clean code gets under the found plan; missing where it was not asked. */
  readonly cleanAnswer?: Answer;
}

/** A numbered rule of a DESIGN.md. */
export interface DesignRule {
  /** Its number, and the document from the root of the project. */
  readonly number: string;
  readonly file: string;
  /** What it says, without its number. */
  readonly text: string;
}

/** How a hunt over seeds went. */
export interface HuntFigures {
  readonly firstSeed: number;
  readonly seedCount: number;
  readonly workerCount: number;
  /** Wall time, and the virtual time of all runs together, ms. */
  readonly elapsedMs: number;
  readonly simulatedMs: number;
  readonly eventCount: number;
  /** Events of the shortest run; 0 where there was none. */
  readonly eventCountMin: number;
  readonly failureCount: number;
  /** Runs on which a judge gave up. */
  readonly unknownCount: number;
  /** The first failures by seed, at most `MAX_HUNT_FAILURES` of them. */
  readonly failures: readonly HuntFailure[];
  /** The first runs by seed on which a judge gave up, as many at most. */
  readonly unknowns: readonly HuntUnknown[];
  /** The counts of all runs added up: "did it test anything?". */
  readonly counts: Readonly<Record<string, number>>;
  /** The marks of all runs added up. */
  readonly marks: Marks;
}

/** A seed that failed. */
export interface HuntFailure {
  readonly seed: number;
  readonly anomaly: AnomalyClass;
  /** The anomaly in the words of the field: `G2-item`; the class where it has no name. */
  readonly name: string;
  readonly sentence: string;
  /** Wall time from the start of the hunt until it was known, ms. */
  readonly afterMs: number;
}

/** A seed on which a judge gave up, and why. */
export interface HuntUnknown {
  readonly seed: number;
  readonly sentence: string;
}

/** The most failures that a hunt keeps; more are only counted. */
export const MAX_HUNT_FAILURES = 100;

/** How big a plan is, in what shrinking makes smaller. */
export interface PlanSize {
  readonly replicaCount: number;
  readonly clientCount: number;
  readonly faultCount: number;
  readonly operationCount: number;
  /** Recorded choices: message fates and draws that are not left to the generator. */
  readonly choiceCount: number;
  readonly activeMs: number;
}

/** One attempt to make the plan smaller. */
export interface ShrinkStep {
  /** Which run of the shrinking it was, from 1. */
  readonly run: number;
  /** What was left out: `3 of 6 faults`, `client c2`. */
  readonly what: string;
  /** Whether the smaller plan still failed in the same way, and so was kept. */
  readonly isKept: boolean;
  /** The size after this step. */
  readonly size: PlanSize;
  readonly elapsedMs: number;
}

/** How likely a failure was at moments of a run, were all left to chance from then on. */
export interface Inevitability {
  readonly anomaly: AnomalyClass;
  /** In order of time. */
  readonly points: readonly InevitabilityPoint[];
  /** From this point on every run failed; missing where there is no such point. */
  readonly inevitableMs?: number;
}

/** A moment up to which the run was repeated, and how runs with other luck from then on ended. */
export interface InevitabilityPoint {
  readonly atMs: number;
  readonly runCount: number;
  readonly failureCount: number;
}

/** Where and with what it ran. */
export interface ReportEnvironment {
  readonly nodeVersion: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cpuCount: number;
  /** The commit of the code; `unknown` outside a repository. */
  readonly commit: string;
  /** Whether files had changed since that commit. */
  readonly isModified: boolean;
}

/** All that is known about one experiment that was run. */
export interface ExperimentReport {
  readonly format: 'mangrove-report/1';
  readonly experiment: string;
  /** What the experiment's subject is called. */
  readonly subject: string;
  /** When the report was made, ISO 8601 in UTC. */
  readonly madeAt: string;
  /** One command that reproduces the run, from the root of the project. */
  readonly command: string;
  readonly environment: ReportEnvironment;
  /** The run as it was found, or the one that was asked for. */
  readonly found: RunEvidence;
  /** The seed it was drawn from. */
  readonly seed?: number;
  /** Whether runs were held to the invariant of the experiment as well. Default: no. */
  readonly isWatched?: boolean;
  /** The same anomaly in the smallest plan that was reached; with its trace. */
  readonly shrunk?: RunEvidence;
  readonly shrinkSteps: readonly ShrinkStep[];
  readonly planted?: PlantedReport;
  /** Of the run that the report shows. */
  readonly inevitability?: Inevitability;
  readonly hunt?: HuntFigures;
  /** What this run and others of the same seed came to, where it was run more than once. */
  readonly repetition?: Repetition;
  /** Runs of the same subject in other worlds, such as three real processes. */
  readonly others: readonly RunEvidence[];
}

/** What many runs of one seed came to. */
export interface Repetition {
  readonly runCount: number;
  readonly invalidCount: number;
  readonly unknownCount: number;
  /** By which class each that is invalid is called. */
  readonly anomalies: Readonly<Record<string, number>>;
}

/** `3 of 10 runs are invalid (linearizability 2, stuck 1), 1 is not known`. */
export function repetitionWords(repetition: Repetition): string {
  const { runCount, invalidCount, unknownCount, anomalies } = repetition;
  const kinds = Object.entries(anomalies).map(([name, count]) => `${name} ${count}`);
  const which = kinds.length === 0 ? '' : ` (${kinds.join(', ')})`;
  const are = (count: number) => (count === 1 ? 'is' : 'are');
  const unknown = unknownCount === 0 ? '' : `, ${unknownCount} ${are(unknownCount)} not known`;
  return `${invalidCount} of ${runCount} runs ${are(invalidCount)} invalid${which}${unknown}`;
}

/** The commit of the code in words: `81ad343...`, `81ad343... and changes`. */
export function commitWords({ commit, isModified }: ReportEnvironment): string {
  return isModified ? `${commit} and changes` : commit;
}

/** How big `plan` is. */
export function sizeOf(plan: Plan): PlanSize {
  const lists = [...Object.values(plan.choices.links), ...Object.values(plan.choices.draws)];
  return {
    replicaCount: plan.replicas.length,
    clientCount: plan.clients.length,
    faultCount: plan.faults.length,
    operationCount: plan.operations.length,
    choiceCount: lists.reduce((sum, list) => sum + list.length, 0),
    activeMs: plan.activeMs,
  };
}

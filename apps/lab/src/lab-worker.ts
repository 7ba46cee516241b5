/**
 * A worker thread of the lab: runs seeds and plans of one experiment, and says what came of each.
 *
 * It first tells which planted bug its code has, so that nobody hunts in clean code by mistake.
 * Since a simulation traps globals while nodes run, it has a thread for itself.
 */
import process from 'node:process';
import { parentPort, workerData } from 'node:worker_threads';
import type { Marks, Plan } from '@mangrove/experiment';
import { drawPlan } from '@mangrove/sim';
import { loadExperiment } from './catalog.ts';
import { failureOf } from './failure.ts';
import { plantedHere } from './planted/planted.ts';
import { runPlan, sentenceOf } from './run-plan.ts';
import type { RunEvidence } from './run-report.ts';
import { type AnomalyClass, type Answer, anomaliesOf } from './verdict.ts';

/** What a worker is started with. */
export interface LabWorkerData {
  readonly experiment: string;
}

/** What a worker is asked to do; every task is answered under its id. */
export type LabTask =
  | {
      readonly id: number;
      readonly type: 'seed';
      readonly seed: number;
      /** Whether the run is held to the invariant of the experiment as well. */
      readonly isWatched: boolean;
    }
  | {
      readonly id: number;
      readonly type: 'plan';
      readonly plan: Plan;
      readonly isWatched: boolean;
      readonly isRecording: boolean;
      readonly isRecordingChoices: boolean;
      readonly choiceTimesMs?: readonly number[] | undefined;
    };

/** What came of one seed. */
export interface SeedOutcome {
  readonly seed: number;
  readonly answer: Answer;
  readonly anomaly?: AnomalyClass;
  /** The anomaly in the words of the field. */
  readonly name?: string;
  /** What is wrong, or not known; empty where nothing is. */
  readonly sentence: string;
  readonly hash: string;
  readonly eventCount: number;
  readonly simulatedMs: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly marks: Marks;
  /** How long the thread computed, ms; it alone is not the same in every run. */
  readonly cpuMs: number;
}

/** What a worker says. */
export type LabAnswer =
  | { readonly type: 'ready'; readonly planted: string | undefined }
  | { readonly type: 'outcome'; readonly id: number; readonly outcome: SeedOutcome }
  | { readonly type: 'evidence'; readonly id: number; readonly evidence: RunEvidence }
  /** The task could not be done: a defect of the lab or of the subject's own client. */
  | { readonly type: 'failed'; readonly id: number; readonly sentence: string };

// Simulated code fails all the time, and what leaves this thread is what errors say: to collect
// the stack of each took a twentieth of a hunt.
Error.stackTraceLimit = 0;

const { experiment } = workerData as LabWorkerData;
const entry = await loadExperiment(experiment);

parentPort?.on('message', (task: LabTask) => {
  void answer(task).then((said) => parentPort?.postMessage(said));
});
parentPort?.postMessage({ type: 'ready', planted: plantedHere() } satisfies LabAnswer);

async function answer(task: LabTask): Promise<LabAnswer> {
  const { id } = task;
  try {
    if (task.type === 'seed') return { type: 'outcome', id, outcome: await runSeed(task) };
    const { id: _id, type: _type, plan, ...wanted } = task;
    const evidence = await runPlan(entry, plan, wanted);
    return { type: 'evidence', id, evidence };
  } catch (error) {
    return { type: 'failed', id, sentence: sentenceOf(error) };
  }
}

async function runSeed({
  seed,
  isWatched,
}: Extract<LabTask, { readonly type: 'seed' }>): Promise<SeedOutcome> {
  const before = process.threadCpuUsage();
  const evidence = await runPlan(entry, drawPlan(entry.experiment, seed), { isWatched });
  const { verdict, hash = '', eventCount = 0, endMs, counts, marks = {} } = evidence;
  const name = failureOf(verdict)?.name;
  const spent = process.threadCpuUsage(before);
  const { anomaly, answer: said } = verdict;
  const unknown = verdict.checks.find((check) => check.answer === 'unknown');
  const sentence = anomaliesOf(verdict)[0]?.sentence ?? unknown?.anomalies[0]?.sentence ?? '';
  return {
    seed,
    answer: said,
    ...(anomaly === undefined ? {} : { anomaly }),
    ...(name === undefined ? {} : { name }),
    sentence,
    hash,
    eventCount,
    simulatedMs: endMs,
    counts,
    marks,
    cpuMs: (spent.user + spent.system) / 1000,
  };
}

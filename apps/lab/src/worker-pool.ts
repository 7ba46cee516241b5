/**
 * The lab's worker threads: tasks go to whoever is free, and every thread runs what was asked for.
 */
import os from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Plan, PlantedBug } from '@mangrove/experiment';
import type { LabAnswer, LabTask, LabWorkerData, SeedOutcome } from './lab-worker.ts';
import { checkPlanted, plantedLaunch } from './planted/planted.ts';
import type { RunEvidence } from './run-report.ts';

/** How many threads a pool has if nothing else is asked for: one a core. */
export const DEFAULT_WORKER_COUNT: number = os.availableParallelism();

/** How a pool is set up. */
export interface PoolOptions {
  readonly experiment: string;
  readonly bug?: PlantedBug | undefined;
  readonly workerCount?: number | undefined;
}

/** What is wanted of the run of a plan; by default nothing but its evidence. */
export interface PlanOptions {
  /** Whether it is held to the invariant of the experiment as well. */
  readonly isWatched?: boolean;
  readonly isRecording?: boolean;
  readonly isRecordingChoices?: boolean;
  /** At these times the evidence tells which choices had been made. */
  readonly choiceTimesMs?: readonly number[];
}

type TaskBody = LabTask extends infer Each
  ? Each extends unknown
    ? Omit<Each, 'id'>
    : never
  : never;

interface Waiting {
  readonly task: LabTask;
  readonly resolve: (answer: LabAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** Threads that run seeds and plans of one experiment. Close it, or its threads stay. */
export class WorkerPool {
  readonly workerCount: number;
  private readonly workers: Worker[] = [];
  private readonly idle: Worker[] = [];
  private readonly queue: Waiting[] = [];
  private readonly running = new Map<Worker, Waiting>();
  private taskCount = 0;
  private failure: Error | undefined;

  private constructor(workerCount: number) {
    this.workerCount = workerCount;
  }

  /** Starts the threads; rejects unless each of them runs the bug that was asked for, or none. */
  static async open(options: PoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options.workerCount ?? DEFAULT_WORKER_COUNT);
    try {
      await Promise.all(Array.from({ length: pool.workerCount }, () => pool.start(options)));
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  /** Draws the plan of a seed, runs and judges it; holds it to the invariant if it `isWatched`. */
  async runSeed(seed: number, isWatched = false): Promise<SeedOutcome> {
    const answer = await this.ask({ type: 'seed', seed, isWatched });
    if (answer.type !== 'outcome') throw new Error(`a worker answered ${answer.type} to a seed`);
    return answer.outcome;
  }

  /** Runs and judges a plan. */
  async runPlan(plan: Plan, options: PlanOptions = {}): Promise<RunEvidence> {
    const { isWatched = false, isRecording = false, isRecordingChoices = false } = options;
    const { choiceTimesMs } = options;
    const wanted = { isWatched, isRecording, isRecordingChoices, choiceTimesMs };
    const answer = await this.ask({ type: 'plan', plan, ...wanted });
    if (answer.type !== 'evidence') throw new Error(`a worker answered ${answer.type} to a plan`);
    return answer.evidence;
  }

  /** Ends the threads; what they have not answered is rejected. */
  async close(): Promise<void> {
    this.fail(new Error('the lab was closed'));
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private ask(body: TaskBody): Promise<LabAnswer> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.taskCount += 1;
    const task = { ...body, id: this.taskCount } as LabTask;
    return new Promise((resolve, reject) => {
      this.queue.push({ task, resolve, reject });
      this.assign();
    });
  }

  private assign(): void {
    while (this.idle.length > 0 && this.queue.length > 0) {
      const worker = this.idle.pop() as Worker;
      const waiting = this.queue.shift() as Waiting;
      this.running.set(worker, waiting);
      worker.postMessage(waiting.task);
    }
  }

  private start({ experiment, bug }: PoolOptions): Promise<void> {
    const { execArgv, env } = plantedLaunch(bug);
    const worker = new Worker(new URL('./lab-worker.ts', import.meta.url), {
      execArgv: [...execArgv],
      env: { ...process.env, ...env },
      workerData: { experiment } satisfies LabWorkerData,
    });
    this.workers.push(worker);
    return new Promise((resolve, reject) => {
      worker.on('message', (answer: LabAnswer) => {
        if (answer.type !== 'ready') return this.settle(worker, answer);
        try {
          checkPlanted(`worker ${worker.threadId}`, bug, answer.planted);
        } catch (error) {
          return reject(error);
        }
        this.idle.push(worker);
        this.assign();
        resolve();
      });
      const stop = (error: Error) => {
        reject(error);
        this.fail(error);
      };
      worker.on('error', (error) => {
        stop(error instanceof Error ? error : new Error(String(error)));
      });
      worker.on('exit', (code) => stop(new Error(`a worker thread ended with ${code}`)));
    });
  }

  private settle(worker: Worker, answer: LabAnswer): void {
    const waiting = this.running.get(worker);
    this.running.delete(worker);
    this.idle.push(worker);
    this.assign();
    if (answer.type === 'failed') waiting?.reject(new Error(answer.sentence));
    else waiting?.resolve(answer);
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of [...this.queue.splice(0), ...this.running.values()]) reject(error);
    this.running.clear();
  }
}

/**
 * How long the loop of this process stands still: a timer ticks every millisecond, and what it is
 * late is what everything else had to wait.
 *
 * On a machine that others use too, a process is late also where it had nothing to do: so the CPU
 * that its thread used since the last tick is told beside it. What the collector took is in
 * neither; it is told apart.
 */
import { performance } from 'node:perf_hooks';
import { memoryUsage, resourceUsage } from 'node:process';
import { Pauses, Slices } from './pauses.ts';
import { cpuMsOfThread } from './thread-cpu.ts';

/** What the loop of a process did since it was asked last. */
export interface LoopReport {
  /** The longest time for which nothing ran that was due. */
  readonly stallMs: number;
  /** The most CPU that the thread used between two ticks. */
  readonly workMs: number;
  /** The longest pause of the garbage collector. */
  readonly pauseMs: number;
  readonly rssBytes: number;
  /** The most that it ever was. */
  readonly rssBytesMost: number;
}

const TICK_MS = 1;

/** Watches the loop from now on. */
export class LoopWatch {
  private pauses = new Pauses();
  private stalls = new Slices();
  private work = new Slices();
  private tickedAt = performance.now();
  private cpuMs = cpuMsOfThread();

  constructor() {
    setInterval(() => this.tick(), TICK_MS).unref();
  }

  /** What happened since the last call, or since the start. */
  async take(): Promise<LoopReport> {
    const { pauses, stalls, work } = this;
    this.pauses = new Pauses();
    this.stalls = new Slices();
    this.work = new Slices();
    const stallMs = await pauses.longestWithout(stalls);
    const workMs = await pauses.longestWithout(work);
    const pauseMs = await pauses.longestMs();
    pauses.close();
    // What it takes to tell is no work of the member.
    this.tickedAt = performance.now();
    this.cpuMs = cpuMsOfThread();
    const rssBytesMost = resourceUsage().maxRSS * 1024;
    return { stallMs, workMs, pauseMs, rssBytes: memoryUsage.rss(), rssBytesMost };
  }

  private tick(): void {
    const [now, cpuMs] = [performance.now(), cpuMsOfThread()];
    const dueAt = this.tickedAt + TICK_MS;
    this.stalls.add(dueAt, Math.max(now, dueAt), Math.max(now - dueAt, 0));
    this.work.add(this.tickedAt, now, Math.min(now - this.tickedAt, cpuMs - this.cpuMs));
    this.tickedAt = now;
    this.cpuMs = cpuMs;
  }
}

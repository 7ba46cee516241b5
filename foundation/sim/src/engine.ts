/**
 * The engine: takes the next event, moves time there, lets a node react, and drains it.
 *
 *     queue --> step --> node callback --> drain --> next event
 *                 |                          |
 *             trace hash              trap opens again
 *
 * Nothing happens between events, and nothing of a node is left undone when the next one begins.
 */
import { type Audit, EVENT_KINDS, type EventKind } from './audit.ts';
import { type Checkpoint, createHop, type DrainMode, findCheckpoint, type Hop } from './drain.ts';
import { EventQueue, type QueuedEvent } from './event-queue.ts';
import type { Life } from './life.ts';
import type { Machine } from './machine.ts';
import { TraceHash } from './trace-hash.ts';
import { Trap } from './trap.ts';

/** Something that will happen, on a machine or to the world. */
export interface SimulationEvent extends QueuedEvent {
  readonly kind: EventKind;
  /** Where a node reacts; missing for what the world does on its own. */
  readonly machine: Machine | undefined;
  /** Only this life reacts; where it is missing, whichever is up. */
  readonly life: Life | undefined;
  readonly run: (life: Life | undefined) => void;
  /** Called instead of `run` where nobody is up to react. */
  readonly missed: (() => void) | undefined;
  /** The record that caused it; -1 for none. */
  readonly cause: number;
}

/** How an engine is set up. */
export interface EngineOptions {
  readonly drain?: DrainMode | undefined;
  /** Whether globals are trapped while nodes run. Off only for the contract suite. */
  readonly isTrapping?: boolean | undefined;
  readonly audit?: Audit | undefined;
  /** A node's callback or task threw. */
  readonly onError: (life: Life, error: unknown) => void;
  /** After every reaction of a node, drained: where invariants over all nodes are checked. */
  readonly afterEvent?: (() => void) | undefined;
}

/** Events between two turns of the platform, where it has other things to do than simulate. */
const SLICE_EVENTS = 2048;

/** What the index of the world's own events is in the trace hash. */
const WORLD_INDEX = 0xffff;

/** The event loop of one simulation. */
export class Engine {
  nowUs = 0;
  /** The record that the running event stands for: the cause of what happens now. */
  cause = -1;
  eventCount = 0;
  readonly isAudited: boolean;
  readonly hash = new TraceHash();
  private readonly queue = new EventQueue<SimulationEvent>();
  private readonly options: EngineOptions;
  private readonly hop: Hop;
  private readonly checkpoint: Checkpoint | undefined;
  private readonly trap: Trap | undefined;
  private isClosed = false;
  private isRunning = false;
  /** The life whose reaction is not drained yet; the trap is closed while there is one. */
  private reacting: Life | undefined;

  constructor(options: EngineOptions) {
    this.options = options;
    this.isAudited = options.audit !== undefined;
    this.hop = createHop();
    const mode = options.drain ?? 'auto';
    this.checkpoint = mode === 'hop' ? undefined : findCheckpoint();
    if (mode === 'checkpoint' && this.checkpoint === undefined) {
      throw new Error('this engine has no microtask checkpoint: use drain: "hop"');
    }
    this.trap = options.isTrapping === false ? undefined : new Trap();
  }

  /** The way this engine drains. */
  get drain(): 'hop' | 'checkpoint' {
    return this.checkpoint === undefined ? 'hop' : 'checkpoint';
  }

  /** Has `run` called at `atUs` on `machine`, for `life` only if one is given. */
  schedule(
    kind: EventKind,
    atUs: number,
    machine: Machine | undefined,
    life: Life | undefined,
    run: (life: Life | undefined) => void,
    missed?: () => void,
  ): SimulationEvent {
    const at = atUs > this.nowUs ? atUs : this.nowUs;
    const cause = this.cause;
    const event = { atUs: at, isCancelled: false, kind, machine, life, run, missed, cause };
    this.queue.push(event);
    return event;
  }

  cancel(event: SimulationEvent): void {
    this.queue.cancel(event);
  }

  /** Takes what a node did into the trace hash. `detail` is asked for only under audit. */
  note(kind: EventKind, machine: Machine | undefined, value: number, detail: () => string): void {
    const index = machine === undefined ? WORLD_INDEX : machine.index;
    this.hash.add(EVENT_KINDS[kind] * 65_536 + index);
    this.hash.add(value);
    this.options.audit?.add(this.nowUs, machine?.id ?? '-', kind, detail());
  }

  /**
   * Runs until `untilUs` of virtual time, or until `isDone` says so. Rejects with what `afterEvent`
   * throws. One run at a time.
   */
  run(untilUs: number, isDone?: () => boolean): Promise<void> {
    if (this.isRunning) throw new Error('this simulation is running already');
    this.isRunning = true;
    this.trap?.install();
    return new Promise<void>((resolve, reject) => {
      let sliceEnd = this.eventCount + SLICE_EVENTS;
      const go = () => {
        try {
          this.settle();
          const state = this.eventCount >= sliceEnd ? 'yield' : this.advance(untilUs, isDone);
          if (state === 'over') return resolve();
          if (state === 'drain') return this.hop.next(go);
          sliceEnd = this.eventCount + SLICE_EVENTS;
          this.hop.yield(go);
        } catch (error) {
          reject(error);
        }
      };
      // A checkpoint does nothing within a microtask, so the first event waits for a macrotask.
      this.hop.yield(go);
    }).finally(() => {
      this.isRunning = false;
      this.settleQuietly();
      this.trap?.remove();
    });
  }

  /** Frees what the engine holds of the platform; it cannot run any more. */
  close(): void {
    this.isClosed = true;
    this.hop.close();
  }

  /** Lets a machine that was paused or busy go on with what waits for it. */
  wake(machine: Machine): void {
    if (machine.isWakeScheduled || machine.pauseCount > 0 || machine.backlog.length === 0) return;
    machine.isWakeScheduled = true;
    this.schedule('wake', machine.busyUntilUs, undefined, undefined, () => {
      machine.isWakeScheduled = false;
      const event = machine.pauseCount > 0 ? undefined : machine.backlog.shift();
      if (event !== undefined && !event.isCancelled) this.react(event, machine);
      this.wake(machine);
    });
  }

  /**
   * Takes events. Stops when the run is over, when the platform is due for a turn, or when a
   * reaction has to be drained by a hop.
   */
  private advance(
    untilUs: number,
    isDone: (() => boolean) | undefined,
  ): 'over' | 'drain' | 'yield' {
    for (let count = 0; count < SLICE_EVENTS; count++) {
      if (this.isClosed || isDone?.() === true) return 'over';
      if (this.queue.nextUs() > untilUs) {
        this.nowUs = Math.max(this.nowUs, untilUs);
        return 'over';
      }
      const event = this.queue.pop();
      if (event === undefined) continue;
      this.step(event);
      if (this.reacting === undefined) continue;
      if (this.checkpoint === undefined) return 'drain';
      this.checkpoint();
      this.settle();
    }
    return 'yield';
  }

  private step(event: SimulationEvent): void {
    this.nowUs = event.atUs;
    const machine = event.machine;
    if (machine === undefined) {
      this.cause = event.cause;
      event.run(undefined);
    } else if (
      machine.pauseCount > 0 ||
      machine.busyUntilUs > this.nowUs ||
      machine.backlog.length > 0
    ) {
      machine.backlog.push(event);
      this.wake(machine);
    } else {
      this.react(event, machine);
    }
  }

  /** Lets the node on `machine` react to `event`. */
  private react(event: SimulationEvent, machine: Machine): void {
    this.cause = event.cause;
    const life = event.life ?? machine.life;
    if (life === undefined || !life.isAlive) {
      event.missed?.();
      return;
    }
    this.eventCount += 1;
    machine.busyUntilUs = this.nowUs + machine.busyUs;
    this.note(event.kind, machine, this.nowUs, reacts);
    this.trap?.close();
    this.reacting = life;
    try {
      event.run(life);
    } catch (error) {
      this.options.onError(life, error);
    }
  }

  /** After the drain: opens the trap, tells what the reaction did wrong, checks the invariants. */
  private settle(): void {
    if (this.settleQuietly()) this.options.afterEvent?.();
  }

  private settleQuietly(): boolean {
    const life = this.reacting;
    if (life === undefined) return false;
    this.reacting = undefined;
    if (this.trap !== undefined) {
      this.trap.open();
      for (const touch of this.trap.takeTouched()) this.options.onError(life, touch);
    }
    return true;
  }
}

function reacts(): string {
  return 'reacts';
}

/**
 * Draining: between two events every promise reaction of a node runs, and nothing else does.
 *
 * Two ways give the same order of reactions, hence the same trace hash. A *hop* leaves the engine's
 * code and comes back when the platform has emptied its microtask queue: that works everywhere. A
 * *checkpoint* empties the queue from within; V8 offers it behind a flag that Node.js can set at
 * run time.
 */

/** Which way to drain. `auto` takes the checkpoint where the engine has it. */
export type DrainMode = 'auto' | 'hop' | 'checkpoint';

/** Has `resume` called once every promise reaction that is due, or becomes due, has run. */
export interface Hop {
  /** Right after the drain, before the platform does anything else where it can promise that. */
  next(resume: () => void): void;
  /** After the platform had its turn: input, output, timers. */
  yield(resume: () => void): void;
  close(): void;
}

/** Empties the microtask queue now. Only from a macrotask: within a microtask it does nothing. */
export type Checkpoint = () => void;

interface V8 {
  setFlagsFromString(flags: string): void;
}

interface Platform {
  readonly setImmediate: ((callback: () => void) => unknown) | undefined;
  readonly queueMicrotask: ((callback: () => void) => void) | undefined;
  readonly nextTick: ((callback: () => void) => void) | undefined;
  readonly MessageChannel:
    | (new () => {
        port1: { onmessage: (() => void) | null; close(): void };
        port2: { postMessage(message: unknown): void };
      })
    | undefined;
}

/** The platform's own functions, taken before any simulation can have put a trap in their place. */
const PLATFORM: Readonly<Platform> = Object.freeze({
  setImmediate: (globalThis as unknown as Platform).setImmediate,
  queueMicrotask: (globalThis as unknown as Platform).queueMicrotask,
  MessageChannel: (globalThis as unknown as Platform).MessageChannel,
  nextTick: (globalThis as unknown as { process?: Platform }).process?.nextTick,
});

/**
 * The hop of this platform.
 *
 * Node.js runs ticks when its microtask queue is empty and before anything else. A tick asked for
 * from a microtask thus comes right behind the last reaction, so that no foreign callback ever
 * meets the closed trap. Browsers have message channels; there a simulation has a worker for
 * itself.
 */
export function createHop(): Hop {
  const { setImmediate: immediate, queueMicrotask: microtask, nextTick: tick } = PLATFORM;
  if (immediate !== undefined && tick !== undefined && microtask !== undefined) {
    return {
      next: (resume) => microtask(() => tick(resume)),
      yield: (resume) => void immediate(resume),
      close() {},
    };
  }
  if (PLATFORM.MessageChannel === undefined) {
    throw new Error('this platform has no setImmediate or MessageChannel');
  }
  const { port1, port2 } = new PLATFORM.MessageChannel();
  const hop = (resume: () => void) => {
    port1.onmessage = resume;
    port2.postMessage(0);
  };
  return { next: hop, yield: hop, close: () => port1.close() };
}

/** The checkpoint of this engine, or `undefined` where it has none that works. */
export function findCheckpoint(): Checkpoint | undefined {
  const { process } = globalThis as unknown as {
    process?: { getBuiltinModule?: (name: string) => V8 | undefined };
  };
  const v8 = process?.getBuiltinModule?.('node:v8');
  if (v8 === undefined) return undefined;
  try {
    v8.setFlagsFromString('--allow-natives-syntax');
    return new Function('%PerformMicrotaskCheckpoint()') as Checkpoint;
  } catch {
    // An engine without the intrinsic, or one that forbids evaluation: the hop serves as well.
    return undefined;
  } finally {
    v8.setFlagsFromString('--no-allow-natives-syntax');
  }
}

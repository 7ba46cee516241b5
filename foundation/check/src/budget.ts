/**
 * The bounds of a judgement: how many steps, how much memory, how long.
 *
 * A judge that reaches a bound says `unknown`, and which bound it was. Steps are the bound of
 * choice, since the same history then gets the same verdict on every machine.
 */
import { InvalidArgument } from '@mangrove/host';
import type { UnknownReason } from './verdict.ts';

/** The bounds that a caller may set. */
export interface Bounds {
  /**
   * Steps of search over all keys; 50 million, which take half a minute at worst. A step is one
   * operation tried in one place, under a microsecond; to copy or compare a long value counts as
   * many as it takes time. Too small: histories with many open operations are not decided.
   */
  readonly maxSteps?: number;
  /** Memory of what a search remembers, estimated, in bytes; 160 MiB. */
  readonly maxMemoryBytes?: number;
  /** Any clock that does not go back, in milliseconds; needed for `timeoutMs`. */
  readonly nowMs?: () => number;
  /** From the beginning of the judgement; no bound where it is absent. */
  readonly timeoutMs?: number;
}

const DEFAULT_STEPS = 50_000_000;
const DEFAULT_MEMORY_BYTES = 160 * 1024 * 1024;

/** What is left of the bounds. Belongs to one judgement. */
export class Budget {
  readonly maxSteps: number;
  readonly maxMemoryBytes: number;
  readonly #nowMs: (() => number) | undefined;
  readonly #deadlineMs: number;
  stepCount = 0;

  /** @throws InvalidArgument when a bound is no positive number, or a timeout has no clock */
  constructor(bounds: Bounds) {
    this.maxSteps = positive('maxSteps', bounds.maxSteps ?? DEFAULT_STEPS);
    this.maxMemoryBytes = positive('maxMemoryBytes', bounds.maxMemoryBytes ?? DEFAULT_MEMORY_BYTES);
    this.#nowMs = bounds.nowMs;
    if (bounds.timeoutMs === undefined) {
      this.#deadlineMs = Number.POSITIVE_INFINITY;
      return;
    }
    if (bounds.nowMs === undefined)
      throw new InvalidArgument('nowMs', undefined, 'given with timeoutMs');
    this.#deadlineMs = bounds.nowMs() + positive('timeoutMs', bounds.timeoutMs);
  }

  /** The bound that was reached; undefined while none was. */
  exceeded(memoryBytes: number): UnknownReason | undefined {
    if (this.stepCount >= this.maxSteps) {
      return { code: 'steps', sentence: `${this.maxSteps} steps did not decide it` };
    }
    if (memoryBytes >= this.maxMemoryBytes) {
      return { code: 'memory', sentence: `${this.maxMemoryBytes} bytes did not hold the search` };
    }
    if (this.#nowMs !== undefined && this.#nowMs() >= this.#deadlineMs) {
      return { code: 'time', sentence: 'the time was up before it was decided' };
    }
    return undefined;
  }
}

function positive(option: string, value: number): number {
  if (!(value > 0)) throw new InvalidArgument(option, value, 'a positive number');
  return value;
}

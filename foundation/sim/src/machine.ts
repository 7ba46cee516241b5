/**
 * The machine under a node: what outlives the node's lives, and what faults of a process act on.
 */
import type { CrashPoint } from '@mangrove/experiment';
import type { NodeId } from '@mangrove/host';
import { DiskFaults } from './disk-faults.ts';
import type { SimulationEvent } from './engine.ts';
import type { Life } from './life.ts';
import { MachineClock } from './machine-clock.ts';
import { Platter } from './platter.ts';

/** A machine, with the node's life on it if it is up. */
export class Machine {
  readonly id: NodeId;
  /** 0-based, in order of creation. */
  readonly index: number;
  readonly clock: MachineClock;
  readonly diskFaults = new DiskFaults();
  platter = new Platter();
  life: Life | undefined;
  /** How many lives there were; the incarnation of the last one. */
  lifeCount = 0;
  /** How many pauses are in force. */
  pauseCount = 0;
  /** How long each callback keeps the node busy, and until when the last one does. */
  busyUs = 0;
  busyUntilUs = 0;
  /** Events that wait for the machine to be free, in order. */
  readonly backlog: SimulationEvent[] = [];
  isWakeScheduled = false;
  private readonly points = new Set<ArmedPoint>();

  constructor(id: NodeId, index: number) {
    this.id = id;
    this.index = index;
    this.clock = new MachineClock(index);
  }

  /** Has `strike` called at a moment that is found by counting. */
  arm(point: CrashPoint, strike: () => void): void {
    this.points.add({ point, seenCount: 0, strike });
  }

  /** Ends the watch for moments that did not come. */
  disarm(): void {
    this.points.clear();
  }

  /**
   * Strikes where a crash point is reached. Call it before the operation, and after it once more;
   * the life may be over when it returns.
   *
   * @param kindOf a message in words; asked for only where a point is about a kind
   */
  pass(
    operation: CrashPoint['operation'],
    target: string,
    when: CrashPoint['when'],
    kindOf: () => string = noKind,
  ): void {
    for (const armed of this.points) {
      const { point } = armed;
      if (point.operation !== operation || point.when !== when) continue;
      if (!target.startsWith(point.target ?? '')) continue;
      if (point.kind !== undefined && !kindOf().startsWith(point.kind)) continue;
      armed.seenCount += 1;
      if (armed.seenCount !== point.nth) continue;
      this.points.delete(armed);
      armed.strike();
    }
  }
}

function noKind(): string {
  return '';
}

/** A crash point, with how many of its operations were seen, and what to do at the right one. */
interface ArmedPoint {
  readonly point: CrashPoint;
  seenCount: number;
  readonly strike: () => void;
}

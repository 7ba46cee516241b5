/**
 * The faults that are in force on one machine's disk.
 */

import type { DiskOperation } from '@mangrove/experiment';
import type { DiskErrorCode } from '@mangrove/host';

/** Operations that are to fail: some of one kind, on paths that begin so. */
export interface DiskErrorRule {
  readonly operation: DiskOperation;
  readonly path: string;
  countLeft: number;
}

/** What an operation meets. */
export interface DiskWeather {
  readonly error: DiskErrorCode | undefined;
  readonly extraUs: number;
  readonly isStalled: boolean;
}

/** The weather on one disk. */
export class DiskFaults {
  readonly errors = new Set<DiskErrorRule>();
  fullCount = 0;
  stallCount = 0;
  readonly slowUs = new Set<{ readonly us: number }>();
  /** Called when a stall ends: operations that stood still go on. */
  readonly held: (() => void)[] = [];

  /** @param needsRoom whether the operation takes room, or syncs room that is not durable (D5) */
  meet(operation: DiskOperation, path: string, needsRoom: boolean): DiskWeather {
    const rule = [...this.errors].find(
      (each) => each.operation === operation && path.startsWith(each.path) && each.countLeft > 0,
    );
    if (rule !== undefined) rule.countLeft -= 1;
    const isRefused = this.fullCount > 0 && needsRoom;
    const extraUs = Math.max(0, ...[...this.slowUs].map((slow) => slow.us));
    const error = rule !== undefined ? 'input-output' : isRefused ? 'no-space' : undefined;
    return { error, extraUs, isStalled: this.stallCount > 0 };
  }

  endStall(): void {
    this.stallCount -= 1;
    if (this.stallCount === 0) for (const goOn of this.held.splice(0)) goOn();
  }
}

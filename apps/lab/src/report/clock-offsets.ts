/**
 * How far the wall clocks of nodes were off, by the plan: jumps at once, drift little by little.
 */
import type { Fault } from '@mangrove/experiment';

/** A wall clock after a fault of clocks began or ended. */
export interface ClockOffset {
  readonly node: string;
  readonly atMs: number;
  /** How far it is ahead (> 0) or behind, compared with a clock that nothing happened to. */
  readonly offsetMs: number;
  readonly because: string;
}

/** The offsets in order of time; none where no clock was touched. */
export function clockOffsets(faults: readonly Fault[]): readonly ClockOffset[] {
  const turns = faults.flatMap((fault) => {
    if (fault.type === 'wall-jump')
      return [{ node: fault.node, atMs: fault.atMs, because: 'jump' }];
    if (fault.type !== 'clock-drift') return [];
    const { node, atMs, untilMs, ppm } = fault;
    return [
      { node, atMs, because: `drift of ${ppm} ppm begins` },
      { node, atMs: untilMs, because: `drift of ${ppm} ppm ends` },
    ];
  });
  turns.sort((a, b) => a.atMs - b.atMs);
  return turns.map((turn) => ({ ...turn, offsetMs: offsetAt(faults, turn.node, turn.atMs) }));
}

function offsetAt(faults: readonly Fault[], node: string, atMs: number): number {
  return faults.reduce((sum, fault) => {
    if (!('node' in fault) || fault.node !== node) return sum;
    if (fault.type === 'wall-jump') return fault.atMs <= atMs ? sum + fault.byMs : sum;
    if (fault.type !== 'clock-drift') return sum;
    const lasted = Math.max(0, Math.min(atMs, fault.untilMs) - fault.atMs);
    return sum + (lasted * fault.ppm) / 1e6;
  }, 0);
}

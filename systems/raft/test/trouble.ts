/**
 * How much trouble a run of the random cluster has, of each kind.
 */
import type { Random } from '@mangrove/host';

/** How much trouble a run has, per thousand steps. */
export interface Trouble {
  readonly loss: number;
  readonly duplicate: number;
  readonly crash: number;
  readonly cut: number;
  readonly pause: number;
  readonly member: number;
  readonly transfer: number;
  readonly snapshot: number;
  readonly rot: number;
  readonly lull: number;
  readonly disk: number;
  /** The most milliseconds that pass at once. */
  readonly haste: number;
}

/** Draws how much trouble a run has: often none of a kind. */
export function drawTrouble(random: Random): Trouble {
  const draw = (...choices: readonly number[]) => random.pick(choices);
  return {
    loss: draw(0, 0, 10, 100, 300),
    duplicate: draw(0, 0, 50, 300),
    crash: draw(0, 0, 50, 300),
    cut: draw(0, 0, 100, 300),
    pause: draw(0, 0, 100),
    member: draw(0, 0, 100, 400),
    transfer: draw(0, 0, 50, 200),
    snapshot: draw(0, 200, 900),
    rot: draw(0, 0, 300),
    lull: draw(0, 0, 100),
    disk: draw(60, 120, 160),
    haste: draw(2, 6, 20),
  };
}

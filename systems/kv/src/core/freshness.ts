/**
 * How current the state of a member is, as it knows from the rounds that it made.
 *
 *     round begins at b ---- completes, its index is applied ---- read at t
 *
 * Everything that was acknowledged before b is in the state from then on, so a read at t misses at
 * most what was acknowledged within t - b. The member's clock may run slow by its bound, so what it
 * measures is widened by that.
 */

/** What a member knows of itself. */
export class Freshness {
  private readonly driftPpmMax: number;
  private knownAtMs: number | undefined;

  /** @param driftPpmMax the bound on the rate of the member's clock */
  constructor(driftPpmMax: number) {
    this.driftPpmMax = driftPpmMax;
  }

  /** A round that began at `beganAtMs` is over, and what it found is applied. */
  learned(beganAtMs: number): void {
    if (this.knownAtMs === undefined || beganAtMs > this.knownAtMs) this.knownAtMs = beganAtMs;
  }

  /**
   * The state holds everything that was acknowledged up to so many ms before `nowMs`; `undefined`
   * where no round was made yet.
   */
  stalenessMs(nowMs: number): number | undefined {
    if (this.knownAtMs === undefined) return undefined;
    return Math.ceil(Math.max(0, nowMs - this.knownAtMs) * (1 + this.driftPpmMax / 1_000_000));
  }

  /** Whether a read asked for at `askedAtMs` may be answered that allows `stalenessMsMax`. */
  admits(askedAtMs: number, stalenessMsMax: number): boolean {
    const staleness = this.stalenessMs(askedAtMs);
    return staleness !== undefined && staleness <= stalenessMsMax;
  }
}

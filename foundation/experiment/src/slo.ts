/**
 * Service level objectives as data: what clients may expect of a run, in figures.
 *
 * They are about what clients saw, so they mean the same in every world. A client is a closed loop:
 * while it waits it begins nothing else, so an outage shows as few long operations, not as many;
 * `outage` and `recovery` are there for that.
 */

/**
 * Which operations count: those under way while a fault lasted, from the first to the last one;
 * those that began after the last fault; or all.
 */
export type SloPhase = 'during' | 'after' | 'whole';

/** One objective. */
export type Slo =
  /** At least so many of a hundred operations end in `ok`. */
  | { readonly type: 'availability'; readonly phase: SloPhase; readonly percentMin: number }
  /**
   * So many of a hundred operations are answered within so long. One without an answer took longer
   * than any bound; one that failed for certain does not count.
   */
  | {
      readonly type: 'latency';
      readonly phase: SloPhase;
      readonly percentile: 50 | 99 | 99.9;
      readonly msMax: number;
    }
  /** Nobody was answered for so long at most, while somebody waited. */
  | { readonly type: 'outage'; readonly msMax: number }
  /**
   * After the last fault every client that asks for something has its first success within so long
   * of asking.
   */
  | { readonly type: 'recovery'; readonly msMax: number };

/** The objective in words: `p99 during the faults is at most 400 ms`. */
export function describeSlo(slo: Slo): string {
  if (slo.type !== 'recovery') return `${describeLevel(slo)} is ${describeBound(slo)}`;
  return `every client is served within ${slo.msMax} ms after the faults`;
}

/** What the objective is about, whatever its bound: `p99 during the faults`. */
export function describeLevel(slo: Slo): string {
  switch (slo.type) {
    case 'availability':
      return `availability ${PHASES[slo.phase]}`;
    case 'latency':
      return `p${slo.percentile} ${PHASES[slo.phase]}`;
    case 'outage':
      return 'the longest time without any answer';
    case 'recovery':
      return 'the time after the faults until every client is served';
  }
}

/** Its bound: `at most 400 ms`. */
export function describeBound(slo: Slo): string {
  return slo.type === 'availability' ? `at least ${slo.percentMin} %` : `at most ${slo.msMax} ms`;
}

const PHASES: Readonly<Record<SloPhase, string>> = {
  during: 'during the faults',
  after: 'after the faults',
  whole: 'of the whole run',
};

/**
 * Rows of a benchmark whose figures may be this large at most.
 */
import type { BenchRow } from '@mangrove/experiment';

/** Makes the rows of `bench`: each beside a reference, and held to `most` where that is given. */
export function rowsOf(bench: string) {
  return (
    name: string,
    ours: number,
    reference: number,
    unit: string,
    most = Number.POSITIVE_INFINITY,
  ): BenchRow => ({
    ...{ bench, case: name, ours, reference, unit, ratio: ours / reference },
    goal: Number.isFinite(most) ? `ours <= ${most}` : '',
    met: ours <= most,
  });
}

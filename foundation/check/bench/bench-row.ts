/**
 * What a benchmark reports: the same type as the one of `@mangrove/experiment`, field by field,
 * since the judges stand on the same floor and do not import it.
 */

/** A figure, and what it is held against, measured in the same run. */
export interface BenchRow {
  readonly bench: string;
  readonly case: string;
  readonly ours: number;
  readonly reference: number;
  readonly unit: string;
  readonly ratio: number;
  readonly goal: string;
  readonly met: boolean;
}

/** A row whose goal is an upper bound of our own figure. */
export function boundedRow(
  bench: string,
  name: string,
  ours: number,
  reference: number,
  unit: string,
  most: number,
): BenchRow {
  const ratio = ours / reference;
  return {
    bench,
    case: name,
    ours,
    reference,
    unit,
    ratio,
    goal: `ours <= ${Math.round(most)}`,
    met: ours <= most,
  };
}

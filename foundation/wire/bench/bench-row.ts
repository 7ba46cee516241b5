/**
 * The row that a benchmark of this package reports: the same shape that every package's has.
 */

/** A figure, and what it is held against; the same run measured both. */
export interface BenchRow {
  readonly bench: string;
  readonly case: string;
  readonly ours: number;
  readonly reference: number;
  readonly unit: string;
  /** `ours / reference`. */
  readonly ratio: number;
  /** What was promised, in words; empty for what is only reported. */
  readonly goal: string;
  readonly met: boolean;
}

/**
 * How a benchmark tells what it measured: one row a case, always beside a reference of the same
 * run.
 */

/** A figure, and what it is held against. */
export interface BenchRow {
  readonly bench: string;
  readonly case: string;
  /** Our figure and the reference's, in `unit`, measured in the same run. */
  readonly ours: number;
  readonly reference: number;
  readonly unit: string;
  /** `ours / reference`. */
  readonly ratio: number;
  /**
   * What was promised, in words: `ratio >= 0.5`, `ours <= 300`; empty for what is only reported.
   */
  readonly goal: string;
  /** Whether the goal was met; true where there is none. */
  readonly met: boolean;
}

/** A benchmark: what a file in a package's `bench/` exports as `bench`. */
export interface Bench {
  readonly name: string;
  run(report: (row: BenchRow) => void): Promise<void>;
}

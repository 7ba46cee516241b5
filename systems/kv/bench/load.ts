/**
 * A client that keeps so many calls in flight for a while, and times each one. All stores of a
 * benchmark are driven by this same loop.
 */

/** What came of a load. */
export interface LoadReport {
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Beyond so many, latencies are not kept. */
const LATENCIES_MAX = 1_000_000;

/**
 * Keeps `width` calls in flight for `durationMs`.
 *
 * @param call makes the call of that number, and resolves when it is answered
 */
export async function runLoad(
  width: number,
  durationMs: number,
  call: (nth: number) => Promise<unknown>,
): Promise<LoadReport> {
  const latencies = new Float64Array(LATENCIES_MAX);
  let begun = 0;
  let count = 0;
  const startedAt = performance.now();
  const worker = async () => {
    for (let at = performance.now(); at - startedAt < durationMs; ) {
      begun += 1;
      await call(begun);
      const now = performance.now();
      if (count < LATENCIES_MAX) latencies[count] = now - at;
      count += 1;
      at = now;
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  const seconds = (performance.now() - startedAt) / 1000;
  const sorted = latencies.subarray(0, Math.min(count, LATENCIES_MAX)).sort();
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { callsPerSecond: count / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** The median of each figure over several rounds. */
export function medianOf(reports: readonly LoadReport[]): LoadReport {
  const of = (key: keyof LoadReport) => median(reports.map((each) => each[key]));
  return { callsPerSecond: of('callsPerSecond'), p50Ms: of('p50Ms'), p99Ms: of('p99Ms') };
}

/** The one in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

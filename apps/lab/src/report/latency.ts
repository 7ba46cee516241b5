/**
 * Latency and availability of a run, from its history.
 */
import type { HistoryEvent } from '@mangrove/experiment';

/** An operation as figures need it. */
export interface Timing {
  readonly startMs: number;
  readonly endMs: number;
  readonly outcome: 'ok' | 'fail' | 'info';
}

/** How long the answered operations took, ms; and how many were not answered. */
export interface LatencyFigures {
  readonly count: number;
  readonly okCount: number;
  readonly failCount: number;
  /** Unknown outcomes: not failures. */
  readonly unknownCount: number;
  /** Of the answered ones, by the nearest rank; 0 where there are none. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Below this many operations there is no plot: each one stands in the diagram. */
export const MIN_PLOTTED = 30;

/** Every operation of `history` by its start; one without an end lasts until `endMs`, unknown. */
export function timingsOf(history: readonly HistoryEvent[], endMs: number): readonly Timing[] {
  const open = new Map<string, number>();
  const timings: Timing[] = [];
  for (const { type, process, atMs } of history) {
    if (type === 'invoke') {
      open.set(process, timings.length);
      timings.push({ startMs: atMs, endMs, outcome: 'info' });
      continue;
    }
    const index = open.get(process);
    const start = index === undefined ? undefined : timings[index];
    if (index === undefined || start === undefined) continue;
    timings[index] = { startMs: start.startMs, endMs: atMs, outcome: type };
    open.delete(process);
  }
  return timings;
}

/** How many operations were under way while a fault was in force. */
export function hurtCount(
  timings: readonly Timing[],
  strikes: readonly { readonly atMs: number; readonly untilMs: number }[],
): number {
  return timings.filter(({ startMs, endMs }) =>
    strikes.some(({ atMs, untilMs }) => atMs <= endMs && untilMs >= startMs),
  ).length;
}

/** The figures of `timings`. */
export function latencyFigures(timings: readonly Timing[]): LatencyFigures {
  const ok = timings.filter(({ outcome }) => outcome === 'ok');
  const took = ok.map(({ startMs, endMs }) => endMs - startMs).sort((a, b) => a - b);
  return {
    count: timings.length,
    okCount: ok.length,
    failCount: timings.filter(({ outcome }) => outcome === 'fail').length,
    unknownCount: timings.filter(({ outcome }) => outcome === 'info').length,
    p50: quantile(took, 0.5),
    p90: quantile(took, 0.9),
    p99: quantile(took, 0.99),
    p999: quantile(took, 0.999),
    max: took.at(-1) ?? 0,
  };
}

/** The value at the nearest rank of `share`, of values in rising order; 0 where there are none. */
export function quantile(sorted: readonly number[], share: number): number {
  const rank = Math.ceil(sorted.length * share - 1e-9);
  return sorted[Math.min(sorted.length - 1, Math.max(0, rank - 1))] ?? 0;
}

/** A stretch of time and what began in it. */
export interface Bin {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly begunCount: number;
  /** Of those, how many were answered `ok`. */
  readonly okCount: number;
  /** How many were answered in this stretch, whenever they began. */
  readonly doneCount: number;
  /** Of the answered that began here; missing where there are none. */
  readonly p50?: number;
  readonly p99?: number;
  readonly max?: number;
}

/** `timings` in `count` stretches of equal length from 0 to `endMs`. */
export function binsOf(timings: readonly Timing[], endMs: number, count: number): readonly Bin[] {
  const length = Math.max(endMs, 1e-3) / count;
  const indexOf = (atMs: number) => Math.min(count - 1, Math.max(0, Math.floor(atMs / length)));
  const begun: Timing[][] = Array.from({ length: count }, () => []);
  const done = new Array<number>(count).fill(0);
  for (const timing of timings) {
    begun[indexOf(timing.startMs)]?.push(timing);
    if (timing.outcome === 'ok')
      done[indexOf(timing.endMs)] = (done[indexOf(timing.endMs)] ?? 0) + 1;
  }
  return begun.map((list, index) => {
    const ok = list.filter(({ outcome }) => outcome === 'ok');
    const took = ok.map(({ startMs, endMs: end }) => end - startMs).sort((a, b) => a - b);
    const max = took.at(-1);
    const figures =
      max === undefined ? {} : { p50: quantile(took, 0.5), p99: quantile(took, 0.99), max };
    const [fromMs, untilMs] = [index * length, (index + 1) * length];
    const doneCount = done[index] ?? 0;
    return { fromMs, untilMs, begunCount: list.length, okCount: ok.length, doneCount, ...figures };
  });
}

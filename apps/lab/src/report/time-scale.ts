/**
 * The time axis of a diagram: linear where something happens, folded where nothing does.
 *
 * A run is silent most of the time: between bursts of messages there are heartbeats only. Drawn to
 * one scale the bursts would be a few pixels wide. So long silences are folded to a narrow band
 * that is marked as such, and the rest shares the width in proportion to its length.
 */

/** A part of the run. */
export interface TimeWindow {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A monotonic map from time to pixels, given by its corners. */
export interface TimeScale {
  /** Time and position of each corner, both rising; two at least. */
  readonly corners: readonly (readonly [atMs: number, x: number])[];
  /** The silences that were folded, in order. */
  readonly folds: readonly TimeWindow[];
}

/** How wide a folded silence is, px. */
export const FOLD_WIDTH = 8;

/** A diagram has no more folds than this; the longest silences are folded first. */
export const MAX_FOLDS = 16;

/** A silence is folded when it is longer than this share of what is not folded. */
const FOLD_SHARE = 0.05;

/** What stays unfolded at both ends of a silence, as a share of it. */
const MARGIN_SHARE = 0.1;

/**
 * The scale of `window` over the pixels from `left` to `right`.
 *
 * @param moments when something worth seeing happens, ms, in any order
 */
export function foldTime(
  moments: readonly number[],
  window: TimeWindow,
  left: number,
  right: number,
): TimeScale {
  const length = Math.max(window.untilMs - window.fromMs, 1e-3);
  const folds = foldsOf(moments, window, length);
  const folded = folds.reduce((sum, fold) => sum + fold.untilMs - fold.fromMs, 0);
  const perMs = (right - left - folds.length * FOLD_WIDTH) / Math.max(length - folded, 1e-3);
  const corners: [number, number][] = [[window.fromMs, left]];
  let [atMs, x] = [window.fromMs, left];
  for (const fold of folds) {
    x += (fold.fromMs - atMs) * perMs;
    corners.push([fold.fromMs, x]);
    x += FOLD_WIDTH;
    corners.push([fold.untilMs, x]);
    atMs = fold.untilMs;
  }
  corners.push([window.fromMs + length, right]);
  return { corners, folds };
}

/** Where `atMs` is, px; what lies outside of the window is at its edge. */
export function xOf({ corners }: TimeScale, atMs: number): number {
  return along(corners, 0, atMs);
}

/** Which time is at `x`, ms; what lies outside is at the edge of the window. */
export function msOf({ corners }: TimeScale, x: number): number {
  return along(corners, 1, x);
}

/** The round times that fit under the axis, at least `spacing` pixels from each other. */
export function ticksOf(scale: TimeScale, spacing: number): readonly number[] {
  const first = scale.corners[0] ?? [0, 0];
  const last = scale.corners.at(-1) ?? [0, 0];
  const folded = scale.folds.reduce((sum, fold) => sum + fold.untilMs - fold.fromMs, 0);
  const pixels = last[1] - first[1] - scale.folds.length * FOLD_WIDTH;
  const perTick = ((last[0] - first[0] - folded) / Math.max(pixels, 1)) * spacing;
  const step = roundStep(perTick);
  const ticks: number[] = [];
  for (let at = Math.ceil(first[0] / step) * step; at <= last[0]; at += step) {
    const isInFold = scale.folds.some((fold) => at > fold.fromMs && at < fold.untilMs);
    const before = ticks.at(-1);
    const isTight = before !== undefined && xOf(scale, at) - xOf(scale, before) < spacing * 0.7;
    if (!isInFold && !isTight) ticks.push(at);
  }
  return ticks;
}

/** The next of 1, 2, 5, 10, 20, 50, ... that is not below `value`. */
export function roundStep(value: number): number {
  let power = 1e-3;
  while (power * 10 <= value) power *= 10;
  const factor = [1, 2, 5, 10].find((each) => each * power >= value) ?? 10;
  return factor * power;
}

/**
 * The silences to fold: the longest first, as long as one is longer than its share of what is still
 * unfolded. So a run of a minute with three busy milliseconds shows these three.
 */
function foldsOf(
  moments: readonly number[],
  { fromMs, untilMs }: TimeWindow,
  length: number,
): readonly TimeWindow[] {
  const inside = moments.filter((each) => each > fromMs && each < untilMs);
  const times = [fromMs, ...inside.sort((a, b) => a - b), untilMs];
  const silences: TimeWindow[] = [];
  for (let index = 1; index < times.length; index += 1) {
    silences.push({ fromMs: times[index - 1] ?? 0, untilMs: times[index] ?? 0 });
  }
  silences.sort((a, b) => b.untilMs - b.fromMs - (a.untilMs - a.fromMs));
  let unfolded = length;
  let count = 0;
  for (const silence of silences.slice(0, MAX_FOLDS)) {
    const long = silence.untilMs - silence.fromMs;
    if (long <= unfolded * FOLD_SHARE) break;
    count += 1;
    unfolded -= long * (1 - 2 * MARGIN_SHARE);
  }
  const folded = silences.slice(0, count).map((silence) => {
    const margin = (silence.untilMs - silence.fromMs) * MARGIN_SHARE;
    const most = unfolded * FOLD_SHARE * 0.25;
    const kept = Math.min(margin, most);
    return { fromMs: silence.fromMs + kept, untilMs: silence.untilMs - kept };
  });
  return folded.sort((a, b) => a.fromMs - b.fromMs);
}

/** Interpolates: `value` is a coordinate of kind `from` (0 time, 1 pixels); gives the other. */
function along(corners: TimeScale['corners'], from: 0 | 1, value: number): number {
  const to = from === 0 ? 1 : 0;
  let low = 0;
  let high = corners.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((corners[middle]?.[from] ?? 0) <= value) low = middle;
    else high = middle;
  }
  const [start, end] = [corners[low] ?? [0, 0], corners[high] ?? [0, 0]];
  const share = (value - start[from]) / Math.max(end[from] - start[from], 1e-9);
  return start[to] + Math.min(1, Math.max(0, share)) * (end[to] - start[to]);
}

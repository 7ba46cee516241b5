/**
 * Latency, availability, throughput and faults over the time of a whole run.
 *
 * Few operations are dots at the time they began, with percentiles of equal stretches of time over
 * them where there are enough; many are percentiles alone, with the greatest value beside them.
 * A stretch of fewer than a hundred has no 99th percentile but its slowest: that is what the line
 * is called then, and how many there are stands below it. Faults are grey columns behind all, and
 * below by name.
 */
import { round } from './diagram-layout.ts';
import type { Band } from './fault-band.ts';
import { type Bin, binsOf, type Timing } from './latency.ts';
import { type Markup, markup, trusted } from './markup.ts';
import { roundStep, type TimeWindow } from './time-scale.ts';
import { clip, formatCount, formatDuration, formatMs, plural } from './wording.ts';

/** What is plotted. */
export interface TimeChart {
  readonly timings: readonly Timing[];
  readonly bands: readonly Band[];
  readonly endMs: number;
  /** When the violation showed; missing where there is none, or no time of it. */
  readonly wrongMs?: number;
}

/** Up to so many operations are drawn one by one. */
export const MAX_DOTS = 1500;

/** From so many operations on the dots have percentiles over them. */
const MIN_FOR_LINES = 300;

/** From so many operations in a stretch on, the 99th percentile is another one than the slowest. */
const MIN_FOR_P99 = 100;

/** The most faults that get a bar of their own. */
export const MAX_FAULT_BARS = 24;

/** About how wide a character of a label is, px. */
const CHARACTER = 6.1;

const LEFT = 60;
const LATENCY = { top: 28, height: 150 } as const;
const SHARE = { top: 224, height: 34 } as const;
const RATE = { top: 298, height: 34 } as const;
const FAULTS_TOP = 358;
const FAULT_ROW = 16;

/** The chart, `width` pixels wide. */
export function renderTimeChart(chart: TimeChart, width: number): Markup {
  const { timings, bands, endMs, wrongMs } = chart;
  const right = width - 8;
  const x = (atMs: number) =>
    round(LEFT + (Math.min(atMs, endMs) / Math.max(endMs, 1e-3)) * (right - LEFT));
  const struck = bands.filter(({ hasStruck }) => hasStruck);
  const rows = struck.slice(0, MAX_FAULT_BARS);
  const bottom = FAULTS_TOP + rows.length * FAULT_ROW + (rows.length > 0 ? 8 : -20);
  const bins = chartBins(timings, endMs);
  const shades = joinBands(struck).map(({ fromMs, untilMs }) => {
    const wide = Math.max(1.5, round(x(untilMs) - x(fromMs)));
    return markup`<rect class="shade" x="${x(fromMs)}" y="${LATENCY.top}" width="${wide}"
 height="${bottom - LATENCY.top}"/>`;
  });
  const label = `Latency, availability and faults over ${formatDuration(endMs)}`;
  const height = bottom + 26;
  return markup`<svg class="chart" viewBox="0 0 ${width} ${height}" width="${width}"
 height="${height}"
 role="img" aria-label="${label}">${shades}${timeAxis(endMs, x, bottom)}
${latencyPart(timings, bins, x, right)}${sharePart(bins, x, right)}${ratePart(bins, x, right)}
${faultPart(rows, x, right, struck.length - rows.length)}
${wrongLine(wrongMs, x, bottom, right)}</svg>`;
}

/** Ten to sixty stretches of time, of about a dozen operations where they are not more. */
export function chartBins(timings: readonly Timing[], endMs: number): readonly Bin[] {
  return binsOf(timings, endMs, Math.min(60, Math.max(10, Math.floor(timings.length / 12))));
}

/** The stretches in which at least one fault lasts: many on each other would hide the plot. */
function joinBands(bands: readonly Band[]): readonly TimeWindow[] {
  const joined: { fromMs: number; untilMs: number }[] = [];
  for (const { fromMs, untilMs } of bands.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = joined.at(-1);
    if (last !== undefined && fromMs <= last.untilMs) {
      last.untilMs = Math.max(last.untilMs, untilMs);
    } else {
      joined.push({ fromMs, untilMs });
    }
  }
  return joined;
}

type ToX = (atMs: number) => number;

function timeAxis(endMs: number, x: ToX, bottom: number): Markup {
  const step = roundStep(endMs / Math.max(3, Math.floor((x(endMs) - LEFT) / 90)));
  const marks: Markup[] = [];
  for (let atMs = 0; atMs <= endMs; atMs += step) {
    const text = step >= 1000 ? formatCount(atMs / 1000) : formatCount(Math.round(atMs));
    const unit = atMs === 0 ? (step >= 1000 ? ' s' : ' ms') : '';
    // The last number would stand beyond the edge if it stood in the middle of its mark.
    const anchor = x(endMs) - x(atMs) < 10 ? 'end' : 'middle';
    marks.push(markup`<text class="ax" x="${x(atMs)}" y="${bottom + 16}"
 text-anchor="${anchor}">${text}${unit}</text>`);
  }
  return markup`${marks}`;
}

/** The scale is logarithmic: a stall of a second and an answer in a millisecond must both show. */
function latencyPart(
  timings: readonly Timing[],
  bins: readonly Bin[],
  x: ToX,
  right: number,
): Markup {
  const took = timings.map(({ startMs, endMs }) => Math.max(endMs - startMs, 0.05));
  const [least, most] = took.length === 0 ? [1, 10] : [minOf(took), maxOf(took)];
  const [low, high] = [Math.log10(least) - 0.05, Math.log10(most) + 0.05];
  const y = (ms: number) => {
    const share = (Math.log10(Math.max(ms, 0.05)) - low) / Math.max(high - low, 1e-6);
    return round(LATENCY.top + LATENCY.height * (1 - Math.min(1, Math.max(0, share))));
  };
  const lines = logTicks(least, most).map(
    (ms) => markup`<line class="grid" x1="${LEFT}" x2="${right}" y1="${y(ms)}" y2="${y(ms)}"/>
<text class="ax" x="${LEFT - 8}" y="${y(ms) + 4}" text-anchor="end">${formatDuration(ms)}</text>`,
  );
  const isMany = timings.length > MAX_DOTS;
  const what = isMany
    ? `Latency of ${plural(timings.length, 'operation')}, by their start`
    : `Latency of each of ${plural(timings.length, 'operation')}, by its start`;
  const percentiles =
    timings.length < MIN_FOR_LINES ? '' : percentileLines(bins, x, y, right, isMany);
  const drawn = isMany ? percentiles : markup`${dots(timings, x, y)}${percentiles}`;
  const unknown = timings.filter(({ outcome }) => outcome === 'info');
  const crosses = unknown
    .slice(0, MAX_DOTS)
    .map(({ startMs }) => `M${x(startMs) - 2.5} ${LATENCY.top - 2}l5 5m0 -5l-5 5`)
    .join('');
  return markup`<text class="chart-title" x="0" y="14">${what}</text>${lines}${drawn}
<path class="un" d="${trusted(crosses)}"/>`;
}

function dots(timings: readonly Timing[], x: ToX, y: ToX): Markup {
  const answered = timings.filter(({ outcome }) => outcome === 'ok');
  const path = answered
    .map(({ startMs, endMs }) => `M${x(startMs)} ${y(endMs - startMs)}h0`)
    .join('');
  return markup`<path class="pt" d="${trusted(path)}"/>`;
}

function percentileLines(
  bins: readonly Bin[],
  x: ToX,
  y: ToX,
  right: number,
  hasGreatest: boolean,
): Markup {
  const line = (pick: (bin: Bin) => number | undefined) => {
    let path = '';
    let isOpen = false;
    for (const bin of bins) {
      const value = pick(bin);
      if (value !== undefined)
        path += `${isOpen ? 'L' : 'M'}${x((bin.fromMs + bin.untilMs) / 2)} ${y(value)}`;
      isOpen = value !== undefined;
    }
    return trusted(path);
  };
  const all = [
    ['p50', 'p50', (bin: Bin) => bin.p50],
    ['p99', 'p99', (bin: Bin) => bin.p99],
    ['pmax', 'greatest', (bin: Bin) => bin.max],
  ] as const;
  const okCount = bins.reduce((sum, bin) => sum + bin.okCount, 0);
  const each = Math.round(okCount / Math.max(1, bins.length));
  // Where each operation is a dot, the greatest ones are seen.
  const names =
    each < MIN_FOR_P99
      ? [all[0], ['p99', 'slowest', (bin: Bin) => bin.max] as const]
      : hasGreatest
        ? all
        : all.slice(0, 2);
  const paths = names.map(([name, , pick]) => markup`<path class="${name}" d="${line(pick)}"/>`);
  const y0 = LATENCY.top + LATENCY.height + 16;
  const legend = names.map(([name, word], index) => {
    const at = right - (names.length - 1) * LEGEND_ITEM - 68 + index * LEGEND_ITEM;
    return markup`<path class="${name}" d="M${at} ${y0 - 4}h18"/>
<text class="ax" x="${at + 22}" y="${y0}">${word}</text>`;
  });
  const first = bins[0];
  const length = first === undefined ? 0 : first.untilMs - first.fromMs;
  const basis = `n \u2248 ${formatCount(each)} per ${formatDuration(length)}`;
  return markup`${paths}${legend}<text class="ax" x="${LEFT}" y="${y0}">${basis}</text>`;
}

/** How far the names of two lines are apart, px. */
const LEGEND_ITEM = 54;

function sharePart(bins: readonly Bin[], x: ToX, right: number): Markup {
  const y = (share: number) => round(SHARE.top + SHARE.height * (1 - share));
  let [area, line] = ['', ''];
  for (const { fromMs, untilMs, begunCount, okCount } of bins) {
    if (begunCount === 0) continue;
    const at = y(okCount / begunCount);
    area += `M${x(fromMs)} ${y(0)}V${at}H${x(untilMs)}V${y(0)}z`;
    line += `M${x(fromMs)} ${at}H${x(untilMs)}`;
  }
  const length = (bins[0]?.untilMs ?? 0) - (bins[0]?.fromMs ?? 0);
  const title = `Answered ok, share of what began in each ${formatDuration(length)}`;
  return markup`<text class="chart-title" x="0" y="${SHARE.top - 8}">${title}</text>
<text class="ax" x="${LEFT - 8}" y="${y(1) + 4}" text-anchor="end">100 %</text>
<text class="ax" x="${LEFT - 8}" y="${y(0) + 4}" text-anchor="end">0</text>
<line class="grid" x1="${LEFT}" x2="${right}" y1="${y(0)}" y2="${y(0)}"/>
<path class="area" d="${trusted(area)}"/><path class="area-line" d="${trusted(line)}"/>`;
}

function ratePart(bins: readonly Bin[], x: ToX, right: number): Markup {
  const rates = bins.map(
    ({ fromMs, untilMs, doneCount }) => (doneCount / (untilMs - fromMs)) * 1000,
  );
  const most = maxOf([...rates, 1e-9]);
  const base = RATE.top + RATE.height;
  const bars = bins.map(({ fromMs, untilMs }, index) => {
    const height = round(((rates[index] ?? 0) / most) * RATE.height);
    return `M${x(fromMs)} ${base}v${-height}H${round(x(untilMs) - 1)}v${height}z`;
  });
  return markup`<text class="chart-title" x="0"
 y="${RATE.top - 8}">Operations answered per second</text>
<text class="ax" x="${LEFT - 8}" y="${RATE.top + 4}"
 text-anchor="end">${formatCount(Math.round(most))}</text>
<line class="grid" x1="${LEFT}" x2="${right}" y1="${base}" y2="${base}"/>
<path class="rate" d="${trusted(bars.join(''))}"/>`;
}

function faultPart(bands: readonly Band[], x: ToX, right: number, more: number): Markup {
  if (bands.length === 0) return markup``;
  const bars = bands.map(({ fromMs, untilMs, number, label }, index) => {
    const top = FAULTS_TOP + index * FAULT_ROW;
    const width = Math.max(2, round(x(untilMs) - x(fromMs)));
    const title = `F${number} ${label}, ${formatMs(fromMs)} to ${formatMs(untilMs)}`;
    const [before, after] = [x(fromMs) - LEFT - 8, right - x(fromMs) - width - 6];
    const isBeside = after >= Math.min(before, label.length * CHARACTER);
    const length = Math.floor(Math.max(before, after) / CHARACTER);
    const text = length < 4 ? '' : clip(label, length);
    const at = isBeside ? round(x(fromMs) + width + 5) : round(x(fromMs) - 5);
    return markup`<g><title>${title}</title><text class="ax" x="${LEFT - 8}" y="${top + 11}"
 text-anchor="end">F${number}</text>
<rect class="gantt" x="${x(fromMs)}" y="${top + 2}" width="${width}" height="10"/>
<text class="gantt-text" x="${at}" y="${top + 11}"
 text-anchor="${isBeside ? 'start' : 'end'}">${text}</text></g>`;
  });
  const rest = more > 0 ? `, the first ${bands.length} of ${bands.length + more}` : '';
  return markup`<text class="chart-title" x="0" y="${FAULTS_TOP - 6}">Faults${rest}</text>${bars}`;
}

function wrongLine(wrongMs: number | undefined, x: ToX, bottom: number, right: number): Markup {
  if (wrongMs === undefined) return markup``;
  const at = x(wrongMs);
  const anchor = at > right - 120 ? 'end' : 'start';
  return markup`<line class="when" x1="${at}" x2="${at}" y1="${LATENCY.top}" y2="${bottom}"/>
<text class="when-text" x="${anchor === 'end' ? at - 5 : at + 5}"
 y="${LATENCY.top + LATENCY.height - 6}"
 text-anchor="${anchor}">\u2715 ${formatMs(wrongMs)}</text>`;
}

function logTicks(least: number, most: number): readonly number[] {
  const ticks: number[] = [];
  for (let power = 0.1; power <= most * 10; power *= 10) {
    for (const factor of [1, 2, 5]) {
      const ms = power * factor;
      if (ms >= least * 0.9 && ms <= most * 1.1) ticks.push(ms);
    }
  }
  return ticks.length > 7
    ? ticks.filter((ms) => Number.isInteger(Math.round(Math.log10(ms) * 1e6) / 1e6))
    : ticks;
}

function minOf(values: readonly number[]): number {
  return values.reduce((least, each) => Math.min(least, each), Infinity);
}

function maxOf(values: readonly number[]): number {
  return values.reduce((most, each) => Math.max(most, each), -Infinity);
}

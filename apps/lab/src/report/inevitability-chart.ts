/**
 * When the failure became inevitable: the share of runs that fail, were all left to chance from a
 * moment on, over the time of the run.
 */
import type { Inevitability, InevitabilityPoint } from '../run-report.ts';
import { round } from './diagram-layout.ts';
import { type Markup, markup, trusted } from './markup.ts';
import { formatMs, plural } from './wording.ts';

/** The section; nothing where it was not asked. */
export function renderInevitability(inevitability: Inevitability | undefined): Markup {
  if (inevitability === undefined || inevitability.points.length < 2) return markup``;
  return markup`<section id="inevitable"><h2>When did it become inevitable?</h2>
<p class="lede">${inevitabilitySentence(inevitability)}</p>
<figure class="wide">${chart(inevitability)}<figcaption class="kv">Share of the runs that fail in
the same way when delays, losses and the nodes\u2019 own draws are made anew from that moment on;
faults and operations stay as planned.</figcaption></figure></section>`;
}

/** From when on nothing but the failure was left, in a sentence. */
export function inevitabilitySentence({ points, inevitableMs }: Inevitability): string {
  const runs = Math.min(...points.map(({ runCount }) => runCount));
  const first = points[0];
  const before = first === undefined ? 0 : shareOf(first);
  const from = `At the start ${percent(before)} of runs failed`;
  const each = `${plural(runs, 'run')} or more from each moment`;
  if (inevitableMs === undefined) return `${from}; it was never certain (${each}).`;
  if (inevitableMs === first?.atMs)
    return `Every run of this plan fails, whatever the luck (${each}).`;
  return `${from}; from ${formatMs(inevitableMs)} on every one did (${each}).`;
}

/** `35 %`. */
export function percent(share: number): string {
  return `${Math.round(100 * share)}\u00a0%`;
}

/** Which share of the runs from a moment failed. */
export function shareOf({ runCount, failureCount }: InevitabilityPoint): number {
  return failureCount / Math.max(1, runCount);
}

function chart({ points }: Inevitability): Markup {
  const [width, height, left, right, top, bottom] = [640, 170, 52, 620, 16, 132];
  const endMs = points.at(-1)?.atMs ?? 1;
  const x = (atMs: number) => round(left + (atMs / Math.max(endMs, 1e-3)) * (right - left));
  const y = (share: number) => round(bottom - share * (bottom - top));
  const path = points.map((point, index) => {
    return `${index === 0 ? 'M' : 'L'}${x(point.atMs)} ${y(shareOf(point))}`;
  });
  const dots = points.map((point) => {
    const { atMs, runCount, failureCount } = point;
    const title = `${formatMs(atMs)}: ${failureCount} of ${plural(runCount, 'run')} failed`;
    return markup`<circle class="turn" cx="${x(atMs)}" cy="${y(shareOf(point))}" r="3">
<title>${title}</title></circle>`;
  });
  return markup`<svg class="chart" width="${width}" height="${height}"
 viewBox="0 0 ${width} ${height}" role="img" aria-label="Chance of failure over the run">
<path class="grid" d="M${left} ${bottom}H${right}M${left} ${top}H${right}"/>
<path class="curve" d="${trusted(path.join(''))}"/>${dots}
<text class="ax" x="${left - 8}" y="${top + 4}" text-anchor="end">100 %</text>
<text class="ax" x="${left - 8}" y="${bottom + 4}" text-anchor="end">0</text>
<text class="ax" x="${left}" y="${bottom + 18}">0 ms</text>
<text class="ax" x="${right}" y="${bottom + 18}" text-anchor="end">${formatMs(endMs)}</text></svg>`;
}

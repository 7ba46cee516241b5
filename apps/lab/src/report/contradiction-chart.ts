/**
 * The smallest history that shows a violation, as bars from call to answer, one row a process.
 */

import type { ExplainedOperation, HistoryExplanation } from '../verdict.ts';
import { round } from './diagram-layout.ts';
import { type Markup, markup } from './markup.ts';
import { contradictionOf, isWrite, wordOf } from './operation.ts';
import { ticksOf, xOf } from './time-scale.ts';
import { clip, formatMs, formatOperation, plural } from './wording.ts';

/** The most operations that are drawn; the last ones are, since the contradiction ends them. */
export const MAX_BARS = 24;

const ROW = 52;
const TOP = 8;

/** The chart, `width` pixels wide. */
export function renderContradiction(explanation: HistoryExplanation, width: number): Markup {
  const operations = explanation.operations.slice(-MAX_BARS);
  const wrong = contradictionOf(explanation);
  const processes = [...new Set(operations.map(({ process }) => process))].sort();
  const left = 12 + 7.5 * Math.min(10, Math.max(2, ...processes.map((each) => each.length)));
  const ends = operations.flatMap(({ fromMs, untilMs }) => [fromMs, untilMs]);
  const [first, last] = [Math.min(...ends), Math.max(...ends)];
  const edge = Math.max((last - first) * 0.02, 0.5);
  const window = { fromMs: first - edge, untilMs: last + edge };
  const corners = [
    [window.fromMs, left],
    [window.untilMs, width - 12],
  ] as const;
  const scale = { corners, folds: [] };
  const y = (process: string) => TOP + 30 + processes.indexOf(process) * ROW;
  const x = (atMs: number) => round(xOf(scale, atMs));
  const bottom = TOP + processes.length * ROW;
  const rows = processes.map(
    (process) => markup`<text class="lb" x="0" y="${y(process) + 4.5}">${clip(process, 10)}</text>
<line class="hair" x1="${left}" x2="${width}" y1="${y(process)}" y2="${y(process)}"/>`,
  );
  const bars = operations.map((each) => bar(each, each === wrong, x, y(each.process), width));
  const gap = gapBefore(operations, wrong);
  const label = `${plural(operations.length, 'operation')} that contradict, from call to answer`;
  const times = ticksOf(scale, 90).map(
    (atMs) => markup`<line class="grid" x1="${x(atMs)}" x2="${x(atMs)}" y1="${TOP}" y2="${bottom}"/>
<text class="ax" x="${x(atMs)}" y="${bottom + 44}" text-anchor="middle">${formatMs(atMs)}</text>`,
  );
  const bracket = gap === undefined ? '' : gapLine(gap, x, y, bottom, width);
  return markup`<svg class="contradiction" viewBox="0 0 ${width} ${bottom + 50}" width="${width}"
 height="${bottom + 50}" role="img" aria-label="${label}">${times}${rows}${bars}${bracket}</svg>`;
}

/** An operation with what it was told: `write x=2 → ok`. */
export function describeExplained(operation: ExplainedOperation): string {
  const { f, key, input, output, outcome } = operation;
  const asked = formatOperation({ f, key, value: input });
  const isEcho = isWrite(f) && JSON.stringify(output) === JSON.stringify(input);
  return `${asked} \u2192 ${wordOf(outcome, isEcho ? undefined : output)}`;
}

function bar(
  operation: ExplainedOperation,
  isWrong: boolean,
  x: (atMs: number) => number,
  y: number,
  width: number,
): Markup {
  const { fromMs, untilMs, outcome, process } = operation;
  const [from, until] = [x(fromMs), x(untilMs)];
  const wide = Math.max(4, round(until - from));
  const text = `${describeExplained(operation)}${isWrong ? ' \u2715' : ''}`;
  const title = `${process}: ${text}, ${formatMs(fromMs)} to ${formatMs(untilMs)}`;
  const isEnd = from + text.length * 6.6 > width;
  const at = isEnd ? Math.min(width, from + wide) : from;
  const shape =
    outcome === 'info'
      ? markup`<path class="bar" d="M${from + wide} ${y - 6}H${from}v12H${from + wide}"/>`
      : markup`<rect class="bar" x="${from}" y="${y - 6}" width="${wide}" height="12" rx="1"/>`;
  return markup`<g class="op key ${outcome}${isWrong ? ' wrong' : ''}">
<title>${title}</title>${shape}
<text x="${at}" y="${y - 12}" text-anchor="${isEnd ? 'end' : 'start'}">${clip(text, 60)}</text>
</g>`;
}

/** A silence between the last confirmed operation and the wrong one. */
interface Gap {
  readonly before: ExplainedOperation;
  readonly after: ExplainedOperation;
}

function gapBefore(
  operations: readonly ExplainedOperation[],
  wrong: ExplainedOperation | undefined,
): Gap | undefined {
  if (wrong === undefined) return undefined;
  const done = operations.filter(
    ({ outcome, untilMs }) => outcome === 'ok' && untilMs < wrong.fromMs,
  );
  const before = done.reduce<ExplainedOperation | undefined>(
    (last, each) => (last === undefined || each.untilMs > last.untilMs ? each : last),
    undefined,
  );
  return before === undefined ? undefined : { before, after: wrong };
}

function gapLine(
  { before, after }: Gap,
  x: (atMs: number) => number,
  y: (process: string) => number,
  bottom: number,
  width: number,
): Markup {
  const [from, until] = [x(before.untilMs), x(after.fromMs)];
  const text = `${formatMs(after.fromMs - before.untilMs)} between answer and call`;
  const half = text.length * 3.1;
  const middle = Math.min(width - half, Math.max(half, (from + until) / 2));
  return markup`<path class="gapline"
 d="M${from} ${y(before.process) + 7}V${bottom + 6}M${until} ${y(after.process) + 7}
V${bottom + 6}"/>
<path class="fm" d="M${from} ${bottom + 6}H${until}"/>
<text class="gaptext" x="${round(middle)}" y="${bottom + 20}" text-anchor="middle">${text}</text>`;
}

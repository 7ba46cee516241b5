/**
 * The smallest history that shows a violation, as bars from call to answer, one row a process.
 *
 * What matters is which operation was over before which began. So the axis keeps the order of all
 * calls and answers exactly, and lengths by half only: operations of a millisecond, seconds apart,
 * would be invisible on a true scale.
 */
import type { ExplainedOperation, HistoryExplanation } from '../verdict.ts';
import { round } from './diagram-layout.ts';
import { type Markup, markup } from './markup.ts';
import { contradictionOf, witnessOf, wordOf } from './operation.ts';
import { clip, formatMs, formatOperation, plural } from './wording.ts';

/** The most operations that are drawn; the last ones are, since the contradiction ends them. */
export const MAX_BARS = 24;

const TOP = 4;
const ROW = 60;

/** How many labels may stand above each other in a row. */
const LEVELS = 2;

/** About how wide a character of a label is, px. */
const CHARACTER = 6.6;

/** The chart, `width` pixels wide. */
export function renderContradiction(explanation: HistoryExplanation, width: number): Markup {
  const operations = explanation.operations.slice(-MAX_BARS);
  const wrong = contradictionOf(explanation);
  const processes = [...new Set(operations.map(({ process }) => process))].sort();
  const left = 12 + 7.5 * Math.min(10, Math.max(2, ...processes.map((each) => each.length)));
  const x = toX(operations, left, width - 12);
  const y = (process: string) => TOP + 42 + processes.indexOf(process) * ROW;
  const bottom = TOP + processes.length * ROW;
  const rows = processes.map(
    (process) => markup`<text class="lb" x="0" y="${y(process) + 4.5}">${clip(process, 10)}</text>
<line class="hair" x1="${left}" x2="${width}" y1="${y(process)}" y2="${y(process)}"/>`,
  );
  const takenUntil = new Map<string, number>();
  const bars = operations
    .toSorted((a, b) => a.fromMs - b.fromMs)
    .map((each) => bar(each, { x, y, width, takenUntil, isWrong: each === wrong }));
  const verb = explanation.class === 'linearizability' ? 'contradict' : 'show it';
  const label = `${plural(operations.length, 'operation')} that ${verb}, from call to answer`;
  const witness = witnessOf(explanation);
  const gap =
    witness === undefined || wrong === undefined
      ? ''
      : gapLine(witness, wrong, { x, y, bottom, width });
  const height = bottom + 28;
  return markup`<svg class="contradiction" viewBox="0 0 ${width} ${height}" width="${width}"
 height="${height}" role="img" aria-label="${label}">${rows}${bars}${gap}</svg>`;
}

/** What is argued, before the sentences of the judge. */
export function argumentOf({ class: kind, check }: HistoryExplanation): string {
  return kind === 'linearizability'
    ? 'A system that behaves like one copy puts them in some order, each between its call and ' +
        'its answer. No order fits:'
    : `What was promised: ${check}. What was seen:`;
}

/** What the section is called that shows an explanation. */
export function titleOf({ class: kind }: HistoryExplanation): string {
  return kind === 'linearizability' ? 'The contradiction' : 'The broken promise';
}

/** An operation with what it was told: `write x=2 → ok`. */
export function describeExplained(operation: ExplainedOperation): string {
  const { f, key, input, output, outcome } = operation;
  const asked = formatOperation({ f, key, value: input });
  const isEcho = input !== undefined && JSON.stringify(output) === JSON.stringify(input);
  return `${asked} \u2192 ${wordOf(outcome, isEcho ? undefined : output)}`;
}

/** Where a moment is: half by its rank among all calls and answers, half by its time. */
function toX(
  operations: readonly ExplainedOperation[],
  left: number,
  right: number,
): (atMs: number) => number {
  const times = operations.flatMap(({ fromMs, untilMs }) => [fromMs, untilMs]);
  const ranked = [...new Set(times)].sort((a, b) => a - b);
  const [first = 0, last = 0] = [ranked[0], ranked.at(-1)];
  const steps = Math.max(1, ranked.length - 1);
  return (atMs) => {
    const rank = ranked.indexOf(atMs) / steps;
    const time = (atMs - first) / Math.max(last - first, 1e-6);
    return round(left + 4 + ((rank + time) / 2) * (right - left - 8));
  };
}

/** What all bars of a chart share. */
interface Chart {
  readonly x: (atMs: number) => number;
  readonly y: (process: string) => number;
  readonly width: number;
}

/** What a bar has to know; `takenUntil` is where the labels of each row and level end. */
interface BarPlace extends Chart {
  readonly takenUntil: Map<string, number>;
  readonly isWrong: boolean;
}

function bar(operation: ExplainedOperation, place: BarPlace): Markup {
  const { fromMs, untilMs, outcome, process } = operation;
  const [from, until] = [place.x(fromMs), place.x(untilMs)];
  const y = place.y(process);
  const wide = Math.max(4, round(until - from));
  const text = clip(`${describeExplained(operation)}${place.isWrong ? ' \u2715' : ''}`, 44);
  const title = `${process}: ${text}, ${formatMs(fromMs)} to ${formatMs(untilMs)}`;
  const shape =
    outcome === 'info'
      ? markup`<path class="bar" d="M${from + wide} ${y - 6}H${from}v12H${from + wide}"/>`
      : markup`<rect class="bar" x="${from}" y="${y - 6}" width="${wide}" height="12" rx="1"/>`;
  return markup`<g class="op key ${outcome}${place.isWrong ? ' wrong' : ''}"><title>${title}</title>
${shape}${label(text, process, from, from + wide, place)}</g>`;
}

/** The label above a bar, on the first level that is free; without one it has its title only. */
function label(
  text: string,
  process: string,
  from: number,
  until: number,
  { takenUntil, width, y }: BarPlace,
): Markup | '' {
  const long = text.length * CHARACTER;
  const start = from + long <= width ? from : Math.max(0, Math.min(width, until) - long);
  for (let level = 0; level < LEVELS; level += 1) {
    const row = `${process} ${level}`;
    if (start < (takenUntil.get(row) ?? -Infinity)) continue;
    takenUntil.set(row, start + long + 4);
    const isEnd = start !== from;
    return markup`<text x="${round(isEnd ? start + long : start)}"
 y="${y(process) - 12 - level * 14}"
 text-anchor="${isEnd ? 'end' : 'start'}">${text}</text>`;
  }
  return '';
}

/** How long it was between an answer and the call that should have known of it. */
function gapLine(
  before: ExplainedOperation,
  after: ExplainedOperation,
  { x, y, bottom, width }: Chart & { readonly bottom: number },
): Markup {
  const [from, until] = [x(before.untilMs), x(after.fromMs)];
  const gapMs = after.fromMs - before.untilMs;
  const text = gapMs < 0.05 ? 'right after it' : `${formatMs(gapMs)} between answer and call`;
  const half = text.length * 3.1;
  const middle = Math.min(width - half, Math.max(half, (from + until) / 2));
  return markup`<path class="gapline" d="M${from} ${y(before.process) + 7}V${bottom + 6}
M${until} ${y(after.process) + 7}V${bottom + 6}"/><path class="fm"
 d="M${from} ${bottom + 6}H${until}"/>
<text class="gaptext" x="${round(middle)}" y="${bottom + 20}" text-anchor="middle">${text}</text>`;
}

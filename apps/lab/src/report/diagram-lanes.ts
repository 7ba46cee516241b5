/**
 * What lies on the lifelines of a diagram: roles, times of being down, faults, marks, operations.
 */
import { type DiagramLayout, type Lane, round } from './diagram-layout.ts';
import type { Band } from './fault-band.ts';
import type { Mark, Span } from './lifeline.ts';
import { type Markup, markup } from './markup.ts';
import type { Operation } from './operation.ts';
import type { Story } from './story.ts';
import { xOf } from './time-scale.ts';
import { clip, formatMs } from './wording.ts';

/** Colours of terms repeat after so many; the number beside the colour says which it is. */
const TERM_COLOURS = 5;

/** About how wide a character is at the size of labels, px. */
const CHARACTER = 6.3;

/** The class that colours something by its term. */
export function termClass(term: number | undefined): string {
  return term === undefined
    ? 't-none'
    : `t${((term % TERM_COLOURS) + TERM_COLOURS) % TERM_COLOURS}`;
}

/** Roles as bars and lines; hatched where a node is down, dotted where it is paused. */
export function renderSpans(story: Story, layout: DiagramLayout): Markup {
  const spans = story.spans.map((span) => {
    const lane = layout.lanes.get(span.node);
    const box = boxOf(layout, span.fromMs, span.untilMs);
    return lane === undefined || box === undefined ? '' : drawSpan(story, span, lane, box);
  });
  return markup`<g>${spans}</g>`;
}

/** A stretch of the axis, px. */
interface Box {
  readonly x: number;
  readonly width: number;
}

/** The pixels from `fromMs` to `untilMs`; undefined outside of the window. */
function boxOf({ scale, window }: DiagramLayout, fromMs: number, untilMs: number): Box | undefined {
  if (untilMs < window.fromMs || fromMs > window.untilMs) return undefined;
  const x = xOf(scale, Math.max(fromMs, window.fromMs));
  const end = xOf(scale, Math.min(untilMs, window.untilMs));
  return { x: round(x), width: round(Math.max(end - x, 0.5)) };
}

function drawSpan(story: Story, span: Span, { y }: Lane, { x, width }: Box): Markup {
  const { kind, term, node, fromMs, untilMs } = span;
  const colour = termClass(term);
  const title = `${titleOf(span)}, ${formatMs(fromMs)} to ${formatMs(untilMs)}`;
  if (kind === 'follower') {
    return markup`<line class="lane ${colour}" x1="${x}" x2="${round(x + width)}"
 y1="${y}" y2="${y}"><title>${title}</title></line>`;
  }
  if (kind === 'leader') {
    const label = fitted(width - 8, [`term ${term ?? ''}`, `t${term ?? ''}`, String(term ?? '')]);
    const text = term === undefined ? fitted(width - 8, ['leader']) : label;
    return markup`<g><title>${title}</title><rect class="lead ${colour}" x="${x}" y="${y - 8}"
 width="${width}" height="16" rx="2"/>${centred(x, width, y, 'bt', text)}</g>`;
  }
  if (kind === 'candidate') {
    return markup`<g><title>${title}</title><rect class="cand ${colour}" x="${x}" y="${y - 5}"
 width="${width}" height="10" rx="1"/></g>`;
  }
  const number = faultNumber(story, span);
  const words = kind === 'paused' ? 'paused' : 'down';
  const texts = number === undefined ? [words] : [`F${number} ${words}`, `F${number}`];
  const stop = kind === 'down' ? markup`<path class="crash" d="M${x} ${y - 10}v20"/>` : '';
  return markup`<g data-node="${node}"><title>${title}</title><rect class="${kind}" x="${x}"
 y="${y - 8}" width="${width}" height="16"/>${stop}
${centred(x, width, y, 'dl', fitted(width - 6, texts))}</g>`;
}

function titleOf({ node, kind, term, reason }: Span): string {
  if (kind === 'down') return `${node} is down${reason === undefined ? '' : `: ${reason}`}`;
  if (kind === 'paused') return `${node} is paused`;
  return term === undefined ? `${node}: ${kind}` : `${node}: ${kind}, term ${term}`;
}

/** The number of the fault that took a node down or paused it. */
function faultNumber({ bands }: Story, { node, kind, fromMs }: Span): number | undefined {
  const types = kind === 'paused' ? ['pause'] : ['crash', 'crash-at', 'upgrade'];
  return bands.find(
    (band) =>
      types.includes(band.type) && band.nodes.includes(node) && Math.abs(band.fromMs - fromMs) < 2,
  )?.number;
}

/**
 * Faults that do not take a node down: cuts as shaded bands, the rest as lines below. A number that
 * would lie on another is left out.
 */
export function renderFaults(story: Story, layout: DiagramLayout): Markup {
  const takenUntil = new Map<string, number>();
  const bands = story.bands
    .filter((band) => band.isDrawn && !isWide(band, layout))
    .flatMap((band) => band.nodes.map((node) => ({ band, node })))
    .map(({ band, node }) => {
      const lane = layout.lanes.get(node);
      const box = boxOf(layout, band.fromMs, band.untilMs);
      if (lane === undefined || box === undefined) return '';
      const isFree = !lane.isClient && box.x >= (takenUntil.get(node) ?? -Infinity);
      const number = `F${band.number}`;
      const long = fitted(box.width - 6, [`${number} ${band.label}`]);
      const text = isFree ? long || number : '';
      if (isFree) takenUntil.set(node, box.x + 6 + text.length * CHARACTER);
      return drawBand(band, lane, box, text);
    });
  return markup`<g>${bands}${renderWideBands(story, layout)}</g>`;
}

/** Whether a fault concerns most of the lanes: it is drawn once, between clients and nodes. */
function isWide({ nodes }: Band, { lanes }: DiagramLayout): boolean {
  return nodes.length > 2 && nodes.filter((node) => lanes.has(node)).length > lanes.size / 2;
}

function renderWideBands({ bands, clients }: Story, layout: DiagramLayout): Markup {
  const lanes = [...layout.lanes.values()];
  const last = lanes.findLast(({ isClient }) => isClient);
  const y =
    clients.length === 0 || last === undefined ? layout.top + 5 : last.top + last.height + 5;
  let takenUntil = -Infinity;
  const lines = bands.map((band) => {
    const box = boxOf(layout, band.fromMs, band.untilMs);
    if (!band.isDrawn || box === undefined || !isWide(band, layout)) return '';
    const { number, label } = band;
    const text = fitted(layout.right - box.x - 6, [`F${number} ${label}`, `F${number}`]);
    const isFree = box.x >= takenUntil;
    if (isFree) takenUntil = box.x + text.length * CHARACTER + 12;
    const title = `F${number}: ${label}, ${formatMs(band.fromMs)} to ${formatMs(band.untilMs)}`;
    const name = isFree
      ? markup`<text class="dl" x="${box.x + 4}" y="${y + 10}">${text}</text>`
      : '';
    return markup`<g><title>${title}</title>
<path class="fault" d="M${box.x} ${y + 6}V${y - 2}h${Math.max(box.width, 1)}"/>${name}</g>`;
  });
  return markup`${lines}`;
}

function drawBand(band: Band, lane: Lane, { x, width }: Box, text: string): Markup {
  const { number, label, type, fromMs, untilMs } = band;
  const when = untilMs > fromMs ? `${formatMs(fromMs)} to ${formatMs(untilMs)}` : formatMs(fromMs);
  const [top, below] = [lane.y - 16, lane.y + Math.min(lane.height / 2 - 2, 26)];
  const shape =
    type === 'cut'
      ? markup`<rect class="cut" x="${x}" y="${round(top)}" width="${width}"
 height="${round(below - top)}"/>`
      : markup`<path class="fault"
 d="M${x} ${round(below - 14)}V${round(below)}h${Math.max(width, 1)}"/>`;
  const name =
    text === '' ? '' : markup`<text class="dl" x="${x + 4}" y="${below - 3}">${text}</text>`;
  return markup`<g><title>F${number}: ${label}, ${when}</title>${shape}${name}</g>`;
}

/** Marks beside their lifeline; those that would lie on another are left out. */
export function renderMarks(story: Story, layout: DiagramLayout): Markup {
  const lastX = new Map<string, number>();
  const marks = story.marks.map((mark) => {
    const lane = layout.lanes.get(mark.node);
    const { window, scale } = layout;
    if (lane === undefined || mark.atMs < window.fromMs || mark.atMs > window.untilMs) return '';
    const x = round(xOf(scale, mark.atMs));
    const row = `${mark.node} ${mark.kind}`;
    if (x - (lastX.get(row) ?? -Infinity) < 8) return '';
    lastX.set(row, x);
    return drawMark(mark, x, lane.y);
  });
  return markup`<g>${marks}</g>`;
}

function drawMark({ kind, term, text, node, atMs }: Mark, x: number, y: number): Markup {
  const title = `${formatMs(atMs)} ${node}: ${text}`;
  const colour = termClass(term);
  if (kind === 'committed') {
    return markup`<path class="mk full ${colour}" d="M${x} ${y - 19}l4.5 4.5l-4.5 4.5l-4.5 -4.5z">
<title>${title}</title></path>`;
  }
  if (kind === 'stored') {
    return markup`<rect class="mk ${colour}" x="${x - 3.5}" y="${y + 11.5}" width="7" height="7">
<title>${title}</title></rect>`;
  }
  return markup`<path class="note" d="M${x} ${y + 9}v6"><title>${title}</title></path>`;
}

/** Operations as bars, open at the end where the outcome is unknown. */
export function renderOperations(story: Story, layout: DiagramLayout): Markup {
  const starts = new Map<string, number[]>();
  for (const { client, startMs } of story.operations) {
    const list = starts.get(client) ?? [];
    list.push(startMs);
    starts.set(client, list);
  }
  const bars = story.operations.map((operation) => {
    const lane = layout.lanes.get(operation.client);
    const box = boxOf(layout, operation.startMs, operation.endMs);
    if (lane === undefined || box === undefined) return '';
    const next = starts.get(operation.client)?.find((each) => each > operation.startMs);
    const room = (next === undefined ? layout.right : xOf(layout.scale, next)) - box.x - 4;
    return drawOperation(operation, lane.y, box, Math.max(room, 0));
  });
  return markup`<g>${bars}</g>`;
}

function drawOperation(operation: Operation, y: number, box: Box, room: number): Markup {
  const { label, result, outcome, process, startMs, endMs, isKey, isContradiction } = operation;
  const width = Math.max(box.width, 3);
  const full = `${label} \u2192 ${result}`;
  const title = `${process}: ${full}, ${formatMs(startMs)} to ${formatMs(endMs)}`;
  const sign = isContradiction ? ' \u2715' : '';
  const length = Math.floor((room + 2) / 6.1);
  const short = isContradiction ? `\u2192 ${result}` : label;
  const fits = [`${full}${sign}`, `${short}${sign}`].find((each) => each.length <= length);
  const text = fits ?? (length < 5 ? '' : clip(label, length));
  const name = `op ${outcome}${isKey ? ' key' : ''}${isContradiction ? ' wrong' : ''}`;
  const [left, right] = [box.x, round(box.x + width)];
  const shape =
    outcome === 'info'
      ? markup`<path class="bar" d="M${right} ${y - 4.5}H${left}V${y + 4.5}H${right}"/>`
      : markup`<rect class="bar" x="${left}" y="${y - 4.5}" width="${width}" height="9" rx="1"/>`;
  return markup`<g class="${name}"><title>${title}</title>${shape}
<text x="${left}" y="${y - 9}">${text}</text></g>`;
}

/** The first of `texts` that fits into `width` pixels; empty where none does. */
function fitted(width: number, texts: readonly string[]): string {
  return texts.find((text) => text.length * CHARACTER <= width) ?? '';
}

function centred(x: number, width: number, y: number, name: string, text: string): Markup | '' {
  if (text === '') return '';
  return markup`<text class="${name}" x="${round(x + width / 2)}" y="${y + 4}"
 text-anchor="middle">${text}</text>`;
}

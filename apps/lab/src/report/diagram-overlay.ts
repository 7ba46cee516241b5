/**
 * What the time cursor draws over a diagram: the veil over the future, the causal path of the
 * chosen step, messages on their way as dots, and the cursor itself.
 */
import { type DiagramLayout, type DiagramView, pointOf, round } from './diagram-layout.ts';
import { type Markup, markup, trusted } from './markup.ts';
import type { Message } from './message.ts';
import type { Story } from './story.ts';
import { ticksOf, xOf } from './time-scale.ts';
import { formatMs } from './wording.ts';

/** The overlay of `view`, to stand inside the diagram of the same layout. */
export function renderOverlay(story: Story, layout: DiagramLayout, view: DiagramView): Markup {
  const { window, top, bottom, right, left, scale } = layout;
  const { cursorMs, stepIndex } = view;
  const isInside = cursorMs >= window.fromMs && cursorMs <= window.untilMs;
  const x = round(xOf(scale, cursorMs));
  const ahead = round(Math.max(0, right - x));
  const veil = markup`<rect class="future" x="${x}" y="${top}" width="${ahead}"
 height="${bottom - top}"/>`;
  const step = story.steps[stepIndex];
  const path = step === undefined ? '' : renderPath(story, layout, step.path, step.isWrong);
  if (!isInside) return markup`${veil}${path}${numbers(layout, Infinity)}`;
  const tagX = round(Math.min(Math.max(x, left + 30), right - 30));
  const flag = layout.flags.get(stepIndex);
  const chosen =
    flag === undefined || step === undefined
      ? ''
      : markup`<g class="flag on${step.isWrong ? ' wrong' : ''}"><circle cx="${round(flag)}"
 cy="13" r="9"/><text x="${round(flag)}" y="17">${stepIndex + 1}</text></g>`;
  return markup`${veil}${path}${numbers(layout, tagX)}
<line class="cursor" x1="${x}" x2="${x}" y1="${top - 6}" y2="${bottom + 6}"/>
${dots(story, layout, cursorMs)}${chosen}
<g class="tag"><rect x="${tagX - 34}" y="${bottom + 5}" width="68" height="19" rx="3"/>
<text x="${tagX}" y="${bottom + 18.5}">${formatMs(cursorMs)}</text></g>`;
}

/** The least distance of two numbers under the axis, px. */
export const TICK_SPACING = 58;

/** The numbers under the axis, but for those that the tag of the cursor at `tagX` would cover. */
function numbers({ scale, left, right, bottom }: DiagramLayout, tagX: number): Markup {
  let before = -Infinity;
  const texts = ticksOf(scale, TICK_SPACING).map((atMs) => {
    const x = round(xOf(scale, atMs));
    const isCovered = Math.abs(x - tagX) < 34 + 20;
    if (x - before < 46 || x > right - 12 || isCovered) return '';
    before = x;
    const anchor = x < left + 16 ? 'start' : 'middle';
    const text = atMs === 0 ? '0 ms' : formatMs(atMs).replace(/\u00a0ms$/, '');
    return markup`<text class="ax" x="${x}" y="${bottom + 18}"
 text-anchor="${anchor}">${text}</text>`;
  });
  return markup`${texts}`;
}

/** The messages that led to a step, as arrows. */
function renderPath(
  story: Story,
  layout: DiagramLayout,
  path: readonly number[],
  isWrong: boolean,
): Markup {
  const arrows = path.map((index) => {
    const message = story.messages[index];
    const ends = message === undefined ? undefined : endsOf(message, layout);
    if (ends === undefined) return '';
    const head = isWrong ? 'wrong-head' : 'head';
    return markup`<path class="path${isWrong ? ' wrong' : ''}" marker-end="url(#${head})"
 d="${trusted(ends)}"/>`;
  });
  return markup`<g>${arrows}</g>`;
}

/** From lifeline to lifeline, short of the thick bars at both ends. */
function endsOf(message: Message, layout: DiagramLayout): string | undefined {
  const { lanes, window } = layout;
  if (!lanes.has(message.from) || !lanes.has(message.to)) return undefined;
  if (message.endMs < window.fromMs || message.sendMs > window.untilMs) return undefined;
  const [x1, y1] = pointOf(layout, message, message.sendMs);
  const [x2, y2] = pointOf(layout, message, message.endMs);
  return `M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}`;
}

/** More dots than this would be a line. */
const MAX_DOTS = 60;

/** What is on its way at `atMs`. */
function dots(story: Story, layout: DiagramLayout, atMs: number): Markup {
  const circles: Markup[] = [];
  for (const index of layout.messages) {
    const message = story.messages[index];
    if (message === undefined || circles.length >= MAX_DOTS) break;
    const isUnderWay = message.sendMs < atMs && atMs < message.endMs && message.fate !== 'lost';
    if (!isUnderWay || !layout.lanes.has(message.from) || !layout.lanes.has(message.to)) continue;
    const [x, y] = pointOf(layout, message, atMs);
    circles.push(markup`<circle cx="${round(x)}" cy="${round(y)}" r="3"/>`);
  }
  return markup`<g class="dots">${circles}</g>`;
}

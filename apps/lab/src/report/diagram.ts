/**
 * The space-time diagram: `renderDiagram(story, width, view)` gives an SVG, when a report is built
 * and in its page alike, so that the picture stands without a script, on paper and on a phone.
 *
 * Thickness is role, colour is term, and red is kept for the contradiction. A term has its number
 * beside its colour wherever there is room. Crashes are hatched, cuts shaded, silences folded.
 */
import { renderFaults, renderMarks, renderOperations, renderSpans } from './diagram-lanes.ts';
import { type DiagramLayout, type DiagramView, layOut, round } from './diagram-layout.ts';
import { renderOverlay, TICK_SPACING } from './diagram-overlay.ts';
import { type Markup, markup, trusted } from './markup.ts';
import type { Message } from './message.ts';
import type { Story } from './story.ts';
import { ticksOf, xOf } from './time-scale.ts';
import { formatMs, plural } from './wording.ts';

/** The diagram of `story` as a whole SVG element, `width` pixels wide. */
export function renderDiagram(story: Story, width: number, view: DiagramView): string {
  return drawDiagram(story, layOut(story, width, view), view).text;
}

/** The diagram from a layout that is known already. */
export function drawDiagram(story: Story, layout: DiagramLayout, view: DiagramView): Markup {
  const { width, height, window } = layout;
  const title =
    `Space-time diagram, ${formatMs(window.fromMs)} to ${formatMs(window.untilMs)}: ` +
    `${plural(story.clients.length, 'client')}, ${plural(story.replicas.length, 'node')}, ` +
    `${plural(layout.messages.length, 'message')}. The numbered steps tell the same in words.`;
  const name = view.stepIndex >= 0 ? 'st has-path' : 'st';
  return markup`<svg class="${name}" viewBox="0 0 ${width} ${height}" width="${width}"
 height="${height}" role="img" aria-label="${title}" xmlns="http://www.w3.org/2000/svg">${definitions()}
${axis(layout)}${lanes(layout)}${renderFaults(story, layout)}${renderSpans(story, layout)}
${messages(story, layout)}${renderMarks(story, layout)}${renderOperations(story, layout)}
${flags(story, layout)}<g class="overlay">${renderOverlay(story, layout, view)}</g></svg>`;
}

function definitions(): Markup {
  return trusted(`<defs>
<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse"
 patternTransform="rotate(45)">
<rect width="5" height="5" class="hb"/><line x1="0" y1="0" x2="0" y2="5" class="hl"/></pattern>
<pattern id="dots" width="5" height="5" patternUnits="userSpaceOnUse">
<rect width="5" height="5" class="hb"/><circle cx="2.5" cy="2.5" r="0.9" class="hd"/></pattern>
<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"
 markerUnits="userSpaceOnUse" orient="auto"><path d="M0 1 8 4 0 7z" class="ah"/></marker>
<marker id="wrong-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"
 markerUnits="userSpaceOnUse" orient="auto"><path d="M0 1 8 4 0 7z" class="ah wrong"/></marker>
</defs>`);
}

/** Time: folds and hairlines; the numbers below make room for the cursor, so they are its. */
function axis({ scale, top, bottom }: DiagramLayout): Markup {
  const folds = scale.folds.map((fold) => {
    const [from, until] = [xOf(scale, fold.fromMs), xOf(scale, fold.untilMs)];
    const title = `${formatMs(fold.untilMs - fold.fromMs)} folded: nothing drawn happens in it`;
    const middle = round((from + until) / 2);
    return markup`<g><title>${title}</title><rect class="fold" x="${round(from)}" y="${top}"
 width="${round(until - from)}" height="${bottom - top}"/><path class="fm"
 d="M${middle - 4} ${bottom + 4}l4 -8m1 8l4 -8"/></g>`;
  });
  const hairs = ticksOf(scale, TICK_SPACING).map((atMs) => {
    const x = round(xOf(scale, atMs));
    return markup`<line class="grid" x1="${x}" x2="${x}" y1="${top}" y2="${bottom}"/>`;
  });
  return markup`${folds}${hairs}`;
}

/** Names at the left, and the hairlines between the rows. */
function lanes({ lanes: byNode, width, bottom, left, right }: DiagramLayout): Markup {
  const rows = [...byNode.values()].map(({ node, top, y, isClient }) => {
    const line = isClient
      ? markup`<line class="lane faint" x1="${left}" x2="${right}" y1="${y}" y2="${y}"/>`
      : '';
    return markup`<line class="hair" x1="0" x2="${width}" y1="${top}" y2="${top}"/>
<text class="lb" x="0" y="${y + 4.5}">${node}</text>${line}`;
  });
  return markup`${rows}<line class="hair" x1="0" x2="${width}" y1="${bottom}" y2="${bottom}"/>`;
}

/** All messages as one path for each kind, so that thousands stay light. */
function messages(story: Story, layout: DiagramLayout): Markup {
  const paths = new Map<string, string>();
  let crosses = '';
  for (const index of layout.messages) {
    const message = story.messages[index];
    if (message === undefined) continue;
    const line = lineOf(message, layout);
    if (line === undefined) continue;
    const name = message.fate === 'lost' ? `${message.kind} lost` : message.kind;
    paths.set(name, (paths.get(name) ?? '') + line.path);
    if (message.fate === 'lost') crosses += line.cross;
  }
  const drawn = [...paths].map(([name, d]) => markup`<path class="m ${name}" d="${trusted(d)}"/>`);
  return markup`${drawn}<path class="mx" d="${trusted(crosses)}"/>`;
}

/** How long the stub of a message is that was lost, as a share of its way. */
const LOST_SHARE = 0.72;

/** The line of a message, and the cross at its end where it was lost. */
function lineOf(
  message: Message,
  { lanes: byNode, scale }: Pick<DiagramLayout, 'lanes' | 'scale'>,
): { readonly path: string; readonly cross: string } | undefined {
  const [from, to] = [byNode.get(message.from), byNode.get(message.to)];
  if (from === undefined || to === undefined) return undefined;
  const [x1, x2] = [xOf(scale, message.sendMs), xOf(scale, message.endMs)];
  const share = message.fate === 'lost' ? LOST_SHARE : 1;
  const y2 = round(from.y + (to.y - from.y) * share);
  const x = round(x2);
  const path = `M${round(x1)} ${round(from.y)}L${x} ${y2}`;
  return { path, cross: `M${x - 2.5} ${y2 - 2.5}l5 5m0 -5l-5 5` };
}

/** The numbered circles above, each with a line down to its time. */
function flags(story: Story, { flags: places, scale, top }: DiagramLayout): Markup {
  const circles = [...places].map(([index, place]) => {
    const step = story.steps[index];
    if (step === undefined) return '';
    const [x, at] = [round(place), round(xOf(scale, step.atMs))];
    const name = `flag${step.isWrong ? ' wrong' : ''}`;
    return markup`<a class="${name}" href="#step-${index + 1}" data-step="${index}" tabindex="-1">
<title>${index + 1}. ${step.title}</title><path d="M${x} 22L${at} ${top}"/>
<circle cx="${x}" cy="13" r="9"/><text x="${x}" y="17">${index + 1}</text></a>`;
  });
  return markup`<g>${circles}</g>`;
}

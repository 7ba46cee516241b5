/**
 * The explorer: steps, diagram and state panel side by side, with the time cursor.
 *
 * Without a script it stands still at the decisive step, and every step shows its text.
 */
import { drawDiagram } from './diagram.ts';
import { type DiagramView, layOut, ROWS } from './diagram-layout.ts';
import { embedJson, type Markup, markup, trusted } from './markup.ts';
import { describeMoment } from './moment.ts';
import { StateIndex } from './node-state.ts';
import { renderPanel } from './state-panel.ts';
import type { Story } from './story.ts';
import { formatCount, formatDuration, formatMs, plural } from './wording.ts';

/** The width at which a diagram is drawn into the page, px; the page draws it anew to fit. */
export const STATIC_WIDTH = 664;

/** Where the cursor of a story stands first. */
export function firstView(story: Story): DiagramView {
  const step = story.steps[story.decisiveIndex];
  return {
    cursorMs: step?.atMs ?? story.endMs,
    stepIndex: step === undefined ? -1 : story.decisiveIndex,
    hasHeartbeats: false,
    hasAllMessages: false,
  };
}

/** The section with the diagram. */
export function renderExplorer(story: Story): Markup {
  const view = firstView(story);
  const layout = layOut(story, STATIC_WIDTH, view);
  const states = new StateIndex(story.replicas, story.changes).at(view.cursorMs);
  const columns = story.steps.length > 0 ? '' : ' no-steps';
  // The page's script finds them all the same.
  const unless = story.isTraced ? '' : trusted(' hidden');
  return markup`<section id="how"><h2>How it happened</h2>
<p class="lede">${ledeOf(story)}</p>
<div class="explore${columns}">
${stepList(story, view.stepIndex)}
<div class="stage"><div class="scroll" tabindex="-1">${laneNames(story)}
<div class="canvas">${drawDiagram(story, layout, view)}</div></div>
<div class="track js-only"><input id="scrub" type="range" min="0" max="1000" step="any" value="0"
 aria-label="Time in the run"></div></div>
<div class="state" aria-label="State at the cursor">
${renderPanel(story, states, view.cursorMs)}</div>
<div class="under"><p id="now" aria-live="polite">${nowLine(story, view.cursorMs)}</p>
<div class="controls js-only">
<button type="button" data-act="back" aria-label="Previous event">\u2190 Event</button>
<button type="button" data-act="next" aria-label="Next event">Event \u2192</button>
<button type="button" data-act="play">Play</button>
<button type="button" data-act="in" aria-label="Zoom in">+</button>
<button type="button" data-act="out" aria-label="Zoom out">\u2212</button>
<button type="button" data-act="whole">Whole run</button>
<label${unless}><input type="checkbox" data-set="heartbeats"> Heartbeats</label>
<label class="all"${unless}><input type="checkbox" data-set="all"> All messages</label>
</div>
<p class="kv below">
<span class="count"${unless}>${countLine(layout.messages.length, layout.hiddenCount)}</span>
<span class="js-only">\u2190 \u2192 by event, with Shift by step; + and \u2212 zoom, 0 shows all
</span></p>${legend(story.isTraced)}</div></div>
<div id="tip" role="tooltip" hidden></div>
<script type="application/json" id="story">${embedJson(story)}</script></section>`;
}

/** What the line below the diagram says at `atMs`. */
export function nowLine(story: Story, atMs: number): Markup {
  const { moments, messages, steps } = story;
  const step = steps.find((each) => Math.abs(each.atMs - atMs) < 5e-4);
  const last = lastMoment(story, atMs);
  const moment = moments[last];
  const time = markup`<b>${formatMs(atMs)}</b>`;
  if (step !== undefined)
    return markup`${time} <span${step.isWrong ? trusted(' class="bad"') : ''}>${step.text}</span>`;
  if (moment === undefined) return markup`${time} Nothing has happened yet.`;
  const since =
    Math.abs(moment.atMs - atMs) < 5e-4
      ? ''
      : markup`<span class="kv">since ${formatMs(moment.atMs)}:</span> `;
  return markup`${time} ${since}${describeMoment(moment, messages)}.`;
}

/** Where the last moment that is not after `atMs` stands; -1 where there is none. */
export function lastMoment({ moments }: Story, atMs: number): number {
  let low = 0;
  let high = moments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((moments[middle]?.atMs ?? Infinity) <= atMs + 1e-6) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** What is drawn, and what is not. */
export function countLine(drawnCount: number, hiddenCount: number): string {
  if (hiddenCount === 0) return `${plural(drawnCount, 'message')} drawn.`;
  const drawn = `${plural(drawnCount, 'message')} drawn, those behind the steps first`;
  return `${drawn}; ${formatCount(hiddenCount)} others are left out.`;
}

function ledeOf(story: Story): Markup {
  const { fromMs, endMs, leftOutCount, hiddenLaneCount, decisiveIndex, steps, isTraced } = story;
  const length = formatDuration(endMs - fromMs);
  const outside =
    fromMs === 0
      ? `after ${formatMs(endMs)}`
      : `before ${formatMs(fromMs)} or after ${formatMs(endMs)}`;
  const cut =
    leftOutCount === 0
      ? ''
      : ` The trace is too long for a page: ${formatCount(leftOutCount)} records ${outside} are ` +
        'left out.';
  const lanes =
    hiddenLaneCount === 0 ? '' : ` ${formatCount(hiddenLaneCount)} more members have no lane.`;
  const alone = isTraced
    ? ''
    : ' Clients and faults as the lab saw them: processes tell neither messages nor states.';
  const still = steps.length === 0 ? '' : `, which stands at step ${decisiveIndex + 1}`;
  return markup`${length} of the run\u2019s time, to the right.${alone}${cut}${lanes}
<span class="js-only">Drag across the diagram or choose a step.</span>
Each row carries on into the state of that node at the cursor<span class="no-js">${still}</span>.`;
}

function stepList({ steps }: Story, current: number): Markup {
  if (steps.length === 0) return markup``;
  const items = steps.map(({ title, text, atMs, isWrong }, index) => {
    const on = index === current ? ' on' : '';
    return markup`<li id="step-${index + 1}" class="step${isWrong ? ' bad' : ''}${on}"
${index === current ? trusted(' aria-current="step"') : ''}><a href="#step-${index + 1}"
 data-step="${index}"><span class="n">${index + 1}</span><span class="ti">${title}</span>
<span class="at">${formatMs(atMs)}</span><span class="tx">${text}</span></a></li>`;
  });
  return markup`<ol class="steps">${items}</ol>`;
}

/** The names of the lanes once more, to stay in sight while the diagram scrolls sideways. */
function laneNames({ clients, replicas }: Story): Markup {
  const gap = clients.length > 0 ? markup`<span class="lane-gap"></span>` : '';
  return markup`<div class="names" aria-hidden="true" data-top="${ROWS.top}">
${clients.map((name) => markup`<span class="client">${name}</span>`)}${gap}
${replicas.map((name) => markup`<span class="node">${name}</span>`)}</div>`;
}

function legend(isTraced: boolean): Markup {
  const sign = (shape: string, words: string) =>
    markup`<span><svg width="22" height="14" viewBox="0 0 22 14"
 aria-hidden="true">${trusted(shape)}</svg>
${words}</span>`;
  const seen = markup`${sign('<rect class="down" y="1" width="22" height="12"/>', 'down')}
${sign('<rect class="cut" y="1" width="22" height="12"/>', 'cut off')}
${sign('<path class="op info bar" d="M20 3H2V11H20"/>', 'outcome unknown')}
${sign('<path class="fm" d="M6 12l4 -10m2 10l4 -10"/>', 'silence, folded')}`;
  if (!isTraced) return markup`<div class="legend">${seen}</div>`;
  return markup`<div class="legend">
${sign('<rect class="lead t2" y="1" width="22" height="12" rx="2"/>', 'leader, coloured by term')}
${sign('<rect class="cand t2" x="1" y="2.5" width="20" height="9"/>', 'candidate')}
${sign('<rect class="mk t2" x="7.5" y="3.5" width="7" height="7"/>', 'stored')}
${sign('<path class="mk full t2" d="M11 2.5l4.5 4.5l-4.5 4.5l-4.5 -4.5z"/>', 'committed')}
${sign('<path class="m protocol" d="M0 7H22"/>', 'message')}
${sign('<path class="m vote" d="M0 7H22"/>', 'vote')}
${sign('<path class="mx" d="M8 4l6 6m0 -6l-6 6"/>', 'lost')}
${seen}</div>`;
}

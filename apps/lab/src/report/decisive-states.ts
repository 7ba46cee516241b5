/**
 * The states of all nodes side by side at the decisive moments of a story: before, at and after.
 */
import { commitOf, describeField, KNOWN_FIELDS, toWords } from './lifeline.ts';
import { type Markup, markup } from './markup.ts';
import { type NodeState, StateIndex } from './node-state.ts';
import { cells, logOf } from './state-panel.ts';
import type { Step } from './step.ts';
import type { Story } from './story.ts';
import { clip, formatMs } from './wording.ts';

/** How many moments stand side by side. */
const MOMENTS = 3;

/** How many entries of each log. */
const CELLS = 6;

/**
 * The steps at which states are compared: the decisive one, then those at which most had changed.
 * Two at which all nodes are the same are one.
 */
export function decisiveSteps({ steps, decisiveIndex, changes, replicas }: Story): readonly Step[] {
  const index = new StateIndex(replicas, changes);
  const picture = ({ atMs }: Step) =>
    JSON.stringify([...index.at(atMs).values()].map(({ status, fields }) => [status, fields]));
  const weight = (step: Step, at: number) => {
    const isCommit = /commit|replace|overwr|truncat/.test(`${step.title} ${step.text}`);
    const changed = changes.filter(
      ({ atMs }) => atMs <= step.atMs && atMs > (steps[at - 1]?.atMs ?? -1),
    );
    return (at === decisiveIndex ? 1e6 : 0) + (isCommit ? 1e3 : 0) + changed.length;
  };
  const ranked = steps.map((step, at) => ({ step, weight: weight(step, at) }));
  ranked.sort((a, b) => b.weight - a.weight);
  const chosen = new Map<string, Step>();
  for (const { step } of ranked) {
    if (chosen.size < MOMENTS && !chosen.has(picture(step))) chosen.set(picture(step), step);
  }
  return [...chosen.values()].sort((a, b) => a.atMs - b.atMs);
}

/** The section; nothing where nodes told nothing of their states. */
export function renderDecisiveStates(story: Story): Markup {
  const steps = decisiveSteps(story);
  const isTold = story.changes.some(({ type }) => type === 'state');
  if (steps.length === 0 || !isTold) return markup``;
  const index = new StateIndex(story.replicas, story.changes);
  const columns = steps.map((step) => ({ step, states: index.at(step.atMs) }));
  const heads = columns.map(
    ({ step }) =>
      markup`<th class="${step.isWrong ? 'bad' : ''}">${formatMs(step.atMs)}, ${step.title}</th>`,
  );
  const rows = story.replicas.map((node) => {
    const states = columns.map(({ states: at }) => markup`<td>${stateOf(at.get(node))}</td>`);
    return markup`<tr><td class="name"><b>${node}</b></td>${states}</tr>`;
  });
  const hasLogs = story.changes.some(({ fields }) => fields !== undefined && 'log' in fields);
  const logs = hasLogs ? ' Filled is known to be committed, outlined is not.' : '';
  return markup`<section id="states"><h2>The nodes at the decisive moments</h2>
<p class="lede">What each node last told of itself; faded is down.${logs}</p>
<div class="wide"><table class="states"><thead><tr><th></th>${heads}</tr></thead>
<tbody>${rows}</tbody></table></div></section>`;
}

function stateOf(state: NodeState | undefined): Markup {
  if (state === undefined) return markup``;
  const { fields, status } = state;
  const log = logOf(fields);
  const role = status === 'up' ? String(fields['role'] ?? '') : status;
  const term = fields['term'] === undefined ? '' : ` term ${fields['term']}`;
  const words = `${toWords(role)}${term}`.trim();
  const head = words === '' ? '' : markup`<span class="kv">${words}</span>`;
  const body =
    log === undefined
      ? markup`<span>${restOf(state)}</span>`
      : markup`<span class="log">${cells(log, commitOf(fields) ?? 0, CELLS)}</span>`;
  return markup`<div class="node-state ${status}">${head}${body}</div>`;
}

function restOf({ fields }: NodeState): string {
  const rest = Object.entries(fields).filter(([name]) => !KNOWN_FIELDS.has(name));
  const words = rest.map(([name, value]) => describeField(name, value));
  return words.length === 0 ? 'nothing told yet' : clip(words.join(', '), 90);
}

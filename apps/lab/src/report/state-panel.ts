/**
 * The panel beside a diagram: each lifeline runs on into the state of its node at the cursor.
 *
 * Of a node's fields the panel knows `role`, the term, and `log`: a text of entries with blanks
 * between them, each `term:what`. The first stands at index 1, or at `logFrom` where a node tells
 * only the last ones; up to `commitIndex` they are known to be committed. All other fields are
 * shown by name.
 */
import { termClass } from './diagram-lanes.ts';
import {
  COMMIT_NAMES,
  commitOf,
  describeField,
  type Fields,
  KNOWN_FIELDS,
  roleOf,
  termOf,
  toWords,
} from './lifeline.ts';
import { type Markup, markup } from './markup.ts';
import type { NodeState } from './node-state.ts';
import type { Operation } from './operation.ts';
import type { Story } from './story.ts';
import { clip, formatMs } from './wording.ts';

/** The rows of all lifelines at `atMs`, in the order of the diagram. */
export function renderPanel(
  story: Story,
  states: ReadonlyMap<string, NodeState>,
  atMs: number,
): Markup {
  const acting = actingAt(story, atMs);
  const clients = story.clients.map(
    (client) =>
      markup`<div class="row client" data-lane="${client}">${clientRow(story, client, atMs)}</div>`,
  );
  const nodes = story.replicas.map((node) => {
    const state = states.get(node);
    const hot = acting.has(node) ? ' hot' : '';
    const status = state?.status ?? 'up';
    return markup`<div class="row node ${status}${hot}"
 data-lane="${node}">${nodeRow(node, state)}</div>`;
  });
  const gap = clients.length > 0 ? markup`<div class="gap-row"></div>` : '';
  return markup`${clients}${gap}${nodes}`;
}

/** The nodes on which something happened at that very moment. */
function actingAt({ moments }: Story, atMs: number): ReadonlySet<string> {
  const near = moments.filter((moment) => Math.abs(moment.atMs - atMs) < 5e-4);
  return new Set(near.map(({ node }) => node));
}

function clientRow({ operations }: Story, client: string, atMs: number): Markup {
  const begun = operations.filter((each) => each.client === client && each.startMs <= atMs);
  const last = begun.at(-1);
  const name = markup`<b class="nm">${client}</b>`;
  if (last === undefined) return markup`${name}<span class="kv">idle</span>`;
  const { label, result, startMs, endMs, isContradiction } = last;
  if (atMs < endMs) {
    const waited = formatMs(atMs - startMs);
    return markup`${name}<span class="what">${clip(label, 22)}</span>
<span class="kv">waiting, ${waited}</span>`;
  }
  const answer = clip(`${label} \u2192 ${result}`, 26);
  const note = isContradiction ? '\u2715 contradiction' : endWord(last);
  const wrong = isContradiction ? ' bad' : '';
  return markup`${name}<span class="what">${answer}</span><span class="kv${wrong}">${note}</span>`;
}

function endWord({ outcome, endMs }: Operation): string {
  if (outcome === 'info') return 'gave up';
  return `at ${formatMs(endMs)}`;
}

function nodeRow(node: string, state: NodeState | undefined): Markup {
  const name = markup`<b class="nm">${node}</b>`;
  if (state === undefined) return name;
  const { fields, status } = state;
  const rest = restOf(fields);
  const log = logOf(fields);
  const commit = commitOf(fields);
  const note = commit === undefined || status === 'down' ? '' : `commit ${commit}`;
  // Without role and term the first line has room for what else the node tells.
  const isPlain = log === undefined && fields['role'] === undefined && termOf(fields) === undefined;
  const early = isPlain ? rest.slice(0, 2) : [];
  const first = markup`<div class="l1">${name}${badge(state)}${early}
<span class="kv end">${note}</span></div>`;
  const late = rest.slice(early.length, early.length + 3);
  if (log === undefined) {
    return late.length === 0 ? first : markup`${first}<div class="l2">${late}</div>`;
  }
  const last = log.length < 3 ? rest.slice(0, 1) : '';
  return markup`${first}<div class="l2">${cells(log, commit ?? 0)}${last}</div>`;
}

/** Role and term, or what stands in their place. */
function badge({ fields, status, sinceMs }: NodeState): Markup {
  const term = termOf(fields);
  const termText = term === undefined ? '' : markup`<span class="kv">term ${term}</span>`;
  if (status === 'down') return markup`<span class="role down">Down</span>${termText}`;
  if (status === 'paused') return markup`<span class="role paused">Paused</span>${termText}`;
  const role = fields['role'];
  if (role === undefined) {
    return sinceMs < 0 ? markup`<span class="kv">no state told yet</span>` : termText || markup``;
  }
  const kind = roleOf(fields);
  const words = toWords(String(role));
  const text = `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
  return markup`<span class="role ${kind} ${termClass(term)}">${clip(text, 14)}</span>${termText}`;
}

/** The fields that are not drawn in their own way. */
function restOf(fields: Fields): readonly Markup[] {
  return Object.entries(fields)
    .filter(([name]) => !KNOWN_FIELDS.has(name))
    .filter(([name]) => !COMMIT_NAMES.has(name))
    .map(([name, value]) => {
      const text = clip(describeField(name, value), 26);
      return markup`<span class="kv" title="${name} ${String(value)}">${text}</span>`;
    });
}

/** One entry of a log. */
export interface LogEntry {
  readonly index: number;
  readonly term: number | undefined;
  readonly text: string;
}

/** The log that a node tells of; undefined where it tells none. */
export function logOf(fields: Fields): readonly LogEntry[] | undefined {
  const log = fields['log'];
  if (typeof log !== 'string') return undefined;
  const words = log.split(' ').filter((word) => word !== '');
  const from = Number(fields['logFrom'] ?? 1);
  return words.map((word, index) => {
    const [term = '', ...rest] = word.split(':');
    const isTerm = /^\d+$/.test(term) && rest.length > 0;
    return {
      index: from + index,
      term: isTerm ? Number(term) : undefined,
      text: isTerm ? rest.join(':') : word,
    };
  });
}

/** The most entries of a log that are shown; the last ones are, and how many stand before them. */
const MAX_CELLS = 3;

/** The last entries of a log as cells, filled where they are known to be committed. */
export function cells(log: readonly LogEntry[], commitIndex: number, max = MAX_CELLS): Markup {
  const shown = log.slice(-max);
  const more = (shown[0]?.index ?? 1) - 1;
  const list = shown.map(({ index, term, text }) => {
    const isCommitted = index <= commitIndex;
    const word = isCommitted ? 'committed' : 'not known to be committed';
    const title = `index ${index}, term ${term ?? 'unknown'}, ${word}: ${text}`;
    const name = `cell ${termClass(term)}${isCommitted ? ' full' : ''}`;
    const digits = term === undefined ? '' : markup`<i>${term}</i>`;
    return markup`<span class="${name}" title="${title}">${digits}${clip(text, 8)}</span>`;
  });
  return markup`${more > 0 ? markup`<span class="kv">+${more}</span>` : ''}${list}`;
}

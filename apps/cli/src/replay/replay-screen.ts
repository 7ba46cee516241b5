/**
 * What a terminal shows of a run that is stepped through: the events around the cursor, the state
 * of every member after it, what is wrong with the run, and the keys.
 */
import { fieldWords } from './record-words.ts';
import type { MemberState, ReplayCursor, ReplayEvent } from './replay-cursor.ts';

/** What the screen is about, beside the cursor. */
export interface ScreenText {
  /** The experiment, its bug, its verdict. */
  readonly title: string;
  /** Why the verdict is not valid, a sentence each. */
  readonly reasons: readonly string[];
}

/** How big a terminal is, in characters. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** The keys, as the last lines of the screen tell them. */
export const KEY_LINES: readonly string[] = [
  'right, n: next   left, b: back   page up, page down: 20   g, G: start, end',
  '], [: next and last moment of the story   v: where it goes wrong   q: quit',
];

/** The fewest events that are shown, however small the terminal is. */
const MIN_EVENTS = 3;

/** How many sentences of reasons are shown. */
const MAX_REASONS = 2;

/** The lines of the screen, none longer than it is wide. */
export function renderScreen(
  cursor: ReplayCursor,
  { title, reasons }: ScreenText,
  { columns, rows }: ScreenSize,
): readonly string[] {
  const { events, position } = cursor;
  const now = events[position];
  const members = cursor.members().map(memberLine);
  const why = reasons.slice(0, MAX_REASONS);
  const place = `event ${position + 1} of ${events.length}, ${(now?.atMs ?? 0).toFixed(3)} ms`;
  const rule = '-'.repeat(Math.max(1, columns - 1));
  const below = [rule, ...members, ...(why.length > 0 ? [rule, ...why] : []), rule, ...KEY_LINES];
  const story = storyLines(cursor);
  const room = Math.max(MIN_EVENTS, rows - below.length - story.length - 3);
  const shown = eventLines(events, position, room);
  return [title, place, ...story, ...shown, ...below].map((line) => fitted(line, columns - 1));
}

/** The moment of the story that has come last; nothing where there is no story. */
function storyLines(cursor: ReplayCursor): readonly string[] {
  const { number, count, text } = cursor.storyMoment();
  if (count === 0) return [];
  return [number === 0 ? `story: ${count} moments` : `story ${number} of ${count}: ${text}`];
}

/** The line, with a mark where there is more of it than fits. */
function fitted(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

/** So many events with the one at the cursor in their middle, where there are as many. */
function eventLines(events: readonly ReplayEvent[], position: number, room: number) {
  const from = Math.max(0, Math.min(events.length - room, position - Math.floor(room / 2)));
  return events.slice(from, from + room).map((event, index) => {
    const mark = from + index === position ? '>' : ' ';
    const { atMs, node, words } = event;
    return `${mark} ${atMs.toFixed(3).padStart(10)} ms  ${node.padEnd(4)} ${words}`;
  });
}

function memberLine({ node, status, incarnation, fields, operation }: MemberState): string {
  const life = incarnation > 1 ? ` life ${incarnation}` : '';
  const what = status === 'client' ? (operation ?? 'waits for nothing') : fieldWords(fields);
  const state = status === 'client' ? 'client' : `${status}${life}`;
  return `${node.padEnd(4)} ${state.padEnd(9)} ${what}`.trimEnd();
}

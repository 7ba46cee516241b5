/**
 * Where everything in a space-time diagram stands: a function of story, width and view, the same
 * when a report is built and in its page, so that the page can tell what is under the pointer.
 *
 * Lifelines run to the right, clients above nodes. Each has a row of its own, as high as the row of
 * the state panel beside it.
 */
import type { Message } from './message.ts';
import type { Story } from './story.ts';
import { foldTime, type TimeScale, type TimeWindow, xOf } from './time-scale.ts';

/** What of a story is looked at. */
export interface DiagramView {
  /** The part of the run that fills the width; all of it where it is missing. */
  readonly window?: TimeWindow;
  readonly cursorMs: number;
  /** The step whose causal path is drawn; -1 for none. */
  readonly stepIndex: number;
  readonly hasHeartbeats: boolean;
  /** Every message, not only those that may have mattered. */
  readonly hasAllMessages: boolean;
}

/** The lane of one node or client. */
export interface Lane {
  readonly node: string;
  readonly isClient: boolean;
  readonly top: number;
  readonly height: number;
  /** Where its line is. */
  readonly y: number;
}

/** A diagram before it is drawn. */
export interface DiagramLayout {
  readonly width: number;
  readonly height: number;
  /** The edges of the time axis, px. */
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly window: TimeWindow;
  readonly scale: TimeScale;
  readonly lanes: ReadonlyMap<string, Lane>;
  /** The messages that are drawn, as positions in the story's messages. */
  readonly messages: readonly number[];
  /** How many of the window were left out: they cannot have mattered, or are too many. */
  readonly hiddenCount: number;
  /** Where the circle of each step stands; missing for steps outside of the window. */
  readonly flags: ReadonlyMap<number, number>;
}

/** Heights of the rows, which the style sheet repeats for the panel of states. */
export const ROWS = { top: 32, client: 42, gap: 18, node: 60, axis: 30 } as const;

/** The room for names at the left. */
export const LABEL_WIDTH = 36;

/** Above this many messages only those that may have mattered are drawn. */
export const MAX_PLAIN_MESSAGES = 300;

/** Whatever is asked for, no more messages than this are drawn. */
export const MAX_DRAWN_MESSAGES = 3000;

/** The least distance of two step circles, px. */
const FLAG_DISTANCE = 21;

/** Lays `story` out. */
export function layOut(story: Story, width: number, view: DiagramView): DiagramLayout {
  const left = LABEL_WIDTH;
  const right = width - 6;
  const lanes = placeLanes(story);
  const bottom = lanes.bottom;
  const window = view.window ?? { fromMs: story.fromMs, untilMs: story.endMs };
  const { messages, hiddenCount } = chooseMessages(story, window, view);
  const scale = foldTime(seenMoments(story, messages), window, left, right);
  return {
    ...{ width, height: bottom + ROWS.axis, left, right, top: ROWS.top, bottom },
    ...{ window, scale, lanes: lanes.byNode, messages, hiddenCount },
    flags: placeFlags(story, window, scale, left, right),
  };
}

/** How far `message` has come at `atMs`, as a point. */
export function pointOf(
  { lanes, scale }: Pick<DiagramLayout, 'lanes' | 'scale'>,
  message: Message,
  atMs: number,
): readonly [x: number, y: number] {
  const from = lanes.get(message.from)?.y ?? 0;
  const to = lanes.get(message.to)?.y ?? 0;
  const length = message.endMs - message.sendMs;
  const share = length <= 0 ? 1 : Math.min(1, Math.max(0, (atMs - message.sendMs) / length));
  return [xOf(scale, atMs), from + (to - from) * share];
}

/** Pixels to a tenth: more would make a page larger, not better. */
export function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

function placeLanes({ clients, replicas }: Story) {
  const byNode = new Map<string, Lane>();
  let top: number = ROWS.top;
  for (const node of clients) {
    byNode.set(node, { node, isClient: true, top, height: ROWS.client, y: top + 29 });
    top += ROWS.client;
  }
  if (clients.length > 0) top += ROWS.gap;
  for (const node of replicas) {
    byNode.set(node, { node, isClient: false, top, height: ROWS.node, y: top + ROWS.node / 2 });
    top += ROWS.node;
  }
  return { byNode, bottom: top };
}

function chooseMessages(story: Story, window: TimeWindow, view: DiagramView) {
  const onPath = new Set(story.steps.flatMap(({ path }) => path));
  const inside: number[] = [];
  for (const [index, { kind, sendMs, endMs }] of story.messages.entries()) {
    if (endMs < window.fromMs || sendMs > window.untilMs) continue;
    if (kind === 'heartbeat' && !view.hasHeartbeats && !onPath.has(index)) continue;
    inside.push(index);
  }
  let chosen: readonly number[] = inside;
  if (inside.length > MAX_PLAIN_MESSAGES && !view.hasAllMessages) {
    const cone = new Set(story.cone);
    chosen = inside.filter((index) => cone.has(index) || onPath.has(index));
    // A cone of thousands is as black as no choice at all: the paths of the steps say enough.
    if (chosen.length > MAX_PLAIN_MESSAGES) chosen = nearSteps(story, chosen, onPath);
  }
  if (chosen.length > MAX_DRAWN_MESSAGES) chosen = chosen.slice(0, MAX_DRAWN_MESSAGES);
  return { messages: chosen, hiddenCount: inside.length - chosen.length };
}

/** Of `messages` those that arrived last before some step. */
function nearSteps(
  { messages, steps }: Story,
  indexes: readonly number[],
  onPath: ReadonlySet<number>,
): readonly number[] {
  const distance = (index: number) => {
    const { endMs } = messages[index] ?? { endMs: 0 };
    const ahead = steps.map(({ atMs }) => atMs - endMs).filter((each) => each >= 0);
    return onPath.has(index) ? -1 : Math.min(Infinity, ...ahead);
  };
  const byDistance = indexes.map((index) => [distance(index), index] as const);
  byDistance.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return byDistance
    .slice(0, MAX_PLAIN_MESSAGES)
    .map(([, index]) => index)
    .sort((a, b) => a - b);
}

/** The times around which the axis must not be folded. */
function seenMoments(story: Story, messages: readonly number[]): readonly number[] {
  const times = messages.flatMap((index) => {
    const message = story.messages[index];
    if (message === undefined || message.kind === 'heartbeat') return [];
    return message.fate === 'under-way' ? [message.sendMs] : [message.sendMs, message.endMs];
  });
  return [
    ...times,
    ...story.operations.flatMap(({ startMs, endMs }) => [startMs, endMs]),
    ...story.spans.flatMap(({ fromMs, untilMs }) => [fromMs, untilMs]),
    ...story.marks.map(({ atMs }) => atMs),
    ...story.bands.flatMap(({ isDrawn, fromMs, untilMs }) => (isDrawn ? [fromMs, untilMs] : [])),
    ...story.steps.map(({ atMs }) => atMs),
  ];
}

/** Spreads the circles of the steps so that none covers another. */
function placeFlags(
  { steps }: Story,
  window: TimeWindow,
  scale: TimeScale,
  left: number,
  right: number,
): ReadonlyMap<number, number> {
  const shown = [...steps.entries()]
    .filter(([, { atMs }]) => atMs >= window.fromMs && atMs <= window.untilMs)
    .map(([index, { atMs }]) => ({ index, x: xOf(scale, atMs) }));
  let least = left + 9;
  for (const flag of shown) {
    flag.x = Math.max(flag.x, least);
    least = flag.x + FLAG_DISTANCE;
  }
  let most = right - 6;
  for (const flag of shown.toReversed()) {
    flag.x = Math.min(flag.x, most);
    most = flag.x - FLAG_DISTANCE;
  }
  return new Map(shown.map(({ index, x }) => [index, x]));
}

/**
 * What is under the pointer, in a small box beside it: the nearest message. Everything else in a
 * diagram has a title of its own, which the browser shows.
 */
import { type DiagramLayout, pointOf } from '../report/diagram-layout.ts';
import type { Message } from '../report/message.ts';
import type { Story } from '../report/story.ts';
import { formatMs } from '../report/wording.ts';

/** A message this near is meant, px. */
const REACH = 5;

/** The box of one diagram. */
export class Hover {
  private readonly story: Story;
  private readonly box: HTMLElement;
  private layout: DiagramLayout | undefined;

  constructor(story: Story, box: HTMLElement) {
    this.story = story;
    this.box = box;
  }

  /** From now on the diagram is laid out so. */
  follow(layout: DiagramLayout): void {
    this.layout = layout;
    this.hide();
  }

  /** Shows what is at a point of the diagram, beside the pointer; hides the box over nothing. */
  show(
    x: number,
    y: number,
    pointer: { readonly clientX: number; readonly clientY: number },
  ): void {
    const message = this.nearest(x, y);
    if (message === undefined) {
      this.hide();
      return;
    }
    this.box.textContent = wordsOf(message);
    this.box.hidden = false;
    const room = document.documentElement.clientWidth - this.box.offsetWidth - 8;
    this.box.style.left = `${Math.max(8, Math.min(pointer.clientX + 12, room))}px`;
    this.box.style.top = `${Math.max(8, pointer.clientY - this.box.offsetHeight - 10)}px`;
  }

  /** Hides the box. */
  hide(): void {
    this.box.hidden = true;
  }

  private nearest(x: number, y: number): Message | undefined {
    const { layout } = this;
    if (layout === undefined) return undefined;
    let best: Message | undefined;
    let least = REACH;
    for (const index of layout.messages) {
      const message = this.story.messages[index];
      if (message === undefined) continue;
      const [x1, y1] = pointOf(layout, message, message.sendMs);
      const [x2, y2] = pointOf(layout, message, message.endMs);
      const away = distance(x, y, x1, y1, x2, y2);
      if (away < least) [best, least] = [message, away];
    }
    return best;
  }
}

function wordsOf({ from, to, label, fate, reason, sendMs, endMs }: Message): string {
  const way = `${from} \u2192 ${to}: ${label}`;
  if (fate === 'lost') return `${way}, sent at ${formatMs(sendMs)}, lost (${reason ?? 'unknown'})`;
  if (fate === 'under-way')
    return `${way}, sent at ${formatMs(sendMs)}, still under way at the end`;
  return `${way}, ${formatMs(sendMs)} to ${formatMs(endMs)}`;
}

/** How far a point is from a line between two others. */
function distance(x: number, y: number, x1: number, y1: number, x2: number, y2: number): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : ((x - x1) * dx + (y - y1) * dy) / length;
  const at = Math.min(1, Math.max(0, share));
  return Math.hypot(x - x1 - at * dx, y - y1 - at * dy);
}

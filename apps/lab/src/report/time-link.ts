/**
 * Times in sentences as links that put the cursor of the diagram there: `at 982 ms`.
 */
import { type Markup, markup } from './markup.ts';
import { formatMs } from './wording.ts';

/** A moment of the drawn run as a link to it. */
export function timeLink(atMs: number): Markup {
  return markup`<a class="time" href="#t-${Math.round(atMs * 1000) / 1000}">${formatMs(atMs)}</a>`;
}

/** `text` with every `at ... ms` a link; the same text where it names no time. */
export function linkTimes(text: string): Markup {
  const parts: Markup[] = [];
  let end = 0;
  for (const match of text.matchAll(/\bat (\d[\d\u202f ]*(?:\.\d+)?)[\u00a0 ]ms\b/g)) {
    const [all, digits = ''] = match;
    const ms = digits.replaceAll(/[\u202f ]/g, '');
    const time = all.slice('at '.length);
    parts.push(
      markup`${text.slice(end, match.index)}at <a class="time" href="#t-${ms}">${time}</a>`,
    );
    end = match.index + all.length;
  }
  return markup`${parts}${text.slice(end)}`;
}

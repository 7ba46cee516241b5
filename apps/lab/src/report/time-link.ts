/**
 * Times in sentences as links that put the cursor of the diagram there: `at 982 ms`, `between
 * 982 ms and 990 ms`.
 */
import { type Markup, markup } from './markup.ts';
import { formatMs } from './wording.ts';

/** A moment of the drawn run as a link to it. */
export function timeLink(atMs: number): Markup {
  return markup`<a class="time" href="#t-${Math.round(atMs * 1000) / 1000}">${formatMs(atMs)}</a>`;
}

/** `text` with every moment in it a link; the same text where it names none. */
export function linkTimes(text: string): Markup {
  const parts: Markup[] = [];
  let end = 0;
  for (const match of text.matchAll(
    /\b(at|by|between|and) (\d[\d\u202f ]*(?:\.\d+)?)[\u00a0 ]ms\b/g,
  )) {
    const [all, word = '', digits = ''] = match;
    const ms = digits.replaceAll(/[\u202f ]/g, '');
    const time = all.slice(word.length + 1);
    const before = text.slice(end, match.index + word.length + 1);
    parts.push(markup`${before}<a class="time" href="#t-${ms}">${time}</a>`);
    end = match.index + all.length;
  }
  return markup`${parts}${text.slice(end)}`;
}

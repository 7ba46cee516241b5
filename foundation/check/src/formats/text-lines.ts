/**
 * The text of a history, line by line.
 *
 * A text may be hundreds of megabytes, so it need not be a string: as bytes it is decoded some
 * lines at a time, and never stands in memory as a whole.
 */
import { HistoryFault } from '../history.ts';

/** A text: a string, its bytes in UTF-8, or these in pieces, cut anywhere. */
export type HistoryText = string | Uint8Array | readonly Uint8Array[];

/** The longest line that is read. */
export const MAX_LINE_LENGTH = 16 * 1024 * 1024;

/** A line of a text, without white space around it; `number` counts from 1. */
export interface TextLine {
  readonly line: string;
  /** `line 3` */
  readonly place: string;
  readonly number: number;
}

/** The lines of a text that are not blank, each with its place. */
export function* linesOf(text: HistoryText): Generator<TextLine> {
  let [number, rest] = [1, ''];
  for (const part of partsOf(text)) {
    const joined = rest + part;
    let start = 0;
    for (;;) {
      const newline = joined.indexOf('\n', start);
      if (newline < 0) break;
      yield* lineOf(joined.slice(start, newline), number++);
      start = newline + 1;
    }
    rest = joined.slice(start);
    if (rest.length > MAX_LINE_LENGTH) break;
  }
  yield* lineOf(rest, number);
}

/** The line, unless it is blank. */
function* lineOf(text: string, number: number): Generator<TextLine> {
  const place = `line ${number}`;
  if (text.length > MAX_LINE_LENGTH) {
    throw new HistoryFault(place, `is longer than ${MAX_LINE_LENGTH} characters`);
  }
  const line = text.trim();
  if (line !== '') yield { line, place, number };
}

/** How many bytes are decoded at a time: a string of them is short-lived. */
const PART_BYTES = 64 * 1024;

/** The text in parts that are decoded one after the other; a string is one part. */
function* partsOf(text: HistoryText): Generator<string> {
  if (typeof text === 'string') {
    yield text;
    return;
  }
  const decoder = new TextDecoder();
  for (const piece of text instanceof Uint8Array ? [text] : text) {
    for (let from = 0; from < piece.length; from += PART_BYTES) {
      yield decoder.decode(piece.subarray(from, from + PART_BYTES), { stream: true });
    }
  }
  yield decoder.decode();
}

/** The first characters of a text: at least `length`, where it has so many. */
export function beginningOf(text: HistoryText, length: number): string {
  if (typeof text === 'string') return text.slice(0, length);
  let beginning = '';
  for (const part of partsOf(text)) {
    beginning += part;
    if (beginning.length >= length) break;
  }
  return beginning;
}

/** The text as one string, for formats that are not made of lines. */
export function wholeOf(text: HistoryText): string {
  return typeof text === 'string' ? text : [...partsOf(text)].join('');
}

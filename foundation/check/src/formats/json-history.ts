/**
 * Our own history format: JSON lines, an event a line, as `history.schema.json` says.
 *
 * ```
 * {"atMs":12,"process":"c1","type":"invoke","f":"write","key":"x","value":3}
 * {"atMs":15,"process":"c1","type":"ok","f":"write","key":"x","value":3}
 * ```
 *
 * Lines of nothing but white space are skipped; unknown fields are skipped too, so that a recorder
 * may add its own.
 */
import { type HistoryEvent, HistoryFault, type Value } from '../history.ts';
import { finishTask, Pace, type Task } from '../task.ts';
import { isRecord } from './jepsen-maps.ts';

/** The longest line that is read. */
export const MAX_LINE_LENGTH = 16 * 1024 * 1024;

/** The events of a text of JSON lines. @throws HistoryFault naming the line */
export function readJsonLines(text: string): HistoryEvent[] {
  return finishTask(jsonLinesTask(text));
}

/**
 * The same reading in slices.
 *
 * @param lineOf gets of each event its line, from 1
 */
export function* jsonLinesTask(text: string, lineOf: number[] = []): Task<HistoryEvent[]> {
  const pace = new Pace(READING);
  const events: HistoryEvent[] = [];
  for (const { line, place, number } of linesOf(text)) {
    events.push(toHistoryEvent(parse(line, place), place));
    lineOf.push(number);
    if (pace.isOver(unitsOf(line))) yield pace.progress;
  }
  return events;
}

/** What the progress of reading is called. */
export const READING = 'reading';

/** The work of reading a line, in the units of `Pace`. */
export function unitsOf(line: string): number {
  return 4 + (line.length >>> 5);
}

/** A text of JSON lines that `readJsonLines` reads back. */
export function formatJsonLines(events: readonly HistoryEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}

/** A line of a text, without white space around it; `number` counts from 1. */
export interface TextLine {
  readonly line: string;
  /** `line 3` */
  readonly place: string;
  readonly number: number;
}

/** The lines of a text that are not blank, each with its place. */
export function* linesOf(text: string): Generator<TextLine> {
  let start = 0;
  for (let number = 1; start < text.length; number++) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const place = `line ${number}`;
    if (end - start > MAX_LINE_LENGTH) {
      throw new HistoryFault(place, `is longer than ${MAX_LINE_LENGTH} characters`);
    }
    const line = text.slice(start, end).trim();
    if (line !== '') yield { line, place, number };
    start = end + 1;
  }
}

function parse(line: string, place: string): Value {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new HistoryFault(place, `is not JSON: ${cause instanceof Error ? cause.message : cause}`);
  }
}

/** One event of our format. @throws HistoryFault naming `place` and the field */
export function toHistoryEvent(value: Value, place: string): HistoryEvent {
  if (!isRecord(value)) throw new HistoryFault(place, 'is no object');
  const { atMs, process, type, f, key, error } = value;
  if (typeof atMs !== 'number') throw new HistoryFault(place, 'has no atMs that is a number');
  if (typeof process !== 'string') throw new HistoryFault(place, 'has no process that is a string');
  if (typeof f !== 'string') throw new HistoryFault(place, 'has no f that is a string');
  if (type !== 'invoke' && type !== 'ok' && type !== 'fail' && type !== 'info') {
    throw new HistoryFault(place, 'has a type that is none of invoke, ok, fail, info');
  }
  if (key !== undefined && typeof key !== 'string') {
    throw new HistoryFault(place, 'has a key that is no string');
  }
  if (error !== undefined && typeof error !== 'string') {
    throw new HistoryFault(place, 'has an error that is no string');
  }
  return {
    atMs,
    process,
    type,
    f,
    ...(key === undefined ? {} : { key }),
    ...(value['value'] === undefined ? {} : { value: value['value'] }),
    ...(error === undefined ? {} : { error }),
  };
}

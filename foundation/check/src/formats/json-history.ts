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
import { type HistoryText, linesOf } from './text-lines.ts';

/** The events of a text of JSON lines. @throws HistoryFault naming the line */
export function readJsonLines(text: string): HistoryEvent[] {
  return finishTask(jsonLinesTask(text));
}

/**
 * The same reading in slices.
 *
 * @param lineOf gets of each event its line, from 1
 */
export function* jsonLinesTask(text: HistoryText, lineOf: number[] = []): Task<HistoryEvent[]> {
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
  // Mostly there is nothing else, and the object is taken as it is: there may be millions.
  for (const name in value) {
    if (!FIELDS.has(name)) return onlyFields(value) as unknown as HistoryEvent;
  }
  return value as unknown as HistoryEvent;
}

const FIELDS: ReadonlySet<string> = new Set([
  ...['atMs', 'process', 'type', 'f', 'key', 'value', 'error'],
]);

function onlyFields(value: { readonly [name: string]: Value }): { readonly [name: string]: Value } {
  return Object.fromEntries(Object.entries(value).filter(([name]) => FIELDS.has(name)));
}

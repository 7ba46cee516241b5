/**
 * Histories in the log that Jepsen printed in 2015: an event a line, its fields between tabs.
 *
 * ```
 * INFO  jepsen.util - 4 <tab> :invoke <tab> :cas <tab> [2 4]
 * INFO  jepsen.util - 4 <tab> :fail   <tab> :cas <tab> [2 4]
 * ```
 *
 * In these logs a `cas` fails only because it found another value; whatever else went wrong is an
 * `:info`. So the failure is an answer, and it is read as one: `ok` with the result `false`, which
 * a checker can hold against the value of the register. Lines that are no events are skipped.
 */
import type { EventType, HistoryEvent, Value } from '../history.ts';
import { HistoryFault } from '../history.ts';
import { finishTask, Pace, type Task } from '../task.ts';
import { readEdn } from './edn.ts';
import { READING, unitsOf } from './json-history.ts';
import { type HistoryText, linesOf } from './text-lines.ts';

const EVENT = /(?:^|\s)(\S+)\t:(invoke|ok|fail|info)\t:(\S+)\t([^\t]*)(?:\t(.*))?$/;

/** The events of a Jepsen log. @throws HistoryFault naming the line whose value cannot be read */
export function readJepsenLog(text: string): HistoryEvent[] {
  return finishTask(jepsenLogTask(text));
}

/**
 * The same reading in slices.
 *
 * @param lineOf gets of each event its line, from 1
 */
export function* jepsenLogTask(text: HistoryText, lineOf: number[] = []): Task<HistoryEvent[]> {
  const pace = new Pace(READING);
  const events: HistoryEvent[] = [];
  for (const { line, place, number } of linesOf(text)) {
    if (pace.isOver(unitsOf(line))) yield pace.progress;
    const fields = EVENT.exec(line);
    if (fields === null) continue;
    const [, process = '', type = 'info', f = '', value = '', error] = fields;
    if (process === ':nemesis' || process === 'nemesis') continue;
    lineOf.push(number);
    events.push(toEvent(events.length, process, type as EventType, f, parse(value, place), error));
  }
  return events;
}

/** Whether a line is an event of such a log. */
export function isJepsenLogLine(line: string): boolean {
  return EVENT.test(line.trimEnd());
}

function toEvent(
  atMs: number,
  process: string,
  type: EventType,
  f: string,
  value: Value,
  error: string | undefined,
): HistoryEvent {
  if (type === 'fail' && f === 'cas') return { atMs, process, type: 'ok', f, value: false };
  if (type === 'info' || type === 'fail') {
    return { atMs, process, type, f, error: error ?? (typeof value === 'string' ? value : type) };
  }
  return { atMs, process, type, f, value };
}

function parse(value: string, place: string): Value {
  const forms = readEdn(value);
  const [form] = forms;
  if (form === undefined || forms.length !== 1) {
    throw new HistoryFault(place, `${value} is not one value`);
  }
  return form;
}

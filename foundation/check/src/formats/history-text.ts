/**
 * Reads a history in whichever of the known formats its text is.
 *
 * The format is found from the beginning of the text: JSON objects have strings for keys, EDN maps
 * have keywords, the text formats of the checkers of transactions have a shape of their own.
 */
import { type HistoryEvent, HistoryFault, type Value } from '../history.ts';
import { finishTask, Pace, type Task } from '../task.ts';
import type { Transaction } from '../transactions/transaction.ts';
import { awditTextTask } from './awdit-text.ts';
import { jepsenEdnTask } from './jepsen-edn.ts';
import { isJepsenLogLine, jepsenLogTask } from './jepsen-log.ts';
import { toJepsenEvents } from './jepsen-maps.ts';
import { jsonLinesTask, READING, unitsOf } from './json-history.ts';
import { polysiTextTask } from './polysi-text.ts';
import { beginningOf, type HistoryText, linesOf, wholeOf } from './text-lines.ts';

/** The formats by name: `json-lines` is our own. */
export type HistoryFormat =
  | 'json-lines'
  | 'jepsen-json'
  | 'jepsen-edn'
  | 'jepsen-log'
  | 'awdit'
  | 'polysi';

/** A history as it was read: events, or transactions where the format knows no events. */
export type ReadHistory =
  | {
      readonly format: HistoryFormat;
      readonly events: readonly HistoryEvent[];
      /** Of each event its line, from 1, where the format has an event a line. */
      readonly lineOf?: readonly number[];
    }
  | { readonly format: HistoryFormat; readonly transactions: readonly Transaction[] };

/** How many lines are looked at to find the format. */
const LOOKED_AT = 200;
const LOOKED_AT_LENGTH = 200_000;

/**
 * The history of a text. @throws HistoryFault when the format is not known, or the text breaks it
 */
export function readHistoryText(text: HistoryText): ReadHistory {
  return finishTask(historyTextTask(text));
}

/**
 * The same reading in slices. Only a JSON list of maps is parsed at once, about a second for a
 * million of them, since `JSON.parse` knows no other way: write a map a line instead. Of a text
 * that is given as bytes, only that and EDN are ever decoded as a whole.
 */
export function* historyTextTask(text: HistoryText): Task<ReadHistory> {
  const format = formatOf(text);
  const lineOf: number[] = [];
  switch (format) {
    case 'json-lines':
      return { format, events: yield* jsonLinesTask(text, lineOf), lineOf };
    case 'jepsen-json':
      return { format, events: toJepsenEvents(yield* jsonMapsTask(text)) };
    case 'jepsen-edn':
      return { format, events: yield* jepsenEdnTask(wholeOf(text)) };
    case 'jepsen-log':
      return { format, events: yield* jepsenLogTask(text, lineOf), lineOf };
    case 'awdit':
      return { format, transactions: yield* awditTextTask(text) };
    case 'polysi':
      return { format, transactions: yield* polysiTextTask(text) };
    case undefined:
      throw new HistoryFault(
        'line 1',
        'begins no history in a format that is known: JSON lines, EDN, a log of Jepsen, a text ' +
          'of AWDIT or PolySI',
      );
  }
}

/** The format of a text; undefined when it is none that is known. */
export function formatOf(text: HistoryText): HistoryFormat | undefined {
  const lines: string[] = [];
  for (const { line } of linesOf(beginningOf(text, LOOKED_AT_LENGTH))) {
    if (lines.push(line) === LOOKED_AT) break;
  }
  const [first = ''] = lines;
  if (first === '') return 'json-lines';
  if (/^\[?\s*\{\s*"/.test(first) || /^\[\s*$/.test(first)) {
    return /"atMs"\s*:/.test(first) ? 'json-lines' : 'jepsen-json';
  }
  if (/^[[({#;]/.test(first)) return first.startsWith('[]') ? 'jepsen-json' : 'jepsen-edn';
  if (/^[rw]\s*\(/.test(first)) return 'polysi';
  if (/^(?:[rw]\s+\S+\s+\S+|-{3,}|={3,})$/.test(first)) return 'awdit';
  return lines.some(isJepsenLogLine) ? 'jepsen-log' : undefined;
}

/** A list of maps, or a map a line. */
function* jsonMapsTask(text: HistoryText): Task<readonly Value[]> {
  if (beginningOf(text, LOOKED_AT_LENGTH).trimStart().startsWith('[')) {
    const list = parseJson(wholeOf(text), 'the text');
    return Array.isArray(list) ? list : [];
  }
  const pace = new Pace(READING);
  const maps: Value[] = [];
  for (const { line, place } of linesOf(text)) {
    maps.push(parseJson(line, place));
    if (pace.isOver(unitsOf(line))) yield pace.progress;
  }
  return maps;
}

function parseJson(json: string, place: string): Value {
  try {
    return JSON.parse(json) as Value;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HistoryFault(place, `is not JSON: ${why}`);
  }
}

/**
 * Reads a history in whichever of the known formats its text is.
 *
 * The format is found from the beginning of the text: JSON objects have strings for keys, EDN maps
 * have keywords, the text formats of the checkers of transactions have a shape of their own.
 */
import { type HistoryEvent, HistoryFault, type Value } from '../history.ts';
import type { Transaction } from '../transactions/transaction.ts';
import { readAwditText } from './awdit-text.ts';
import { readJepsenEdn } from './jepsen-edn.ts';
import { isJepsenLogLine, readJepsenLog } from './jepsen-log.ts';
import { toJepsenEvents } from './jepsen-maps.ts';
import { linesOf, readJsonLines } from './json-history.ts';
import { readPolysiText } from './polysi-text.ts';

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
  | { readonly format: HistoryFormat; readonly events: readonly HistoryEvent[] }
  | { readonly format: HistoryFormat; readonly transactions: readonly Transaction[] };

/** How many lines are looked at to find the format. */
const LOOKED_AT = 200;

/**
 * The history of a text. @throws HistoryFault when the format is not known, or the text breaks it
 */
export function readHistoryText(text: string): ReadHistory {
  const format = formatOf(text);
  switch (format) {
    case 'json-lines':
      return { format, events: readJsonLines(text) };
    case 'jepsen-json':
      return { format, events: toJepsenEvents(readJsonMaps(text)) };
    case 'jepsen-edn':
      return { format, events: readJepsenEdn(text) };
    case 'jepsen-log':
      return { format, events: readJepsenLog(text) };
    case 'awdit':
      return { format, transactions: readAwditText(text) };
    case 'polysi':
      return { format, transactions: readPolysiText(text) };
    case undefined:
      throw new HistoryFault('line 1', 'begins no history in a format that is known');
  }
}

/** The format of a text; undefined when it is none that is known. */
export function formatOf(text: string): HistoryFormat | undefined {
  const lines: string[] = [];
  for (const { line } of linesOf(text.slice(0, 200_000))) {
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
function readJsonMaps(text: string): readonly Value[] {
  const parse = (json: string, place: string): Value => {
    try {
      return JSON.parse(json) as Value;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new HistoryFault(place, `is not JSON: ${why}`);
    }
  };
  if (!text.trimStart().startsWith('[')) {
    return [...linesOf(text)].map(({ line, place }) => parse(line, place));
  }
  const list = parse(text, 'the text');
  return Array.isArray(list) ? list : [];
}

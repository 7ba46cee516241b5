/**
 * Histories of Jepsen and its kin in EDN: one vector or list of maps, or a map a line.
 *
 * `{:process 3, :type :invoke, :f :write, :value 2, :time 1200, :index 4}`. Times are nanoseconds.
 * What the nemesis did is no operation of a client and is left out.
 */
import type { HistoryEvent, Value } from '../history.ts';
import { HistoryFault } from '../history.ts';
import { readEdn } from './edn.ts';
import { isRecord, toJepsenEvents } from './jepsen-maps.ts';

/** The events of a history in EDN. @throws HistoryFault where the text is no such history */
export function readJepsenEdn(text: string): HistoryEvent[] {
  const forms = readEdn(text);
  const [first] = forms;
  const maps: readonly Value[] = forms.length === 1 && Array.isArray(first) ? first : forms;
  const stray = maps.findIndex((form) => !isRecord(form));
  if (stray >= 0) throw new HistoryFault(`form ${stray + 1}`, 'is no map, so no event');
  return toJepsenEvents(maps);
}

/**
 * Histories of Jepsen and its kin in EDN: one vector or list of maps, or a map a line.
 *
 * `{:process 3, :type :invoke, :f :write, :value 2, :time 1200, :index 4}`. Times are nanoseconds.
 * What the nemesis did is no operation of a client and is left out.
 */
import type { HistoryEvent, Value } from '../history.ts';
import { HistoryFault } from '../history.ts';
import { finishTask, Pace, type Task } from '../task.ts';
import { EdnReader } from './edn.ts';
import { isRecord, toJepsenEvents } from './jepsen-maps.ts';
import { READING } from './json-history.ts';

/** The events of a history in EDN. @throws HistoryFault where the text is no such history */
export function readJepsenEdn(text: string): HistoryEvent[] {
  return finishTask(jepsenEdnTask(text));
}

/** The work of reading a map, in the units of `Pace`. */
const MAP_UNITS = 20;

/** The same reading in slices: of a vector its maps, one by one. */
export function* jepsenEdnTask(text: string): Task<HistoryEvent[]> {
  const pace = new Pace(READING);
  const reader = new EdnReader(text);
  const closing = reader.openList();
  const maps: Value[] = [];
  for (;;) {
    const form = closing === undefined ? reader.next() : reader.nextIn(closing);
    if (form === undefined) break;
    if (!isRecord(form))
      throw new HistoryFault(`form ${maps.length + 1}`, 'is no map, so no event');
    maps.push(form);
    if (pace.isOver(MAP_UNITS)) yield pace.progress;
  }
  if (closing !== undefined && reader.next() !== undefined) {
    throw new HistoryFault('the text', 'goes on behind the list of its events');
  }
  return toJepsenEvents(maps);
}

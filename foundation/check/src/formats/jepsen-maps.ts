/**
 * Jepsen's events as maps, whatever the notation: EDN and JSON carry the same fields.
 */
import { type EventType, type HistoryEvent, HistoryFault, type Value } from '../history.ts';

/** Whether a value is an object with named fields. */
export function isRecord(value: Value | undefined): value is { readonly [name: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const NANOS_IN_MILLI = 1_000_000;

/**
 * The events that clients had, in the order of the maps. An event without a time gets its position;
 * one without a process belongs to a process of no name, and one without `f` is a transaction.
 *
 * @throws HistoryFault naming the map, from 1
 */
export function toJepsenEvents(maps: readonly Value[]): HistoryEvent[] {
  const events: HistoryEvent[] = [];
  maps.forEach((map, position) => {
    if (!isRecord(map)) throw new HistoryFault(`event ${position + 1}`, 'is no map');
    if (map['process'] === 'nemesis') return;
    events.push(toEvent(map, position));
  });
  return events;
}

function toEvent(map: { readonly [name: string]: Value }, position: number): HistoryEvent {
  const { process, type, f, value, key, time, error } = map;
  if (type !== 'invoke' && type !== 'ok' && type !== 'fail' && type !== 'info') {
    const shown = JSON.stringify(type) ?? 'absent';
    throw new HistoryFault(
      `event ${position + 1}`,
      `has the type ${shown}, which is none of invoke, ok, fail, info`,
    );
  }
  if (f !== undefined && typeof f !== 'string') {
    throw new HistoryFault(`event ${position + 1}`, 'has an f that is no name');
  }
  return {
    atMs: typeof time === 'number' ? time / NANOS_IN_MILLI : position,
    process: textOf(process) ?? '',
    type: type satisfies EventType,
    f: f ?? 'txn',
    ...(key === undefined || key === null ? {} : { key: textOf(key) ?? JSON.stringify(key) }),
    ...(value === undefined ? {} : { value }),
    ...(error === undefined ? {} : { error: textOf(error) ?? JSON.stringify(error) }),
  };
}

function textOf(value: Value | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

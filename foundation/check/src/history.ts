/**
 * A history: what clients asked of a system, what they were told, and in which order.
 *
 * A history is a list of events. `pairOperations` makes operations of them: an invocation and its
 * completion. Positions in the list are the only real time that the judges know: `a` precedes `b`
 * when the completion of `a` stands before the invocation of `b`. Milliseconds are for people, and
 * for checks that measure latency.
 */

import { finishSlices, Pace, type Slices } from './task.ts';

/** A value that operations carry: plain JSON. */
export type Value =
  | null
  | boolean
  | number
  | string
  | readonly Value[]
  | { readonly [name: string]: Value };

/** What an event says: an operation begins, or its process learns its end. */
export type EventType = 'invoke' | 'ok' | 'fail' | 'info';

/**
 * One line of a history.
 *
 * `ok`: it happened. `fail`: it did not happen and never will. `info`: not known, it may have
 * happened or may yet. The type is the same as the one of `@mangrove/experiment`, field by field.
 */
export interface HistoryEvent {
  /** When, in milliseconds of the recorder's one clock. */
  readonly atMs: number;
  /** Who: has at most one operation under way, and begins no more after `info`. */
  readonly process: string;
  readonly type: EventType;
  /** `read`, `write`, `cas`, ... */
  readonly f: string;
  readonly key?: string;
  /** The argument in `invoke`; the result, or the argument where there is none, in `ok`. */
  readonly value?: Value;
  readonly error?: string;
}

/** How an operation ended; `open` when it may have happened, or may yet. */
export type OperationEnd = 'ok' | 'fail' | 'open';

/** An invocation with its completion. */
export interface RecordedOperation {
  /** The place of its invocation among all invocations of the history, from 0. */
  readonly id: number;
  readonly process: string;
  readonly f: string;
  readonly key: string | undefined;
  /** What was asked for; undefined where the operation takes no argument. */
  readonly argument: Value | undefined;
  /** What was answered; undefined unless `end` is `ok`. */
  readonly result: Value | undefined;
  readonly end: OperationEnd;
  readonly error: string | undefined;
  /** The position of the invocation in the history. */
  readonly invokedAt: number;
  /** The position of the completion; Infinity when `end` is `open`. */
  readonly completedAt: number;
  readonly invokedAtMs: number;
  /** Infinity when `end` is `open`. */
  readonly completedAtMs: number;
}

/** A history that breaks the rules of its format, or of histories: says where and why. */
export class HistoryFault extends Error {
  override readonly name = 'HistoryFault';
  /** The line of the text, from 1, or the position of the event where there is no text. */
  readonly place: string;

  constructor(place: string, sentence: string) {
    super(`${place}: ${sentence}`);
    this.place = place;
  }
}

/** The longest history that is read: what is longer is refused. */
export const MAX_EVENTS = 20_000_000;

/**
 * The operations of a history, in the order of their invocations.
 *
 * What ended in `info`, or did not end, is open. Events of fewer than two ends are lawful: a
 * history may stop in the middle.
 *
 * @throws HistoryFault when a process begins an operation while its last one is under way or was
 *   never known to end, when an end has no beginning, or when an end names another operation
 */
export function pairOperations(events: readonly HistoryEvent[]): RecordedOperation[] {
  return finishSlices(pairSlices(events));
}

/** The same in slices. */
export function* pairSlices(events: readonly HistoryEvent[]): Slices<RecordedOperation[]> {
  if (events.length > MAX_EVENTS) {
    throw new HistoryFault('history', `has ${events.length} events, the most is ${MAX_EVENTS}`);
  }
  const pairing = new Pairing();
  const pace = new Pace('pairing');
  for (const [position, event] of events.entries()) {
    if (event.type === 'invoke') pairing.begin(event, position);
    else pairing.end(event, position);
    if (pace.isOver(2)) yield;
  }
  return pairing.operations;
}

/** Operations that are being put together. */
class Pairing {
  readonly operations: Building[] = [];
  /** By process: what it has under way, or what is never known to end. */
  readonly #underWay = new Map<string, Building>();

  begin(event: HistoryEvent, position: number): void {
    const before = this.#underWay.get(event.process);
    if (before !== undefined) throw twoAtOnce(event, position, before.invokedAt);
    const operation = opened(event, this.operations.length, position);
    this.#underWay.set(event.process, operation);
    this.operations.push(operation);
  }

  end(event: HistoryEvent, position: number): void {
    const { process, f, key, type } = event;
    const operation = this.#underWay.get(process);
    if (operation === undefined || operation.error !== undefined) {
      throw new HistoryFault(
        `event ${position}`,
        `${process} ends ${f}, but has nothing under way`,
      );
    }
    if (operation.f !== f || operation.key !== (key ?? operation.key)) {
      throw new HistoryFault(
        `event ${position}`,
        `${process} ends ${f}, but has ${operation.f} under way`,
      );
    }
    end(operation, event, position);
    // What ended in `info` stays in the table: its process may begin no more.
    if (type !== 'info') this.#underWay.delete(process);
  }
}

function twoAtOnce(event: HistoryEvent, position: number, before: number): HistoryFault {
  return new HistoryFault(
    `event ${position}`,
    `${event.process} begins ${event.f}, but its operation of event ${before} is not known to ` +
      'have ended: after an unknown outcome a client goes on under another name',
  );
}

/** An operation that is being put together: it is not changed once it is handed out. */
type Building = { -readonly [Field in keyof RecordedOperation]: RecordedOperation[Field] };

function opened(event: HistoryEvent, id: number, position: number): Building {
  return {
    id,
    process: event.process,
    f: event.f,
    key: event.key,
    argument: event.value,
    result: undefined,
    end: 'open',
    error: undefined,
    invokedAt: position,
    completedAt: Number.POSITIVE_INFINITY,
    invokedAtMs: event.atMs,
    completedAtMs: Number.POSITIVE_INFINITY,
  };
}

function end(operation: Building, event: HistoryEvent, position: number): void {
  operation.error = event.error;
  if (event.type === 'info') {
    operation.error ??= 'outcome not known';
    return;
  }
  if (event.type === 'ok') operation.result = event.value;
  operation.end = event.type === 'ok' ? 'ok' : 'fail';
  operation.completedAt = position;
  operation.completedAtMs = event.atMs;
}

/**
 * Small histories for tests: recorded from an object that keeps its promise, then perhaps broken.
 */
import fc from 'fast-check';
import type { HistoryEvent, Model, RecordedOperation, Value } from '../src/index.ts';

/** What a process may ask for. */
export interface Request {
  readonly f: string;
  readonly key?: string;
  readonly argument?: Value;
}

/** How a recording goes. */
export interface RecordingOptions {
  readonly requests: fc.Arbitrary<Request>;
  /** The answer of the object; undefined where an operation answers with its argument. */
  readonly answer: (state: Value, request: Request) => Value | undefined;
  /** An answer that may be wrong. */
  readonly wrongAnswer: fc.Arbitrary<Value>;
  readonly maxOperations: number;
}

/** One step of a recording: a process goes on, in one of several ways. */
interface Turn {
  readonly process: number;
  readonly request: Request;
  readonly fate: number;
  readonly wrong: Value;
}

/**
 * Histories of an object with a model: about half are right, the others have wrong answers.
 *
 * Each process begins an operation, has it take effect at some later turn, and learns its end at a
 * still later one; some ends are lost, before or after the effect.
 */
export function recordedHistories(
  model: Model,
  options: RecordingOptions,
): fc.Arbitrary<HistoryEvent[]> {
  const turn: fc.Arbitrary<Turn> = fc.record({
    process: fc.nat(3),
    request: options.requests,
    fate: fc.nat(19),
    wrong: options.wrongAnswer,
  });
  return fc
    .tuple(
      fc.array(turn, { minLength: 6, maxLength: 4 * options.maxOperations, size: 'max' }),
      fc.boolean(),
    )
    .map(([turns, broken]) => record(model, options, turns, broken));
}

interface UnderWay {
  readonly name: string;
  readonly request: Request;
  answer?: { readonly value: Value | undefined };
}

function record(
  model: Model,
  options: RecordingOptions,
  turns: readonly Turn[],
  broken: boolean,
): HistoryEvent[] {
  const events: HistoryEvent[] = [];
  const underWay = new Map<number, UnderWay>();
  const lives = new Map<number, number>();
  let state = model.initial;
  let count = 0;
  for (const turn of turns) {
    const { process, request, fate } = turn;
    const current = underWay.get(process);
    const life = lives.get(process) ?? 0;
    if (current === undefined) {
      if (count++ >= options.maxOperations) continue;
      const name = `p${process}.${life}`;
      underWay.set(process, { name, request });
      events.push(eventOf(events.length, name, 'invoke', request, request.argument));
    } else if (current.answer === undefined && fate !== 0) {
      state = takeEffect(model, options, current, state);
    } else {
      underWay.delete(process);
      const end = endOf(current, turn, broken, events.length);
      if (end.type === 'info') lives.set(process, life + 1);
      events.push(end);
    }
  }
  return events;
}

function takeEffect(
  model: Model,
  options: RecordingOptions,
  current: UnderWay,
  state: Value,
): Value {
  const value = options.answer(state, current.request);
  const to = model.step(state, asked(current, value));
  if (to === undefined) return state;
  current.answer = { value };
  return to;
}

function endOf(current: UnderWay, turn: Turn, broken: boolean, atMs: number): HistoryEvent {
  const { name, request, answer } = current;
  if (answer === undefined || turn.fate === 1) {
    return { ...eventOf(atMs, name, 'info', request), error: 'lost' };
  }
  const value = broken && turn.fate < 8 ? turn.wrong : (answer.value ?? request.argument);
  return eventOf(atMs, name, 'ok', request, value);
}

function asked({ name, request }: UnderWay, result: Value | undefined): RecordedOperation {
  return {
    id: 0,
    process: name,
    f: request.f,
    key: request.key,
    argument: request.argument,
    result: result ?? request.argument,
    end: 'ok',
    error: undefined,
    invokedAt: 0,
    completedAt: 1,
    invokedAtMs: 0,
    completedAtMs: 1,
  };
}

function eventOf(
  atMs: number,
  process: string,
  type: HistoryEvent['type'],
  { f, key }: Request,
  value?: Value,
): HistoryEvent {
  return {
    atMs,
    process,
    type,
    f,
    ...(key === undefined ? {} : { key }),
    ...(value === undefined ? {} : { value }),
  };
}

/** Histories in which operations answer anything. */
export interface LooseOptions {
  readonly requests: fc.Arbitrary<Request>;
  /** What an operation without an argument answers; one with an argument answers with it. */
  readonly answers: fc.Arbitrary<Value>;
  /** How many times some process goes on. */
  readonly turnCount: number;
}

/**
 * Histories of three processes that do something and are told something, whatever it is: for judges
 * whose verdict a twin finds by recounting. Some operations fail, some have no known end, and time
 * goes on by up to 3 ms a turn.
 */
export function looseHistories(options: LooseOptions): fc.Arbitrary<HistoryEvent[]> {
  const turn = fc.record({
    process: fc.nat(2),
    request: options.requests,
    fate: fc.nat(11),
    answer: options.answers,
    pauseMs: fc.nat(3),
  });
  const turns = fc.array(turn, { minLength: 4, maxLength: options.turnCount, size: 'max' });
  return turns.map((list) => {
    const events: HistoryEvent[] = [];
    const underWay = new Map<number, Request>();
    const lives = [0, 0, 0];
    let atMs = 0;
    for (const { process, request, fate, answer, pauseMs } of list) {
      atMs += pauseMs;
      const life = lives[process] ?? 0;
      const name = `p${process}.${life}`;
      const current = underWay.get(process);
      if (current === undefined) {
        underWay.set(process, request);
        events.push(eventOf(atMs, name, 'invoke', request, request.argument));
        continue;
      }
      underWay.delete(process);
      const type = fate === 0 ? 'fail' : fate === 1 ? 'info' : 'ok';
      if (type === 'info') lives[process] = life + 1;
      const value = type === 'ok' ? (current.argument ?? answer) : undefined;
      events.push(eventOf(atMs, name, type, current, value));
    }
    return events;
  });
}

/** The history with an argument of its own for each operation of a kind: 1, 2, 3, ... */
export function withOwnArguments(history: readonly HistoryEvent[], f: string): HistoryEvent[] {
  const current = new Map<string, number>();
  let count = 0;
  return history.map((event) => {
    if (event.f !== f) return event;
    if (event.type === 'invoke') current.set(event.process, ++count);
    const value = current.get(event.process) ?? 0;
    return event.type === 'invoke' || event.type === 'ok' ? { ...event, value } : event;
  });
}

/**
 * Histories for benchmarks: clients of an object that keeps its promise, drawn from a seed.
 */
import type { HistoryEvent, Value } from '../src/index.ts';

/** Numbers from a seed: the same on every machine. Source: Steele and Vigna, splitmix32. */
export function createDraw(seed: number): (bound: number) => number {
  let state = seed | 0;
  return (bound) => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % bound;
  };
}

/** What clients ask, and how the object answers. */
export interface Recording {
  readonly operationCount: number;
  readonly clientCount: number;
  readonly keyCount: number;
  /** The next request: its name, and its argument unless it has none. */
  readonly ask: (draw: (bound: number) => number, index: number) => { f: string; value?: Value };
  /** The value of the key afterwards, and the answer. */
  readonly answer: (held: Value, request: { f: string; value?: Value }) => readonly [Value, Value];
}

interface UnderWay {
  readonly key: string;
  readonly request: { f: string; value?: Value };
  answer?: Value;
}

/**
 * The events of a recording. At each turn one client begins an operation, has it take effect, or
 * learns its end, so that about two thirds of all clients have something under way at any time.
 */
export function record(recording: Recording, seed: number): HistoryEvent[] {
  const draw = createDraw(seed);
  const events: HistoryEvent[] = [];
  const held = new Map<string, Value>();
  const clients: (UnderWay | undefined)[] = new Array(recording.clientCount).fill(undefined);
  let [begun, ended] = [0, 0];
  while (ended < recording.operationCount) {
    const index = draw(recording.clientCount);
    const current = clients[index];
    const base = { atMs: events.length, process: `c${index}` };
    if (current === undefined) {
      if (begun === recording.operationCount) continue;
      const request = recording.ask(draw, begun++);
      const key = `k${draw(recording.keyCount)}`;
      clients[index] = { key, request };
      events.push({ ...base, type: 'invoke', key, ...request });
    } else if (current.answer === undefined) {
      const [next, answer] = recording.answer(held.get(current.key) ?? null, current.request);
      held.set(current.key, next);
      current.answer = answer;
    } else {
      const { key, request, answer } = current;
      clients[index] = undefined;
      ended++;
      events.push({ ...base, type: 'ok', key, f: request.f, value: answer });
    }
  }
  return events;
}

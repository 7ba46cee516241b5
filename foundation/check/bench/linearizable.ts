/**
 * How long the judge of linearizability takes, and how much memory, on histories of a size that
 * people have.
 *
 * Beside it, in the same run: making operations of the same events, which is the least that any
 * judge does.
 */
import process from 'node:process';
import {
  checkLinearizable,
  type HistoryEvent,
  kv,
  type Model,
  pairOperations,
  register,
} from '../src/index.ts';
import { type BenchRow, boundedRow } from './bench-row.ts';
import { type Recording, record } from './recording.ts';

const MOST_MIB = 1024;

const REGISTER: Recording = {
  operationCount: 1_000_000,
  clientCount: 10,
  keyCount: 1,
  ask: (draw, index) => (draw(2) === 0 ? { f: 'read' } : { f: 'write', value: index }),
  answer: (held, { f, value }) => (f === 'read' ? [held, held] : [value ?? null, value ?? null]),
};

const KV: Recording = {
  operationCount: 5_000,
  clientCount: 50,
  keyCount: 5,
  ask: (draw, index) => (draw(3) === 0 ? { f: 'get' } : { f: 'append', value: `x${index} ` }),
  answer: (held, { f, value }) =>
    f === 'get' ? [held, held] : [`${held ?? ''}${value}`, value ?? null],
};

/** Milliseconds and mebibytes. */
export const bench = {
  name: 'check-linearizable',
  run(report: (row: BenchRow) => void): Promise<void> {
    const crowd = record(KV, 2);
    judge(report, 'kv with append, 50 clients, 5,000 operations', kv(), crowd, 2_000);
    judge(report, 'the same with a lost append', kv(), withLostAppend(crowd), 2_000);
    const history = record(REGISTER, 1);
    const name = 'a register, 1,000,000 operations, unique values';
    const peakMib = judge(report, name, register(), history, 10_000);
    const memory = `${name}: the most memory that the process had`;
    report(boundedRow('check-linearizable', memory, peakMib, MOST_MIB, 'MiB', MOST_MIB));
    return Promise.resolve();
  },
};

/** Reports the time; returns the most memory, in mebibytes, that the process had until then. */
function judge(
  report: (row: BenchRow) => void,
  name: string,
  model: Model,
  history: readonly HistoryEvent[],
  mostMs: number,
): number {
  const start = performance.now();
  const verdict = checkLinearizable(model, history);
  const ours = performance.now() - start;
  const peakMib = process.resourceUsage().maxRSS / 1024;
  const again = performance.now();
  pairOperations(history);
  const reference = performance.now() - again;
  const label = `${name}: ${verdict.type}`;
  report(boundedRow('check-linearizable', label, ours, reference, 'ms', mostMs));
  return peakMib;
}

/** Takes one appended text out of every later read of its key, as a store that lost it would. */
function withLostAppend(history: readonly HistoryEvent[]): HistoryEvent[] {
  const appends = history.filter(({ f, type }) => f === 'append' && type === 'ok');
  const lost = appends[appends.length >>> 1];
  return history.map((event) =>
    event.f === 'get' && event.key === lost?.key && typeof event.value === 'string'
      ? { ...event, value: event.value.replace(String(lost?.value), '') }
      : event,
  );
}

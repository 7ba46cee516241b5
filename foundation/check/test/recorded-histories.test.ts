/**
 * Shows that our verdicts agree with those that others came to on histories of real systems.
 *
 * Needs the recorded histories beside the project; says so where they are absent.
 */
import { expect, it } from 'vitest';
import {
  checkLinearizable,
  type HistoryEvent,
  modelNamed,
  readJepsenEdn,
  readJepsenLog,
  register,
  toJepsenEvents,
  type Value,
  type Verdict,
} from '../src/index.ts';
import { absentHistories, recordedHistories, recordedVectors } from './recorded-histories.ts';

/** Knossos takes a read that answered nil for one of which nothing is known. */
function withoutNilReads(events: readonly HistoryEvent[]): HistoryEvent[] {
  return events.map((event) =>
    event.type === 'ok' && event.f === 'read' && event.value === null
      ? { ...event, type: 'fail' }
      : event,
  );
}

function verdictOn(file: string, text: string): Verdict {
  if (file.endsWith('.log')) {
    return checkLinearizable(modelNamed('cas-register'), readJepsenLog(text));
  }
  if (file.endsWith('.json')) {
    return checkLinearizable(modelNamed('mutex'), toJepsenEvents(JSON.parse(text) as Value[]));
  }
  const events = readJepsenEdn(text);
  if (file.endsWith('.txt')) return checkLinearizable(modelNamed('kv', ''), events);
  return checkLinearizable(modelNamed('cas-register', 0), withoutNilReads(events));
}

it('R19: agrees on every recorded history of linearizability', (context) => {
  const absent = absentHistories();
  if (absent !== undefined) context.skip(absent);
  const histories = recordedHistories('linearizability/');
  for (const { file, text, verdict } of histories) {
    const expected = verdict.startsWith('NOT') ? 'invalid' : 'valid';
    expect([file, verdictOn(file, text).type]).toEqual([file, expected]);
  }
  expect(histories.length).toBeGreaterThan(100);
  context.annotate(`${histories.length} recorded histories agree`, 'count');
});

interface PorcupineCase {
  readonly name: string;
  readonly ops: readonly {
    readonly client: number;
    readonly op: 'put' | 'get';
    readonly arg?: number;
    readonly out?: number;
    readonly call: number;
    readonly ret: number;
  }[];
  readonly expect: { readonly linearizable: boolean };
}

it('R19: agrees on small cases of registers', (context) => {
  const absent = absentHistories();
  if (absent !== undefined) context.skip(absent);
  const cases = recordedVectors('porcupine-register.json') as readonly PorcupineCase[];
  for (const { name, ops, expect: expected } of cases) {
    // At one moment, what begins comes before what ends: the intervals are closed.
    const ends = ops.flatMap(({ client, op, arg, out, call, ret }) => {
      const rest = { process: String(client), f: op === 'put' ? 'write' : 'read' };
      const invoke = { atMs: call, type: 'invoke', value: arg ?? null, ...rest } as const;
      return [invoke, { atMs: ret, type: 'ok', value: out ?? arg ?? null, ...rest } as const];
    });
    const order = ({ atMs, type }: HistoryEvent) => 2 * atMs + (type === 'invoke' ? 0 : 1);
    const events = ends.sort((a, b) => order(a) - order(b));
    const type = expected.linearizable ? 'valid' : 'invalid';
    expect([name, checkLinearizable(register(0), events).type]).toEqual([name, type]);
  }
});

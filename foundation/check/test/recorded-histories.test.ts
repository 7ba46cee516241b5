/**
 * Shows that our verdicts agree with those that others came to on histories of real systems.
 *
 * Needs the recorded histories beside the project; says so where they are absent.
 */
import { expect, it } from 'vitest';
import {
  type CheckTextOptions,
  checkLinearizable,
  checkTextTask,
  finishTask,
  type HistoryEvent,
  register,
} from '../src/index.ts';
import {
  absentHistories,
  type RecordedHistory,
  recordedHistories,
  recordedVectors,
} from './recorded-histories.ts';

/** What the format and the operations leave open: the models that the recorders had in mind. */
function optionsFor(file: string): CheckTextOptions {
  if (file.endsWith('.json')) return { check: 'mutex' };
  if (file.endsWith('.txt')) return { check: 'kv' };
  return file.endsWith('.log') ? { check: 'cas-register' } : { check: 'cas-register', initial: 0 };
}

it('R19: agrees on every recorded history of linearizability', (context) => {
  const absent = absentHistories();
  if (absent !== undefined) context.skip(absent);
  const histories = recordedHistories('linearizability/');
  for (const { file, text, verdict: recorded } of histories) {
    const expected = recorded.startsWith('NOT') ? 'invalid' : 'valid';
    const { verdict, format } = finishTask(checkTextTask(text, optionsFor(file)));
    expect([file, verdict.type]).toEqual([file, expected]);
    expect([file, format]).toEqual([file, formatFor(file)]);
  }
  expect(histories.length).toBeGreaterThan(100);
  for (const [family, count] of countByFamily(histories)) tell(count, `histories of ${family}`);
});

/** How many there are of each folder. */
function countByFamily(histories: readonly RecordedHistory[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { file } of histories) {
    const family = file.split('/').slice(0, -1).join('/');
    counts.set(family, (counts.get(family) ?? 0) + 1);
  }
  return counts;
}

function tell(count: number, what: string): void {
  process.stdout.write(`${count} ${what} agree\n`);
}

function formatFor(file: string): string {
  if (file.endsWith('.log')) return 'jepsen-log';
  return file.endsWith('.json') ? 'jepsen-json' : 'jepsen-edn';
}

it('R20: finds format and check of every recorded history by itself', (context) => {
  const absent = absentHistories();
  if (absent !== undefined) context.skip(absent);
  const checks = new Map<string, number>();
  for (const { file, text } of recordedHistories('')) {
    const report = finishTask(checkTextTask(text, { maxSteps: 1_000_000 }));
    expect([file, report.isGuessed]).toEqual([file, true]);
    checks.set(report.check, (checks.get(report.check) ?? 0) + 1);
  }
  expect([...checks.keys()].sort()).toEqual([
    'bank',
    'cas-register',
    'causal',
    'counter-bounds',
    'kv',
    'mutex',
    'register',
    'set-full',
    'strict-serializable',
  ]);
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

/**
 * Shows what the judges of sequential consistency, sessions and staleness decide, beside naive
 * twins.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  casRegister,
  checkLinearizable,
  checkSequential,
  checkSessions,
  checkStaleness,
  type Model,
  pairOperations,
  type RecordedOperation,
  register,
  type Value,
} from '../src/index.ts';
import { recordedHistories } from './generated-histories.ts';
import { story } from './history-story.ts';

/** The same histories each time, so that how many of a kind there are is no chance. */
const SEED = 5;

const small = fc.integer({ min: 0, max: 2 });
const keys = fc.constantFrom('x', 'y');

/** Two registers, and answers that may be old or wrong. */
const sequentialHistories = recordedHistories(casRegister(), {
  requests: fc.oneof(
    keys.map((key) => ({ f: 'read', key })),
    fc.tuple(keys, small).map(([key, argument]) => ({ f: 'write', key, argument })),
  ),
  answer: (state, { f }) => (f === 'read' ? state : undefined),
  wrongAnswer: fc.option(small),
  maxOperations: 7,
});

describe('sequential consistency', () => {
  it('R40: agrees with trying every order that keeps the order of processes', () => {
    const counts = { valid: 0, invalid: 0 };
    const ways = new Set<string>();
    fc.assert(
      fc.property(sequentialHistories, (history) => {
        const verdict = checkSequential(casRegister(), history);
        const lines = new Map<string, RecordedOperation[]>();
        for (const operation of pairOperations(history)) {
          if (operation.end === 'fail') continue;
          lines.set(operation.process, [...(lines.get(operation.process) ?? []), operation]);
        }
        const expected = isSequential(casRegister(), [...lines.values()], {});
        expect(verdict.type).toBe(expected ? 'valid' : 'invalid');
        counts[expected ? 'valid' : 'invalid']++;
        if (verdict.type === 'valid') ways.add(verdict.decidedBy);
      }),
      { numRuns: 3000, seed: SEED },
    );
    expect(counts.valid).toBeGreaterThan(500);
    expect(counts.invalid).toBeGreaterThan(200);
    expect([...ways].sort()).toEqual(['linearizable', 'search']);
  });

  it('R40: an old value may be read, but nothing that the process itself knows to be gone', () => {
    const stale = story('a! write 1', 'a= write 1', 'b! read', 'b= read null');
    expect(checkLinearizable(register(), stale).type).toBe('invalid');
    expect(checkSequential(register(), stale).type).toBe('valid');
    const own = story('a! write 1', 'a= write 1', 'a! read', 'a= read null');
    expect(checkSequential(register(), own).type).toBe('invalid');
  });

  it('R40: two registers may each be right, and not both at once', () => {
    const history = story(
      ...['a! write@x 1', 'a= write@x 1', 'a! read@y', 'a= read@y null'],
      ...['b! write@y 1', 'b= write@y 1', 'b! read@x', 'b= read@x null'],
    );
    const only = (key: string) => history.filter((event) => event.key === key);
    expect(checkSequential(register(), only('x')).type).toBe('valid');
    expect(checkSequential(register(), only('y')).type).toBe('valid');
    expect(checkSequential(register(), history)).toMatchObject({
      type: 'invalid',
      violations: [{ anomaly: 'not-sequential' }],
    });
  });

  it('R12: says unknown at its bound', () => {
    const lines = Array.from({ length: 12 }, (_, index) => [
      `p${index}! write ${index % 5}`,
      `p${index}= write ${index % 5}`,
    ]);
    const history = story(...lines.flat(), 'r! read', 'r= read 99');
    expect(checkSequential(casRegister(), history, { maxSteps: 6000 })).toMatchObject({
      type: 'unknown',
      reason: { code: 'steps' },
    });
  });
});

function isSequential(
  model: Model,
  lines: readonly (readonly RecordedOperation[])[],
  states: Readonly<Record<string, Value>>,
): boolean {
  if (lines.flat().every(({ end }) => end === 'open')) return true;
  return lines.some((line, at) => {
    const [operation, ...rest] = line;
    if (operation === undefined) return false;
    const key = operation.key ?? '';
    const next = model.step(key in states ? (states[key] ?? null) : model.initial, operation);
    if (next === undefined) return false;
    return isSequential(model, lines.with(at, rest), { ...states, [key]: next });
  });
}

describe('session guarantees', () => {
  it('R41: versions refute what values alone do not', () => {
    const history = story('a! write 1', 'a= write 1', 'a! write 2', 'a= write 2');
    const guarantees = ['monotonic-writes'] as const;
    expect(checkSessions(history, { guarantees }).type).toBe('valid');
    const version = ({ argument }: RecordedOperation) => (argument === 1 ? 9 : 4);
    expect(checkSessions(history, { guarantees, version })).toMatchObject({
      type: 'invalid',
      violations: [{ anomaly: 'monotonic-writes' }],
    });
  });

  it('R41: a read has the version of the write that it saw', () => {
    const version = ({ argument }: RecordedOperation) => Number(argument);
    const seen = (value: number) =>
      story('b! write 7', 'b= write 7', 'a! write 5', 'a= write 5', 'a! read', `a= read ${value}`);
    const guarantees = ['read-your-writes'] as const;
    expect(checkSessions(seen(5), { guarantees, version }).type).toBe('valid');
    expect(checkSessions(seen(7), { guarantees, version }).type).toBe('valid');
    const writes = ['a! write 5', 'a= write 5', 'b! write 3', 'b= write 3'];
    const older = story(...writes, 'a! read', 'a= read 3');
    expect(checkSessions(older, { guarantees }).type).toBe('valid');
    expect(checkSessions(older, { guarantees, version }).type).toBe('invalid');
  });

  it('R41: tells who saw what, and in which order', () => {
    const history = story(
      ...['a! write 1', 'a= write 1', 'b! write 2', 'b= write 2', 'c! read', 'c= read 1'],
      ...['c! read', 'c= read 2', 'd! read', 'd= read 2', 'd! read', 'd= read 1'],
    );
    const verdict = checkSessions(history);
    if (verdict.type !== 'invalid') throw new Error(`the verdict is ${verdict.type}`);
    expect(verdict.violations.map(({ anomaly }) => anomaly)).toEqual(['monotonic-reads']);
    expect(verdict.violations[0]?.sentences).toEqual([
      'c did read -> 1 and then read -> 2, so what it read is newer than what it had read before.',
      'd did read -> 2 and then read -> 1, so what it read is newer than what it had read before.',
      'That cannot be: each would be newer than the other.',
    ]);
  });

  it('R41: leaves out keys whose values are not unique, and says so', () => {
    const twice = story('a! write 1', 'a= write 1', 'b! write 1', 'b= write 1');
    expect(checkSessions(twice)).toMatchObject({
      type: 'unknown',
      coverage: { notChecked: [expect.stringMatching(/written twice/)] },
    });
  });
});

describe('staleness', () => {
  it('R42: a read is stale by the time since its value was surely replaced', () => {
    const history = story(
      ...['0 a! write 1', '1 a= write 1', '5 a! write 2', '7 a= write 2'],
      ...['10 b! read', '11 b= read 1'],
    );
    expect(checkStaleness(history, { maxStaleMs: 3 })).toMatchObject({
      verdict: { type: 'valid' },
      worst: { staleMs: 3 },
      staleCount: 1,
    });
    expect(checkStaleness(history, { maxStaleMs: 2 }).verdict).toMatchObject({
      type: 'invalid',
      violations: [{ anomaly: 'stale-read' }],
    });
  });

  it('R42: a value that nobody wrote is not stale but wrong', () => {
    const history = story('b! read', 'b= read 7');
    expect(checkStaleness(history, { maxStaleMs: 1000 }).verdict).toMatchObject({
      type: 'invalid',
      violations: [{ anomaly: 'garbage-read' }],
    });
  });
});

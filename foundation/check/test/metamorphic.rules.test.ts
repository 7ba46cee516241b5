/**
 * Shows what must not matter to any judge, on histories that are right or wrong: the table of
 * `judged-subjects.ts` has every check of the catalogue, and says where one of the properties does
 * not apply.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HistoryEvent, Value } from '../src/index.ts';
import { FORGOTTEN, type Property, SUBJECTS, type Subject, verdictOf } from './judged-subjects.ts';

/** Of levels a few each: they share one judge, and there are many. */
const runsOf = ({ family }: Subject) => (family === 'isolation' ? 5 : 20);

it('R21: every check of the catalogue is in the table', () => {
  expect(FORGOTTEN).toEqual([]);
});

/** Checks that have a property, with their names first, for the titles. */
function having(property: Property): [string, Subject][] {
  return SUBJECTS.filter(({ without }) => without[property] === undefined).map((subject) => [
    subject.name,
    subject,
  ]);
}

/** The history with other names of processes and keys. */
function renamed(history: readonly HistoryEvent[]): HistoryEvent[] {
  return history.map((event) => ({
    ...event,
    process: `other ${event.process}`,
    ...(event.key === undefined ? {} : { key: `other ${event.key}` }),
    ...(event.f === 'txn' && event.value !== undefined
      ? { value: mapSteps(event.value, ([f, key, value]) => [f, `other ${key}`, value]) }
      : {}),
  }));
}

type Step = readonly [Value, Value, Value];

function mapSteps(value: Value, change: (step: Step) => readonly Value[]): Value {
  return (value as readonly Step[]).map(change);
}

/** The value with another for each number in it. */
function otherValue(value: Value): Value {
  if (typeof value === 'number') return [`item ${value}`];
  if (Array.isArray(value)) return value.map(otherValue);
  return value;
}

/** The history with other values. */
function revalued(history: readonly HistoryEvent[]): HistoryEvent[] {
  return history.map((event) => {
    if (event.value === undefined) return event;
    const isSteps = event.f === 'txn';
    const value = isSteps
      ? mapSteps(event.value, ([f, key, it]) => [f, key, otherValue(it)])
      : otherValue(event.value);
    return { ...event, value };
  });
}

/** The history with two neighbours exchanged, if both begin or both end, at one time. */
function exchanged(history: readonly HistoryEvent[], at: number): HistoryEvent[] | undefined {
  const [a, b] = [history[at], history[at + 1]];
  if (a === undefined || b === undefined || a.process === b.process) return undefined;
  if ((a.type === 'invoke') !== (b.type === 'invoke') || a.atMs !== b.atMs) return undefined;
  return history.with(at, b).with(at + 1, a);
}

/** The history in which an operation begins before the one ends that it had followed. */
function loosened(history: readonly HistoryEvent[], at: number): HistoryEvent[] | undefined {
  const [end, begin] = [history[at], history[at + 1]];
  if (end === undefined || begin === undefined || end.process === begin.process) return undefined;
  if (end.type === 'invoke' || begin.type !== 'invoke' || end.atMs !== begin.atMs) return undefined;
  return history.with(at, begin).with(at + 1, end);
}

/** The history without the operations that failed. */
function withoutFailed(history: readonly HistoryEvent[]): HistoryEvent[] {
  const gone = new Set<HistoryEvent>();
  const begun = new Map<string, HistoryEvent>();
  for (const event of history) {
    if (event.type === 'invoke') begun.set(event.process, event);
    const first = begun.get(event.process);
    if (event.type === 'fail' && first !== undefined) gone.add(event).add(first);
  }
  return history.filter((event) => !gone.has(event));
}

describe.each(having('names of processes and keys'))('%s', (_, subject) => {
  it('R21: other names of processes and keys change nothing', () => {
    expectSame(subject, (history) => renamed(history));
  });
});

describe.each(having('names of values'))('%s', (_, subject) => {
  it('R21: other values in place of each change nothing', () => {
    const initial = subject.initial === undefined ? undefined : otherValue(subject.initial);
    expectSame(subject, (history) => revalued(history), { ...subject, initial });
  });
});

describe.each(having('neighbours exchanged'))('%s', (_, subject) => {
  it('R21: neighbouring invocations, or completions, of two processes may change places', () => {
    expectSame(subject, exchanged);
  });
});

describe.each(having('failed operations left out'))('%s', (_, subject) => {
  it('R21: what failed may be left out, unless somebody saw it', () => {
    expectSame(subject, (history) => withoutFailed(history));
  });
});

function expectSame(
  subject: Subject,
  change: (history: readonly HistoryEvent[], at: number) => readonly HistoryEvent[] | undefined,
  changed = subject,
): void {
  fc.assert(
    fc.property(subject.histories, fc.nat(40), (history, at) => {
      const other = change(history, at);
      if (other === undefined) return;
      expect(verdictOf(changed, other)).toBe(verdictOf(subject, history));
    }),
    { numRuns: runsOf(subject) },
  );
}

describe.each(having('an order of time taken away'))('%s', (_, subject) => {
  it('R21: an order of time that is taken away never refutes', () => {
    fc.assert(
      fc.property(subject.histories, fc.nat(40), (history, at) => {
        const other = loosened(history, at);
        if (other === undefined || verdictOf(subject, history) === 'invalid') return;
        expect(verdictOf(subject, other)).not.toBe('invalid');
      }),
      { numRuns: runsOf(subject) },
    );
  });
});

it('R21: the histories of the table are right and wrong ones', () => {
  for (const subject of SUBJECTS) {
    const sample = fc.sample(subject.histories, { numRuns: 300, seed: 4 });
    // Both are seen early, mostly.
    const wanted = new Set<string | undefined>(['valid', 'invalid']);
    for (const history of sample) {
      if (wanted.size === 0) break;
      wanted.delete(verdictOf(subject, history));
    }
    expect([subject.name, ...wanted]).toEqual([subject.name]);
  }
});

/** Promises that a history keeps in which nothing happened, as they are defined. */
const KEPT_BY_NOTHING =
  /^(?:sequential:.*|.*register|kv|counter|set|.*queue|.*mutex|.*lock|counter-bounds)$/;

it.each(SUBJECTS.map((subject) => [subject.name, subject] as const))(
  'R13: %s does not pass in silence what was not tested',
  (name, subject) => {
    const type = KEPT_BY_NOTHING.test(name) && name !== 'total-queue' ? 'valid' : 'unknown';
    expect(verdictOf(subject, [])).toBe(type);
  },
);

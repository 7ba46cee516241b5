/**
 * Several judges of one run: each sees its part of the history, and what it finds is told by places
 * in the whole.
 */
import { checkSessions, register } from '@mangrove/check';
import type { HistoryEvent } from '@mangrove/experiment';
import { toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { failureOf } from './failure.ts';
import { type HistoryJudge, judge, linearizable } from './judge.ts';
import type { Verdict } from './verdict.ts';

const QUIET = {
  ...{ ends: [], stuck: [], activeMs: 10, quietMs: 10, endMs: 20, slos: [], strikes: [] },
};

/** `c1` writes 1 and reads nothing, between two operations of another kind. */
const history: readonly HistoryEvent[] = [
  { atMs: 0, process: 'c2', type: 'invoke', f: 'put', value: 7 },
  { atMs: 1, process: 'c1', type: 'invoke', f: 'write', value: 1 },
  { atMs: 2, process: 'c1', type: 'ok', f: 'write', value: 1 },
  { atMs: 3, process: 'c2', type: 'ok', f: 'put', value: 7 },
  { atMs: 4, process: 'c1', type: 'invoke', f: 'read' },
  { atMs: 5, process: 'c1', type: 'ok', f: 'read', value: null },
];

const registers = ({ f }: HistoryEvent) => f === 'read' || f === 'write';

const sessions: HistoryJudge = {
  check: 'each process sees its own writes',
  view: (event) => (registers(event) ? event : undefined),
  judge: (seen) => checkSessions(seen),
};

const N1 = toNodeId('n1');

describe('a run that was to show what faults do', () => {
  const good = history.slice(0, 4);
  const judges = [{ ...linearizable(register()), view: sessions.view }];
  const pause = { type: 'pause', node: N1, atMs: 1, untilMs: 2 } as const;

  it('is not known to have shown it where one of them did not strike', () => {
    const verdict = judge(judges, { history: good, ...QUIET, missed: [pause] });
    expect(verdict.answer).toBe('unknown');
    const sentences = verdict.checks.flatMap(({ anomalies }) => anomalies);
    expect(sentences).toEqual([{ class: 'slo', sentence: 'did not strike: pause n1 1-2 ms' }]);
    expect(judge(judges, { history: good, ...QUIET, missed: [] }).answer).toBe('valid');
  });

  it('is unknown where an objective has nothing to measure, and invalid where it is missed', () => {
    const after = { type: 'availability', phase: 'after', percentMin: 50 } as const;
    const whole = { type: 'latency', phase: 'whole', percentile: 50, msMax: 0.5 } as const;
    expect(judge(judges, { history: good, ...QUIET, slos: [after] }).answer).toBe('unknown');
    const missed = judge(judges, { history: good, ...QUIET, slos: [whole] });
    expect(missed).toMatchObject({ answer: 'invalid', anomaly: 'slo' });
  });
});

describe('a run that was held to invariants', () => {
  const judges = [{ ...linearizable(register()), view: sessions.view }];
  const run = { history: history.slice(0, 4), ...QUIET };
  const invariants = [
    { name: 'commit', holds: 'a commit never goes back', source: 'Raft figure 2' },
    { name: 'term', holds: 'a term never goes back', source: 'Raft 5.1' },
  ];
  const held = { check: 'term: a term never goes back', answer: 'valid', source: 'Raft 5.1' };
  const invariantsIn = (verdict: Verdict) =>
    verdict.checks.filter(({ check }) => /invariant|goes back/.test(check));

  it('names each that held, with its source', () => {
    const verdict = judge(judges, { ...run, invariants });
    expect(verdict.answer).toBe('valid');
    expect(invariantsIn(verdict)).toEqual([
      {
        ...held,
        check: 'commit: a commit never goes back',
        source: 'Raft figure 2',
        anomalies: [],
      },
      { ...held, anomalies: [] },
    ]);
  });

  it('names the one that broke by its complaint, and those that held until then', () => {
    const violation = { atMs: 7, sentence: 'Error: commit: n1 goes back from 2 to 1' };
    const verdict = judge(judges, { ...run, invariants, violation });
    expect(verdict).toMatchObject({ answer: 'invalid', anomaly: 'invariant' });
    expect(invariantsIn(verdict)).toEqual([
      {
        ...{ check: 'every invariant holds', answer: 'invalid', source: 'Raft figure 2' },
        anomalies: [{ class: 'invariant', name: 'commit', ...violation }],
      },
      { ...held, anomalies: [] },
    ]);
  });

  it('gives what broke the name of the invariant, also where it is the only one', () => {
    const only = [{ name: 'election safety', holds: 'one leads a term', source: 'Raft 5.2' }];
    const violation = { atMs: 7, sentence: 'Error: two lead' };
    const named = failureOf(judge(judges, { ...run, invariants: only, violation }));
    expect(named).toMatchObject({ class: 'invariant', name: 'election-safety' });
    const strange = failureOf(judge(judges, { ...run, invariants, violation }));
    expect(strange).toMatchObject({ class: 'invariant', name: 'invariant' });
  });

  it('says that all held where nobody has named them, and nothing where none was asked', () => {
    const unnamed = judge(judges, { ...run, invariants: [] });
    expect(invariantsIn(unnamed)).toEqual([
      { check: 'every invariant holds', answer: 'valid', anomalies: [] },
    ]);
    expect(invariantsIn(judge(judges, run))).toEqual([]);
  });
});

describe('a client that saw no success after the faults', () => {
  const judges = [{ ...linearizable(register()), view: sessions.view }];
  const run = { history: history.slice(0, 4), ...QUIET, stuck: [toNodeId('c1')] };

  it('is stuck, on a machine that is late but gave it the time it was to have', () => {
    for (const [stallMs, boundMs] of [
      [undefined, 10],
      [4, 14],
      [10, 20],
    ]) {
      const verdict = judge(judges, { ...run, stallMs });
      expect(verdict).toMatchObject({ answer: 'invalid', anomaly: 'stuck' });
      const [anomaly] = verdict.checks.flatMap(({ anomalies }) => anomalies);
      expect(anomaly?.sentence).toBe(`c1 saw no success within ${boundMs} ms after the faults`);
    }
  });

  it('is not known to be stuck where the machine let processes wait for longer than that', () => {
    const verdict = judge(judges, { ...run, stallMs: 11 });
    expect(verdict.answer).toBe('unknown');
    const [anomaly] = verdict.checks.flatMap(({ anomalies }) => anomalies);
    expect(anomaly?.sentence).toMatch(/within 20 ms .* let a process wait for 11 ms$/);
  });
});

describe('a node', () => {
  const judges = [{ ...linearizable(register()), view: sessions.view }];
  const run = { history: history.slice(0, 4), ...QUIET };
  const end = { node: N1, incarnation: 2, atMs: 7.4, cause: 'Error: 1 > 0' };

  it('that breaks makes a run invalid; one that stops or refuses by an error does not', () => {
    const verdict = judge(judges, { ...run, ends: [{ ...end, type: 'broken' }] });
    expect(verdict).toMatchObject({ answer: 'invalid', anomaly: 'broken-node' });
    const [anomaly, ...more] = verdict.checks.flatMap(({ anomalies }) => anomalies);
    expect(anomaly).toMatchObject({ sentence: 'n1 broke at 7 ms: Error: 1 > 0', node: 'n1' });
    expect(more).toEqual([]);
    for (const type of ['stopped', 'refused'] as const) {
      expect(judge(judges, { ...run, ends: [{ ...end, type }] }).answer).toBe('valid');
    }
  });

  it('that breaks an invariant with others makes a run invalid by that first', () => {
    const violation = { atMs: 6, sentence: 'two lead' };
    const ends = [{ ...end, type: 'broken' as const }];
    const verdict = judge(judges, { ...run, ends, violation });
    expect(verdict).toMatchObject({ answer: 'invalid', anomaly: 'invariant' });
    const broken = verdict.checks.find(({ check }) => check === 'every invariant holds');
    expect(broken?.anomalies).toEqual([{ class: 'invariant', ...violation }]);
  });
});

describe('judge', () => {
  it('shows a judge what concerns it, and tells what it finds by places in the whole', () => {
    const verdict = judge([sessions], { history, ...QUIET });
    expect(verdict).toMatchObject({ answer: 'invalid', anomaly: 'promise' });
    const [first] = verdict.checks;
    expect(first?.anomalies[0]?.sentence).toContain('read-your-writes: ');
    expect(first?.anomalies[0]?.name).toBe('read-your-writes');
    const places = first?.explanation?.operations.map((each) => [
      each.invokeIndex,
      each.returnIndex,
    ]);
    expect(places).toEqual([
      [1, 2],
      [4, 5],
    ]);
  });

  it('names moments by their times, since nobody sees the numbers of events', () => {
    // The judge sees four of the six events: its numbers are not even those of the history.
    const plain = { ...linearizable(register()), view: sessions.view };
    const late = history.map((event) => ({ ...event, atMs: 100.26 + event.atMs }));
    const [check] = judge([plain], { history: late, ...QUIET, endMs: 200 }).checks;
    const told = [...(check?.anomalies ?? []).map(({ sentence }) => sentence)];
    const argument = check?.explanation?.sentences.join(' ') ?? '';
    expect(told[0]).toBe(check?.explanation?.sentences[0]);
    expect(argument).toContain('write 1 of c1 began at 101.3 ms');
    expect(argument).toContain('between 101.3 ms and 102.3 ms');
    expect(argument).not.toMatch(/\bevent\b/);
  });

  it('a run that one of several judges refutes is invalid, and every judge is told', () => {
    const plain = { ...linearizable(register()), view: sessions.view };
    const good = history.slice(0, 4);
    const verdict = judge([plain, sessions], { history, ...QUIET });
    expect(verdict).toMatchObject({ answer: 'invalid', anomaly: 'linearizability' });
    expect(verdict.checks.map(({ answer }) => answer).slice(0, 2)).toEqual(['invalid', 'invalid']);
    expect(judge([plain], { history: good, ...QUIET }).answer).toBe('valid');
  });

  it('a judge that has nothing to test does not let a run pass', () => {
    const none = history.slice(0, 1);
    expect(judge([linearizable(register())], { history: [], ...QUIET }).answer).toBe('unknown');
    expect(judge([sessions], { history: none, ...QUIET }).answer).toBe('unknown');
  });
});

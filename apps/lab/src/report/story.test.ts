/**
 * Shows what a story is made of, on a run written by hand: lifelines, messages, operations, faults,
 * steps and the causal paths to them.
 */
import { type Fault, leader } from '@mangrove/experiment';
import { toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import {
  figureEightExplanation,
  figureEightPlan,
  figureEightScript,
  strikesAsPlanned,
} from '../../test/figure-eight.ts';
import { TraceScript } from '../../test/trace-script.ts';
import type { FaultStrike } from '../run-report.ts';
import { boundTrace } from './bounded-trace.ts';
import { bandsOf, labelOf, whenOf } from './fault-band.ts';
import { readMessages } from './message.ts';
import { describeMoment } from './moment.ts';
import { MAX_STEPS } from './step.ts';
import { readStory } from './story.ts';

const script = figureEightScript();
const story = readStory({
  trace: script.trace(),
  plan: figureEightPlan(),
  strikes: strikesAsPlanned(figureEightPlan()),
  history: script.history(),
  endMs: 1650,
  anomalies: [],
  explanation: figureEightExplanation(script),
});

describe('lifelines', () => {
  it('say who led which term from when until when', () => {
    const leaders = story.spans.filter(({ kind }) => kind === 'leader');
    expect(leaders.map(({ node, term }) => `${node} ${term}`).sort()).toEqual([
      ...['n1 2', 'n1 4', 'n5 3', 'n5 5'],
    ]);
  });

  it('cover the run of each node without a gap or an overlap', () => {
    for (const node of story.replicas) {
      const spans = story.spans.filter((span) => span.node === node);
      expect(spans[0]!.fromMs).toBe(0);
      expect(spans.at(-1)!.untilMs).toBe(1650);
      for (const [index, span] of spans.slice(1).entries()) {
        expect(span.fromMs).toBe(spans[index]!.untilMs);
      }
    }
  });

  it('are down from a crash until the next start', () => {
    const down = story.spans.filter(({ kind, node }) => kind === 'down' && node === 'n1');
    expect(down.map(({ fromMs, untilMs }) => [fromMs, untilMs])).toEqual([
      ...[
        [314, 490],
        [962, 1240],
      ],
    ]);
  });

  it('say why a node stopped, where the run knows', () => {
    const stopped = new TraceScript(['n1'], []);
    stopped.down('n1', 5, 0, 'stopped');
    const end = { node: toNodeId('n1'), incarnation: 1, atMs: 5, type: 'stopped' as const };
    const { spans, steps } = readStory({
      ...{ trace: stopped.trace(), plan: figureEightPlan(), history: [], endMs: 9, anomalies: [] },
      strikes: [],
      ...{ explanation: undefined, ends: [{ ...end, cause: 'the disk is full' }] },
    });
    expect(spans.at(-1)).toMatchObject({ kind: 'down', reason: 'stopped, the disk is full' });
    expect(steps.map(({ title, text }) => `${title}: ${text}`)).toEqual([
      'n1 stops: n1 goes down: stopped, the disk is full.',
    ]);
  });

  it('are paused and then go on as before', () => {
    const paused = new TraceScript(['n1'], []);
    paused.state('n1', 1, { role: 'leader', term: 3 });
    paused.pause('n1', 10, 20);
    const { spans } = readStory({
      ...{ trace: paused.trace(), plan: figureEightPlan(), history: [], endMs: 30, anomalies: [] },
      strikes: [],
      explanation: undefined,
    });
    expect(spans.map(({ kind }) => kind)).toEqual(['follower', 'leader', 'paused', 'leader']);
  });
});

describe('messages and operations', () => {
  it('a message that was lost says why, and one without an end is under way', () => {
    const few = new TraceScript(['n1', 'n2'], []);
    few.lose('n1', 'n2', 'ping', 5);
    few.send('n2', 'n1', 'store 1', 6, 9);
    const trace = few.trace();
    const records = trace.records.filter(({ type }) => type !== 'deliver');
    const messages = readMessages({ ...trace, records }, 50);
    expect(messages.map(({ fate, kind, reason, endMs }) => [fate, kind, reason, endMs])).toEqual([
      ['lost', 'heartbeat', 'cut', 13],
      ['under-way', 'protocol', undefined, 50],
    ]);
  });

  it('an operation that was never answered is unknown, not failed', () => {
    const last = story.operations.at(-1)!;
    expect(last).toMatchObject({ client: 'c1', outcome: 'info', result: 'unknown', endMs: 1650 });
  });

  it('the operation that cannot be is the last one that was answered with a value', () => {
    const wrong = story.operations.filter(({ isContradiction }) => isContradiction);
    expect(wrong.map(({ label, result }) => `${label} ${result}`)).toEqual(['read x 1']);
    expect(story.operations.filter(({ isKey }) => isKey)).toHaveLength(2);
  });

  it('an operation of a run with a retry under another process stays on its client', () => {
    const retried = new TraceScript(['n1'], ['c1']);
    retried.invoke('c1', 1, 'write', 'x', 1).end(9, 'info');
    retried.invoke('c1.2', 10, 'read', 'x').end(12, 'ok', -1, 1);
    const { operations, clients } = readStory({
      ...{ trace: retried.trace(), plan: figureEightPlan(), endMs: 20, anomalies: [] },
      strikes: [],
      ...{ history: retried.history(), explanation: undefined },
    });
    expect(clients).toEqual(['c1']);
    expect(operations.map(({ process, result }) => `${process} ${result}`)).toEqual([
      ...['c1 unknown', 'c1.2 1'],
    ]);
  });
});

/** The bands of a run that is given `faults`, of which those of `strikes` struck. */
function bandsIn(
  faults: readonly Fault[],
  strikes: readonly FaultStrike[],
  members: readonly string[] = ['n1', 'n2', 'n3'],
) {
  const plan = { ...figureEightPlan(), faults, replicas: members.map(toNodeId), clients: [] };
  return bandsOf({ plan, strikes, notInjected: [], endMs: 100 });
}

describe('faults', () => {
  it('both directions of a cut are one fault', () => {
    const [n1, rest] = [[toNodeId('n1')], ['n2', 'n3'].map(toNodeId)];
    const window = { atMs: 5, untilMs: 9 };
    const late = { atMs: 20, untilMs: 30 };
    const bands = bandsIn(
      [
        { type: 'cut', from: n1, to: rest, ...late },
        { type: 'cut', from: n1, to: rest, ...window },
        { type: 'cut', from: rest, to: n1, ...window },
      ],
      [late, window, window].map((span, fault) => ({ fault, ...span })),
    );
    expect(bands.map(({ label, nodes }) => `${label} [${nodes.join()}]`)).toEqual([
      ...['n1 cut off from everyone else [n1]', 'n1 cannot reach everyone else [n1]'],
    ]);
  });

  it('trouble on links names both ends, and everyone where that is so', () => {
    const all = ['n1', 'n2', 'n3', 'c1'].map(toNodeId);
    const n2 = [toNodeId('n2')];
    const slow = { type: 'slow-links', latencyMs: 100, atMs: 1, untilMs: 2 } as const;
    expect(labelOf({ ...slow, from: n2, to: all }, 4)).toBe(
      'n2 \u2192 everyone: 100\u00a0ms slower',
    );
    expect(labelOf({ ...slow, from: all, to: all }, 4)).toBe('everyone: 100\u00a0ms slower');
    expect(labelOf({ ...slow, from: n2, to: all.slice(0, 1) }, 4)).toBe(
      'n2 \u2192 n1: 100\u00a0ms slower',
    );
  });

  it('each has the time at which it struck, whatever was planned; or none', () => {
    const n4 = toNodeId('n4');
    const point = { operation: 'sync', nth: 2, when: 'before' } as const;
    const crash = { type: 'crash-at', node: n4, point, downMs: 50, disk: 'kept' } as const;
    const pause = { type: 'pause', node: n4, atMs: 10, untilMs: 20 } as const;
    expect(labelOf(crash, 3)).toBe('n4 crashes before its sync no. 2, disk kept');
    const struck = [
      { fault: 0, atMs: 77, untilMs: 140 },
      { fault: 1, atMs: 31, untilMs: 42 },
    ];
    const bands = bandsIn([crash, pause], struck);
    expect(bands).toMatchObject([
      { number: 1, type: 'pause', hasStruck: true, fromMs: 31, untilMs: 42 },
      { number: 2, type: 'crash-at', hasStruck: true, fromMs: 77, untilMs: 100 },
    ]);
    expect(bands.map(whenOf)).toEqual([
      '31\u00a0ms to 42\u00a0ms, 11\u00a0ms',
      '77\u00a0ms to 100\u00a0ms, 23\u00a0ms',
    ]);
    // A fault for whoever leads, where nobody did.
    const [second, never] = bandsIn([crash, { ...pause, node: leader() }], struck.slice(0, 1));
    expect(second).toMatchObject({ type: 'crash-at', hasStruck: true });
    expect(never).toMatchObject({ type: 'pause', hasStruck: false, isDrawn: false });
    expect(whenOf(never!)).toBe('never: its moment did not come');
  });
});

describe('steps', () => {
  it('are at most nine, in order, and end in the contradiction', () => {
    expect(story.steps.length).toBeLessThanOrEqual(MAX_STEPS);
    const times = story.steps.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const decisive = story.steps[story.decisiveIndex]!;
    expect(decisive).toMatchObject({ isWrong: true, node: 'c2', atMs: 1440 });
  });

  it('name the commit that let the client be told ok', () => {
    expect(story.steps.map(({ title }) => title)).toContain('n1 commits in term 4');
  });

  it('have the messages behind them: the whole quorum, not the last answer alone', () => {
    const confirmed = story.steps.find(({ title }) => title === 'c1 is told ok')!;
    const labels = confirmed.path.map((index) => {
      const { from, to, label } = story.messages[index]!;
      return `${from}>${to} ${label}`;
    });
    expect(labels).toEqual([
      'c1>n1 write x=2',
      ...['n1>n2 append 2', 'n1>n3 append 2', 'n2>n1 appended 2', 'n3>n1 appended 2'],
      'n1>c1 x=2 written',
    ]);
  });

  it('every message of a path is in the cone', () => {
    const cone = new Set(story.cone);
    for (const { path } of story.steps) {
      for (const index of path) expect(cone.has(index)).toBe(true);
    }
  });
});

describe('moments', () => {
  it('each have a sentence', () => {
    const sentences = story.moments.map((moment) => describeMoment(moment, story.messages));
    expect(sentences.every((sentence) => sentence.length > 4)).toBe(true);
    expect(sentences).toContain('n1 is leader in term 4');
    expect(sentences).toContain('n2 receives \u201cappend 2\u201d from n1');
    expect(sentences).toContain('c1 is told \u201cok\u201d for write x=2');
  });
});

describe('a trace that is too long', () => {
  it('is cut around its decisive moment, and its references stay right', () => {
    const long = new TraceScript(['n1', 'n2'], []);
    for (let atMs = 0; atMs < 500; atMs += 1) long.send('n1', 'n2', `m${atMs}`, atMs, atMs + 0.5);
    const bounded = boundTrace(long.trace(), 300, 100);
    expect(bounded.trace.records).toHaveLength(100);
    expect(bounded.leftOutCount).toBe(900);
    expect(bounded.fromMs).toBeLessThan(300);
    expect(bounded.untilMs).toBeGreaterThan(300);
    for (const [index, record] of bounded.trace.records.entries()) {
      if (record.type !== 'deliver') continue;
      const sent = bounded.trace.records[record.of];
      expect(record.of === -1 || (sent?.type === 'send' && record.of < index)).toBe(true);
    }
  });

  it('stays whole when it fits', () => {
    const trace = script.trace();
    expect(boundTrace(trace, 10)).toEqual({
      ...{ trace, fromMs: 0, untilMs: undefined, leftOutCount: 0 },
    });
  });
});

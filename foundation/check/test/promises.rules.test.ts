/**
 * Shows what the judges of watches, convergence, mutual exclusion and rates decide.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkConvergence,
  checkMutualExclusion,
  checkRateBound,
  checkWatches,
  type HistoryEvent,
  WATCH_GUARANTEES,
  type WatchChange,
  type WatchRecording,
  type WatchResponse,
} from '../src/index.ts';
import { story } from './history-story.ts';

const change = (revision: number, key: string, value = revision): WatchChange => {
  return { revision, type: 'put', key, value };
};
const LOG: readonly WatchChange[] = [
  change(1, 'a'),
  change(2, 'b'),
  change(2, 'c'),
  change(3, 'a'),
  change(4, 'b'),
];

function watch(responses: readonly WatchResponse[], startRevision?: number): WatchRecording {
  return { name: 'w', startRevision, matches: () => true, responses };
}

const sent = (...changes: readonly WatchChange[]): WatchResponse => ({ changes });
const progress = (progressRevision: number): WatchResponse => ({ changes: [], progressRevision });
const [c1, c2, c3, c4, c5] = LOG as unknown as [
  WatchChange,
  WatchChange,
  WatchChange,
  WatchChange,
  WatchChange,
];

describe('watches', () => {
  it.each([
    ['all of it', watch([sent(c1), sent(c2, c3), sent(c4, c5)], 1)],
    ['a part from the middle', watch([sent(c2, c3), progress(2), sent(c4)], 2)],
    ['a watch from now on', watch([progress(3), sent(c5)])],
  ])('R34: accepts %s', (_, recording) => {
    expect(checkWatches([recording], LOG)).toMatchObject({ type: 'valid', faults: [] });
  });

  it.each([
    ['ordered', watch([sent(c4), sent(c2, c3)])],
    ['unique', watch([sent(c1), sent(c2, c3, c3)], 1)],
    ['atomic', watch([sent(c1), sent(c2), sent(c3)], 1)],
    ['reliable', watch([sent(c1), sent(c4)], 1)],
    ['resumable', watch([sent(c4), sent(c5)], 2)],
    ['bookmarkable', watch([sent(c1), progress(3), sent(c4)], 1)],
    ['bookmarkable', watch([sent(c1, c2, c3), progress(1)], 1)],
    ['filtered', watch([sent(c1)], 2)],
    ['filtered', { ...watch([sent(c1)], 1), matches: (key: string) => key === 'b' }],
    ['true', watch([sent({ ...c1, value: 9 })], 1)],
    ['true', watch([sent({ ...c1, type: 'delete' })], 1)],
    ['true', watch([sent({ ...c1, previous: 8 })], 1)],
    ['true', watch([sent(change(1, 'z'))])],
  ] as const)('R34: refutes %s', (guarantee, recording) => {
    const report = checkWatches([recording], LOG);
    expect(report.faults.map((fault) => fault.guarantee)).toContain(guarantee);
    expect(report.type).toBe('invalid');
  });

  it('R34: a delivery that leaves out, repeats or swaps nothing breaks no guarantee', () => {
    const deliveries = fc.tuple(fc.nat(4), fc.nat(3), fc.nat(9));
    fc.assert(
      fc.property(deliveries, ([start, cut, break_]) => {
        const groups = [[c1], [c2, c3], [c4], [c5]].filter(([it]) => (it?.revision ?? 0) >= start);
        const responses = groups.slice(0, groups.length - cut).map((changes) => sent(...changes));
        const right = checkWatches([watch(responses, start)], LOG);
        expect(right.faults).toEqual([]);
        if (responses.length < 3 || break_ > 2) return;
        const wrong = [
          responses.toSpliced(1, 1),
          responses.toSpliced(1, 0, ...responses.slice(1, 2)),
          responses.toReversed(),
        ][break_];
        expect(checkWatches([watch(wrong ?? [], start)], LOG).type).toBe('invalid');
      }),
    );
  });

  it('R34: says what it cannot judge without the log', () => {
    const report = checkWatches([watch([sent(c1), sent(c4)], 1)], undefined);
    expect(report).toMatchObject({ type: 'valid', notChecked: ['reliable', 'resumable', 'true'] });
    expect(checkWatches([], LOG).type).toBe('unknown');
    expect(WATCH_GUARANTEES.length).toBe(8);
  });
});

describe('convergence', () => {
  const settled = ['0 a! write 1', '1 a= write 1', '10 b! read', '11 b= read 1', '12 c! read'];

  it('R35: all replicas tell the same once all has settled', () => {
    const same = checkConvergence(story(...settled, '13 c= read 1'), { settledAtMs: 5 });
    expect(same.type).toBe('valid');
    const other = checkConvergence(story(...settled, '13 c= read null'), { settledAtMs: 5 });
    expect(other).toMatchObject({ type: 'invalid', violations: [{ anomaly: 'divergence' }] });
  });

  it('R35: does not know where nothing was compared, or where changes went on', () => {
    const alone = story('10 b! read', '11 b= read 1', '12 b! read', '13 b= read 1');
    expect(checkConvergence(alone, { settledAtMs: 5 }).type).toBe('unknown');
    const late = story(...settled, '13 c= read 1', '20 a! write 2', '21 a= write 2');
    expect(checkConvergence(late, { settledAtMs: 5 }).type).toBe('unknown');
  });
});

describe('mutual exclusion', () => {
  it('R36: two that hold at one moment break it, whatever happened under way', () => {
    const both = story('a! acquire', 'a= acquire', 'b! acquire', 'b= acquire', 'a! release');
    expect(checkMutualExclusion(both)).toMatchObject({
      type: 'invalid',
      violations: [{ anomaly: 'two-holders' }],
    });
    expect(checkMutualExclusion(both, { permits: 2 }).type).toBe('valid');
    const handed = story('a! acquire', 'a= acquire', 'b! acquire', 'a! release', 'b= acquire');
    expect(checkMutualExclusion(handed).type).toBe('valid');
    const others = story('a! acquire@x', 'a= acquire@x', 'b! acquire@y', 'b= acquire@y');
    expect(checkMutualExclusion(others).type).toBe('valid');
  });

  it('R36: a lease that is over is held by nobody', () => {
    const lease = story('0 a! acquire', '1 a= acquire', '11 b! acquire', '12 b= acquire');
    expect(checkMutualExclusion(lease).type).toBe('invalid');
    expect(checkMutualExclusion(lease, { leaseMs: 10 }).type).toBe('valid');
    expect(checkMutualExclusion(lease, { leaseMs: 15 }).type).toBe('invalid');
  });
});

describe('rates', () => {
  it('R37: what was refused does not count, and keys have limits of their own', () => {
    const history = admitted([
      [0, 0],
      [1, 0],
      [2, 0],
    ]);
    const bound = { limit: 2, windowMs: 10 };
    expect(checkRateBound(history, bound).verdict.type).toBe('invalid');
    const costOf = ({ id }: { readonly id: number }) => (id === 1 ? 0 : 1);
    expect(checkRateBound(history, { ...bound, costOf }).verdict.type).toBe('valid');
    const apart = history.map((event, at) => ({ ...event, key: at < 2 ? 'a' : 'b' }));
    expect(checkRateBound(apart, bound).verdict.type).toBe('valid');
    expect(() => checkRateBound(history, { limit: 1, windowMs: 0 })).toThrow(/windowMs is 0/);
  });
});

function admitted(list: readonly (readonly [number, number])[]): HistoryEvent[] {
  return list.flatMap(([at, took], index): HistoryEvent[] => {
    const base = { process: `p${index}`, f: 'admit' };
    return [
      { ...base, atMs: at, type: 'invoke' },
      { ...base, atMs: at + took, type: 'ok' },
    ];
  });
}

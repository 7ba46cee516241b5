/**
 * Shows what the objectives measure, by histories small enough to count by hand.
 */
import type { HistoryEvent, Slo } from '@mangrove/experiment';
import { describe, expect, it } from 'vitest';
import { judgeSlos, type MeasuredRun } from './judge-slos.ts';

/** One operation: its process, from when until when, and how it ended. */
type Told = readonly [
  process: string,
  fromMs: number,
  untilMs: number,
  end: 'ok' | 'fail' | 'info',
];

function run(
  told: readonly Told[],
  strikes: MeasuredRun['strikes'] = [{ atMs: 100, untilMs: 200 }],
): MeasuredRun {
  const history = told
    .flatMap(([process, fromMs, untilMs, end]): HistoryEvent[] => [
      { process, f: 'read', type: 'invoke', atMs: fromMs },
      { process, f: 'read', type: end, atMs: untilMs },
    ])
    .sort((a, b) => a.atMs - b.atMs);
  return { history, strikes, endMs: 1000 };
}

function judged(slo: Slo, measured: MeasuredRun) {
  const [result] = judgeSlos([slo], measured);
  return { answer: result?.answer, figure: result?.slo?.measured, count: result?.slo?.count };
}

const UNKNOWN = { answer: 'unknown', figure: undefined, count: 0 };

describe('availability', () => {
  const slo = (phase: 'during' | 'after' | 'whole') =>
    ({ type: 'availability', phase, percentMin: 50 }) as const;
  const told: readonly Told[] = [
    ...([
      ['c1', 0, 10, 'ok'],
      ['c1', 95, 105, 'ok'],
      ['c1', 110, 150, 'info'],
    ] as const),
    ...([
      ['c2', 199, 260, 'fail'],
      ['c2', 300, 310, 'ok'],
      ['c1.2', 201, 210, 'ok'],
    ] as const),
  ];

  it('is the share that ended in ok, of those under way while faults lasted', () => {
    expect(judged(slo('during'), run(told))).toEqual({
      ...{ answer: 'invalid', count: 3 },
      figure: 100 / 3,
    });
    expect(judged(slo('after'), run(told))).toMatchObject({ figure: 100, count: 2 });
    expect(judged(slo('whole'), run(told))).toMatchObject({ answer: 'valid', count: 6 });
  });

  it('is not known where there was no fault, or no operation in that time', () => {
    expect(judged(slo('during'), run(told, []))).toEqual(UNKNOWN);
    expect(judged(slo('after'), run(told.slice(0, 2)))).toEqual(UNKNOWN);
    expect(judged(slo('whole'), run([]))).toEqual(UNKNOWN);
  });

  it('says what it saw where it does not hold', () => {
    const [result] = judgeSlos([slo('during')], run(told));
    expect(result?.anomalies).toEqual([
      {
        class: 'slo',
        sentence: 'availability during the faults is at least 50 %, but it was 33.3 %',
      },
    ]);
  });
});

describe('latency', () => {
  const slo = (percentile: 50 | 99) =>
    ({ type: 'latency', phase: 'whole', percentile, msMax: 20 }) as const;

  it('is the nearest rank of what was answered or is not known', () => {
    const told: readonly Told[] = [
      ['c1', 0, 10, 'ok'],
      ['c1', 20, 50, 'ok'],
      ['c1', 60, 62, 'ok'],
    ];
    expect(judged(slo(50), run(told))).toEqual({ answer: 'valid', figure: 10, count: 3 });
    expect(judged(slo(99), run(told))).toEqual({ answer: 'invalid', figure: 30, count: 3 });
  });

  it('an operation without an answer is slower than any bound; a definite failure is none', () => {
    const told: readonly Told[] = [
      ['c1', 0, 10, 'ok'],
      ['c1', 20, 21, 'info'],
      ['c2', 0, 1, 'fail'],
    ];
    expect(judged(slo(50), run(told))).toEqual({ answer: 'valid', figure: 10, count: 2 });
    expect(judged(slo(99), run(told))).toEqual({ answer: 'invalid', figure: undefined, count: 2 });
    expect(judged(slo(50), run([['c2', 0, 1, 'fail']]))).toEqual(UNKNOWN);
  });
});

describe('outage', () => {
  const slo = { type: 'outage', msMax: 100 } as const;

  it('is the longest time in which somebody waits and nobody is answered', () => {
    const told: readonly Told[] = [
      ...([
        ['c1', 0, 10, 'ok'],
        ['c1', 500, 580, 'ok'],
        ['c2', 520, 600, 'ok'],
      ] as const),
    ];
    expect(judged(slo, run(told))).toEqual({ answer: 'valid', figure: 80, count: 3 });
  });

  it('goes on over operations that fail, and to the end where nobody was answered again', () => {
    const over: readonly Told[] = [
      ['c1', 0, 40, 'info'],
      ['c1.2', 60, 90, 'fail'],
      ['c1.2', 100, 130, 'ok'],
    ];
    expect(judged(slo, run(over))).toMatchObject({ answer: 'invalid', figure: 130 });
    expect(
      judged(
        slo,
        run([
          ['c1', 0, 10, 'ok'],
          ['c1', 20, 150, 'info'],
        ]),
      ),
    ).toMatchObject({
      ...{ answer: 'invalid', figure: 130 },
    });
    const open = run([['c1', 100, 5000, 'ok']]);
    const history = open.history.filter(({ type }) => type === 'invoke');
    expect(judged(slo, { ...open, history })).toMatchObject({ figure: 900 });
    expect(judged(slo, run([]))).toEqual(UNKNOWN);
  });
});

describe('recovery', () => {
  const slo = { type: 'recovery', msMax: 100 } as const;

  it('is the longest that a client asked after the last fault before its first success', () => {
    const told: readonly Told[] = [
      // Under way when the fault ends: from then on it counts.
      ...([
        ['c1', 150, 250, 'info'],
        ['c1.2', 260, 290, 'ok'],
        ['c1.2', 300, 900, 'ok'],
      ] as const),
      // Begins late, which is nobody's fault.
      ...([['c2', 700, 740, 'ok']] as const),
    ];
    expect(judged(slo, run(told))).toEqual({ answer: 'valid', figure: 90, count: 2 });
  });

  it('has no end where a client sees no success, and is not known where nobody asks', () => {
    const told: readonly Told[] = [
      ['c1', 210, 220, 'ok'],
      ['c2', 210, 400, 'info'],
    ];
    expect(judged(slo, run(told))).toEqual({ answer: 'invalid', figure: undefined, count: 2 });
    const [result] = judgeSlos([slo], run(told));
    expect(result?.anomalies[0]?.sentence).toContain('it had no end in this run for c2');
    expect(judged(slo, run([['c1', 0, 10, 'ok']]))).toEqual(UNKNOWN);
    expect(judged(slo, run(told, []))).toEqual(UNKNOWN);
  });
});

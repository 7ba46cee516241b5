/**
 * Shows that the folded time axis is monotonic, can be inverted, keeps to its edges and folds
 * silences only.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FOLD_WIDTH, foldTime, MAX_FOLDS, msOf, ticksOf, xOf } from './time-scale.ts';

const window = { fromMs: 0, untilMs: 1000 };
const anyMoments = fc.array(fc.double({ min: 0, max: 1000, noNaN: true }), { maxLength: 60 });

describe('the time axis', () => {
  it('is linear where nothing is silent', () => {
    const moments = Array.from({ length: 101 }, (_, index) => index * 10);
    const scale = foldTime(moments, window, 0, 500);
    expect(scale.folds).toEqual([]);
    expect(xOf(scale, 250)).toBeCloseTo(125);
  });

  it('folds a long silence to a narrow band', () => {
    const scale = foldTime([10, 20, 30, 900, 910, 990], window, 0, 500);
    expect(scale.folds).toHaveLength(2);
    const [fold] = scale.folds;
    expect(fold!.fromMs).toBeGreaterThan(30);
    expect(fold!.untilMs).toBeLessThan(900);
    expect(xOf(scale, fold!.untilMs) - xOf(scale, fold!.fromMs)).toBeCloseTo(FOLD_WIDTH);
  });

  it('rises, stays within its edges and can be read backwards, for any moments', () => {
    fc.assert(
      fc.property(anyMoments, fc.double({ min: 0, max: 1000, noNaN: true }), (moments, atMs) => {
        const scale = foldTime(moments, window, 36, 660);
        expect(scale.folds.length).toBeLessThanOrEqual(MAX_FOLDS);
        expect(xOf(scale, 0)).toBeCloseTo(36);
        expect(xOf(scale, 1000)).toBeCloseTo(660);
        for (let index = 1; index < scale.corners.length; index += 1) {
          const [before, after] = [scale.corners[index - 1]!, scale.corners[index]!];
          expect(after[0]).toBeGreaterThan(before[0]);
          expect(after[1]).toBeGreaterThanOrEqual(before[1]);
        }
        expect(msOf(scale, xOf(scale, atMs))).toBeCloseTo(atMs, 3);
      }),
    );
  });

  it('never folds a moment away', () => {
    fc.assert(
      fc.property(anyMoments, (moments) => {
        const { folds } = foldTime(moments, window, 0, 640);
        for (const { fromMs, untilMs } of folds) {
          expect(moments.some((each) => each > fromMs && each < untilMs)).toBe(false);
        }
      }),
    );
  });

  it('has few numbers, none of them inside a fold', () => {
    const scale = foldTime([10, 20, 30, 900, 910, 990], window, 0, 640);
    const ticks = ticksOf(scale, 58);
    expect(ticks.length).toBeGreaterThan(1);
    expect(ticks.length).toBeLessThanOrEqual(16);
    for (const tick of ticks) {
      expect(scale.folds.some(({ fromMs, untilMs }) => tick > fromMs && tick < untilMs)).toBe(
        false,
      );
    }
  });
});

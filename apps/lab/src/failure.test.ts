/**
 * A failure is known again by its class and its judge, whatever name the judge has for it.
 */
import { describe, expect, it } from 'vitest';
import { failsLike, failureOf, judgedBy } from './failure.ts';
import { type AnomalyClass, type Answer, type CheckResult, verdictOf } from './verdict.ts';

function check(answer: Answer, ...classes: AnomalyClass[]): CheckResult {
  const anomalies = classes.map((name) => ({ class: name, sentence: `${name} happened` }));
  return { check: 'a check', answer, anomalies };
}

describe('how a run failed', () => {
  const promise = (of: string, name: string): CheckResult => {
    return { check: of, answer: 'invalid', anomalies: [{ class: 'promise', name, sentence: '' }] };
  };
  const both = verdictOf([check('valid'), promise('isolation', 'G2-item'), promise('locks', 'x')]);
  const failure = { class: 'promise', check: 'isolation', name: 'G2-item' } as const;

  it('is what its first judge calls the anomaly, or its class', () => {
    expect(failureOf(both)).toEqual(failure);
    expect(failureOf(verdictOf([check('valid')]))).toBeUndefined();
    expect(failureOf(verdictOf([check('unknown', 'stuck')]))).toBeUndefined();
    expect(failureOf(verdictOf([check('invalid', 'slo', 'stuck')]))).toEqual({
      ...{ class: 'stuck', check: 'a check', name: 'stuck' },
    });
  });

  it('is the same where the same judge says so, by whatever name, be it as one of several', () => {
    const late = verdictOf([promise('locks', 'x'), promise('isolation', 'G-single')]);
    expect(failsLike(late, failure)).toBe(true);
    expect(judgedBy(late, failure).checks).toEqual([promise('isolation', 'G-single')]);
  });

  it('is not the same where another judge says so, or where worse is broken', () => {
    expect(failsLike(verdictOf([promise('locks', 'G2-item')]), failure)).toBe(false);
    const broken = verdictOf([check('invalid', 'broken-node'), ...both.checks]);
    expect(failsLike(broken, failure)).toBe(false);
    expect(failsLike(verdictOf([]), failure)).toBe(false);
  });
});

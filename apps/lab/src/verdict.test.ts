/**
 * Shows how the answers of several judges become one verdict.
 */
import { describe, expect, it } from 'vitest';
import {
  type AnomalyClass,
  type Answer,
  anomaliesOf,
  type CheckResult,
  failsLike,
  failureOf,
  judgedBy,
  verdictOf,
} from './verdict.ts';

function check(answer: Answer, ...classes: AnomalyClass[]): CheckResult {
  const anomalies = classes.map((name) => ({ class: name, sentence: `${name} happened` }));
  return { check: 'a check', answer, anomalies };
}

describe('verdictOf', () => {
  it('a judge that gave up makes a run unknown, never valid', () => {
    expect(verdictOf([check('valid'), check('unknown')]).answer).toBe('unknown');
    expect(verdictOf([check('valid'), check('valid')]).answer).toBe('valid');
  });

  it('one violation outweighs what is not known', () => {
    const verdict = verdictOf([check('unknown'), check('invalid', 'stuck'), check('valid')]);
    expect(verdict.answer).toBe('invalid');
    expect(verdict.anomaly).toBe('stuck');
  });

  it('a run is called by its most telling anomaly, and that one is told first', () => {
    const verdict = verdictOf([check('invalid', 'stuck', 'linearizability'), check('valid')]);
    expect(verdict.anomaly).toBe('linearizability');
    expect(anomaliesOf(verdict).map((anomaly) => anomaly.class)).toEqual([
      'linearizability',
      'stuck',
    ]);
  });

  it('an anomaly that is only suspected does not name the run', () => {
    const verdict = verdictOf([check('unknown', 'linearizability')]);
    expect(verdict.anomaly).toBeUndefined();
    expect(anomaliesOf(verdict)).toEqual([]);
  });
});

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

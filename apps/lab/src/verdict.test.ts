/**
 * Shows how the answers of several judges become one verdict.
 */
import { describe, expect, it } from 'vitest';
import {
  type AnomalyClass,
  type Answer,
  anomaliesOf,
  type CheckResult,
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

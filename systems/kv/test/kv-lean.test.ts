/**
 * The experiments for long hunts leave no question of the others out, and every client has one.
 */
import {
  kvContractExperiment,
  kvContractLeanExperiment,
  kvExperiment,
  kvLeanExperiment,
} from '@mangrove/kv';
import { drawPlan } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';

/** What is asked at the end of a plan, and by whom. */
function lastOf(experiment: typeof kvExperiment) {
  const { operations, activeMs, clients } = drawPlan(experiment, 1);
  const late = operations.filter(({ atMs }) => atMs >= activeMs);
  const questions = late.map(({ f, key, value }) => JSON.stringify([f, key, value]));
  const askers = [...new Set(late.map(({ client }) => client))];
  return { clients, questions: new Set(questions), askers: askers.sort() };
}

describe.each([
  { whole: kvExperiment, lean: kvLeanExperiment },
  { whole: kvContractExperiment, lean: kvContractLeanExperiment },
])('$lean.name', ({ whole, lean }) => {
  it('asks at the end whatever the long one asks, and every client something', () => {
    const { questions, askers, clients } = lastOf(lean);
    expect([...lastOf(whole).questions].filter((question) => !questions.has(question))).toEqual([]);
    expect(askers).toEqual([...clients].sort());
  });

  it('has seeds in which a lease that lives for ever shows', () => {
    const calmMs = Array.from({ length: 50 }, (_, index) => {
      const { operations, activeMs } = drawPlan(lean, index + 1);
      return Math.max(...operations.map(({ atMs }) => atMs)) - activeMs;
    });
    expect(calmMs.filter((ms) => ms > 4000).length).toBeGreaterThan(2);
  });
});

/**
 * Shows what a recorded run holds: every kind of record, causes that come before, and sends that
 * are delivered or dropped; and that an invariant over all nodes ends the run where it breaks.
 */
import type { RunTrace } from '@mangrove/experiment';
import { BrokenInvariant } from '@mangrove/host';
import { drawPlan, simulate } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import { registerExperiment } from './register-experiment.ts';

const experiment = registerExperiment();

describe('a recorded run', () => {
  it('is the run that is not recorded', async () => {
    for (const seed of [1, 2, 3]) {
      const plan = drawPlan(experiment, seed);
      const plain = await simulate(experiment.subject, plan);
      const recorded = await simulate(experiment.subject, plan, { isRecording: true });
      expect(recorded.hash).toBe(plain.hash);
      expect(plain.trace).toBeUndefined();
    }
  });

  it('holds every kind of record, in order of time, each with a cause before it', async () => {
    const types = new Set<string>();
    for (const seed of Array.from({ length: 15 }, (_, index) => index)) {
      const { records } = await traceOf(seed);
      for (const { type } of records) types.add(type);
      const early = records.filter(({ cause }, index) => cause >= index);
      const unordered = records.filter(({ atMs }, index) => atMs < (records[index - 1]?.atMs ?? 0));
      expect([early, unordered]).toEqual([[], []]);
    }
    const wanted = ['send', 'deliver', 'drop', 'timer', 'disk', 'start', 'down', 'pause', 'resume'];
    for (const type of [...wanted, 'state', 'invoke', 'return']) expect(types).toContain(type);
  });

  it('tells of what each delivery is, at whom, and why', async () => {
    const { records } = await traceOf(5);
    const deliveries = records.filter((record) => record.type === 'deliver');
    expect(deliveries.length).toBeGreaterThan(50);
    for (const { of, node, atMs } of deliveries) {
      const send = records[of];
      if (send?.type !== 'send') throw new Error(`record ${of} is no send`);
      expect(send.to).toBe(node);
      expect(send.atMs).toBeLessThan(atMs);
    }
    const answers = records.filter((record) => record.type === 'send' && record.node === 'n1');
    const causes = new Set(answers.map(({ cause }) => records[cause]?.type));
    // A replica answers because a request came, or because its sync is done.
    expect([...causes].sort()).toEqual(['deliver', 'disk']);
  });
});

describe('an invariant', () => {
  it('is looked at after every event, and ends the run where it does not hold', async () => {
    let lookCount = 0;
    const { violation, eventCount, endMs } = await simulate(
      experiment.subject,
      drawPlan(experiment, 4),
      {
        invariant: (nodes) => {
          lookCount += 1;
          if (lookCount === 500) throw new BrokenInvariant(`${nodes.size} nodes at look 500`);
        },
      },
    );
    expect(eventCount).toBe(500);
    expect(violation?.atMs).toBe(endMs);
    expect(String(violation?.cause)).toMatch(/\d nodes at look 500/);
  });
});

async function traceOf(seed: number): Promise<RunTrace> {
  const plan = drawPlan(experiment, seed);
  const { trace } = await simulate(experiment.subject, plan, { isRecording: true });
  if (trace === undefined) throw new Error('there is no trace');
  return trace;
}

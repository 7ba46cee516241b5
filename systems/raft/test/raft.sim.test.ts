/**
 * Swarm runs of three nodes and three clients: every history is linearizable, quiet brings
 * progress, no node breaks, and a seed is one run.
 */
import { execFile } from 'node:child_process';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkLinearizable, register } from '@mangrove/check';
import { drawPlan, simulate } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import { raftExperiment } from '../src/index.ts';

const SEED_COUNT = 80;

describe('a group of three', () => {
  it('R58: histories under faults are linearizable, and every client gets on', {
    timeout: 60_000,
  }, async () => {
    let okCount = 0;
    for (let seed = 0; seed < SEED_COUNT; seed++) {
      const report = await simulate(raftExperiment.subject, drawPlan(raftExperiment, seed));
      const { type } = checkLinearizable(register(), report.history);
      const { ends, stuck, violation } = report;
      const verdict = { seed, type, ends, stuck, violation };
      const clean = { seed, type: 'valid', ends: [], stuck: [], violation: undefined };
      expect(verdict).toEqual(clean);
      okCount += report.history.filter((event) => event.type === 'ok').length;
    }
    // Each run plans 48 operations; a group that mostly refuses would prove little.
    expect(okCount).toBeGreaterThan(SEED_COUNT * 30);
  });

  it('R29: a seed gives the same run in a fresh process', { timeout: 30_000 }, async () => {
    const { hash } = await simulate(raftExperiment.subject, drawPlan(raftExperiment, 42));
    const script = fileURLToPath(new URL('./run-seed.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(execPath, [script, '42']);
    expect(stdout).toBe(hash);
  });
});

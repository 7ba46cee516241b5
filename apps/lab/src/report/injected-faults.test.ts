/**
 * Shows that a page lists as injected what the run was given, and nothing else of its plan.
 */
import type { Fault } from '@mangrove/experiment';
import { toNodeId } from '@mangrove/host';
import { expect, it } from 'vitest';
import { figureEightRun } from '../../test/figure-eight.ts';
import { bandsOf } from './fault-band.ts';
import { injectedFaults } from './injected-faults.ts';
import { renderInjected } from './sections.ts';

const N1 = toNodeId('n1');
const PAUSE: Fault = { type: 'pause', node: N1, atMs: 1, untilMs: 2 };
const DRIFT: Fault = { type: 'clock-drift', node: N1, atMs: 3, untilMs: 4, ppm: 100 };

it('a fault that processes cannot be given is told apart, and its clock was never off', () => {
  const { trace: _trace, ...simulated } = figureEightRun();
  const plan = { ...simulated.plan, faults: [PAUSE, DRIFT] };
  const run = {
    ...simulated,
    plan,
    world: 'local' as const,
    notInjected: ['clock-drift n1 3-4 ms'],
  };
  expect(injectedFaults(run)).toEqual([PAUSE]);
  expect(bandsOf(run).map(({ type }) => type)).toEqual(['pause']);
  const page = renderInjected(run).text;
  expect(page).toContain('Not injected: clock-drift n1 3-4 ms');
  expect(page).not.toContain('Wall clocks');
  expect(renderInjected({ ...run, notInjected: [] }).text).toContain('Wall clocks');
});

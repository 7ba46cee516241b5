/**
 * Shows which faults of a plan have not shown what they were to show: an operator who was refused
 * has changed nothing, unless the refusal is what the plan is about.
 */
import type { Fault } from '@mangrove/experiment';
import { toNodeId } from '@mangrove/host';
import { expect, it } from 'vitest';
import { missedFaults } from './missed-faults.ts';

const pause: Fault = { type: 'pause', node: toNodeId('n1'), atMs: 1, untilMs: 2 };
const asked: Fault = { type: 'action', name: 'promote', args: {}, atMs: 1 };
const doomed: Fault = { ...asked, outcome: 'refused' };
const span = { atMs: 1, untilMs: 2 };

it('a fault that did not strike is missed', () => {
  expect(missedFaults([pause, pause], [{ fault: 1, ...span }])).toEqual([pause]);
});

it('an action is missed that was refused, or of which nobody heard', () => {
  const done = { fault: 0, ...span, outcome: 'done' } as const;
  const refused = { fault: 0, ...span, outcome: 'refused', reason: 'no majority' } as const;
  expect(missedFaults([asked], [done])).toEqual([]);
  expect(missedFaults([asked], [refused])).toEqual([asked]);
  expect(missedFaults([asked], [{ fault: 0, ...span }])).toEqual([asked]);
  expect(missedFaults([doomed], [refused])).toEqual([]);
  expect(missedFaults([doomed], [done])).toEqual([doomed]);
});

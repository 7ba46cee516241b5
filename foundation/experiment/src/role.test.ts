/**
 * Shows what names of roles stand for, and that a plan may hold them.
 */
import { InvalidArgument, type NodeId, toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import type { Fault } from './fault.ts';
import { formatPlan, parsePlan } from './plan.ts';
import { follower, hasRole, leader, OTHERS, RoleBook } from './role.ts';

const [n1, n2, n3] = ['n1', 'n2', 'n3'].map(toNodeId) as [NodeId, NodeId, NodeId];
const WINDOW = { atMs: 10, untilMs: 20 };
const pause = (node: NodeId): Fault => ({ type: 'pause', node, ...WINDOW });

describe('a role', () => {
  it('is bound to a node when it is first needed, and stays so', () => {
    const book = new RoleBook([n1, n2, n3]);
    expect(book.resolve(pause(leader()), undefined)).toBeUndefined();
    expect(book.resolve(pause(leader()), n2)).toEqual(pause(n2));
    expect(book.resolve(pause(leader()), n3)).toEqual(pause(n2));
    expect(book.resolve(pause(leader(2)), n3)).toEqual(pause(n3));
  });

  it('of a follower is one that does not lead and has no other name', () => {
    const book = new RoleBook([n1, n2, n3]);
    expect(book.resolve(pause(follower()), n1)).toEqual(pause(n2));
    expect(book.resolve(pause(follower(2)), n1)).toEqual(pause(n3));
    expect(book.resolve(pause(follower(3)), n1)).toBeUndefined();
    expect(book.resolve(pause(follower()), n3)).toEqual(pause(n2));
  });

  it('of the others is everyone whom the other end of the link does not name', () => {
    const book = new RoleBook([n1, n2, n3]);
    const cut: Fault = { type: 'cut', ...WINDOW, from: [leader()], to: [OTHERS] };
    expect(book.resolve(cut, n3)).toEqual({ ...cut, from: [n3], to: [n1, n2] });
    const back: Fault = { type: 'cut', ...WINDOW, from: [OTHERS, toNodeId('c1')], to: [leader()] };
    expect(book.resolve(back, n1)).toMatchObject({ from: [n1, n2, 'c1'], to: [n3] });
  });

  it('is replaced in what an operator asks for', () => {
    const args = { node: follower(), isAutoLeave: true };
    const action: Fault = { type: 'action', name: 'transfer', atMs: 5, args };
    expect(hasRole(action)).toBe(true);
    expect(new RoleBook([n1, n2]).resolve(action, n1)).toMatchObject({ args: { node: n2 } });
    expect(hasRole({ ...action, args: { node: n1 } })).toBe(false);
  });

  it('may stand in a plan; other names that are no members may not', () => {
    const plan = {
      ...{ format: 'mangrove-plan/1' as const, experiment: 'x', replicas: [n1, n2], clients: [] },
      ...{ activeMs: 100, quietMs: 100, operationTimeoutMs: 10, operations: [] },
      faults: [
        pause(leader(12)),
        { type: 'cut' as const, ...WINDOW, from: [follower()], to: [OTHERS] },
      ],
      choices: { links: {}, draws: {} },
    };
    expect(parsePlan(formatPlan(plan))).toEqual(plan);
    for (const name of ['@leader-0', '@boss', '@leader-100', 'n9']) {
      const faults = [pause(name as NodeId)];
      expect(() => parsePlan(formatPlan({ ...plan, faults }))).toThrow(InvalidArgument);
    }
  });
});

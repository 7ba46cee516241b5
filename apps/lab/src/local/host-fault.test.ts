/**
 * Shows which faults of a plan real processes are given, by whom, and in which words; and what is
 * said of the others.
 */
import { type Fault, leader, OTHERS } from '@mangrove/experiment';
import { type NodeId, toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { betweenReplicas, isInjectable, toHostFaults, whyNotInjectable } from './host-fault.ts';

const names = ['n1', 'n2', 'n3', 'c1'].map(toNodeId);
const [n1, n2, n3, c1] = names as [NodeId, NodeId, NodeId, NodeId];
const window = { atMs: 1, untilMs: 2 };
const links = { from: [n1], to: [n1, n2, n3], ...window };

describe('a fault of links', () => {
  it('is what the sender does to what it sends, to each of the others', () => {
    expect(toHostFaults({ type: 'cut', ...links })).toEqual([
      { node: n1, fault: { type: 'cut', peer: n2, direction: 'out' } },
      { node: n1, fault: { type: 'cut', peer: n3, direction: 'out' } },
    ]);
    const one = { ...links, to: [n2] };
    expect(toHostFaults({ type: 'stall-links', ...one })).toEqual([
      { node: n1, fault: { type: 'stall', peer: n2, direction: 'out' } },
    ]);
    const delay = { type: 'delay', peer: n2, direction: 'out' };
    expect(toHostFaults({ type: 'slow-links', latencyMs: 40, ...one })).toEqual([
      { node: n1, fault: { ...delay, perMille: 1000, delayMs: 40, jitterMs: 0 } },
    ]);
  });

  it('has each of its shares where it belongs', () => {
    const shares = { lossPerMille: 70, duplicatePerMille: 30, delayPerMille: 500, delayMs: 80 };
    expect(toHostFaults({ type: 'rough-links', ...shares, ...links, to: [n2] })).toEqual([
      { node: n1, fault: { type: 'drop', peer: n2, direction: 'out', perMille: 70 } },
      { node: n1, fault: { type: 'duplicate', peer: n2, direction: 'out', perMille: 30 } },
      {
        node: n1,
        // As in the simulator: half of the messages are late, each by up to 80 ms.
        fault: {
          ...{ type: 'delay', peer: n2, direction: 'out' },
          ...{ perMille: 500, delayMs: 0, jitterMs: 80 },
        },
      },
    ]);
  });

  it('is left between replicas where clients come by streams', () => {
    const cut: Fault = { type: 'cut', ...window, from: [n1, c1], to: [n2] };
    expect(betweenReplicas(cut, [c1])).toEqual({ ...cut, from: [n1] });
    expect(betweenReplicas({ ...cut, from: [c1] }, [c1])).toBeUndefined();
    expect(betweenReplicas({ ...cut, from: [n1] }, [c1])).toEqual({ ...cut, from: [n1] });
    const pause: Fault = { type: 'pause', node: n1, ...window };
    expect(betweenReplicas(pause, [c1])).toBe(pause);
    const aimed: Fault = { type: 'cut', ...window, from: [leader()], to: [OTHERS] };
    expect(betweenReplicas(aimed, [c1])).toBe(aimed);
  });
});

describe('a fault of a disk', () => {
  it('is that of all files, or of those that it names', () => {
    const all = { path: '', operation: '*' };
    expect(toHostFaults({ type: 'disk-full', node: n2, ...window })).toEqual([
      { node: n2, fault: { type: 'disk-full' } },
    ]);
    expect(toHostFaults({ type: 'stall-disk', node: n2, ...window })).toEqual([
      { node: n2, fault: { type: 'stall-disk', ...all } },
    ]);
    expect(toHostFaults({ type: 'slow-disk', node: n2, latencyMs: 9, ...window })).toEqual([
      { node: n2, fault: { type: 'slow-disk', ...all, delayMs: 9 } },
    ]);
    const failing = { operation: 'sync', path: 'wal', count: 2 } as const;
    expect(toHostFaults({ type: 'disk-error', node: n2, ...window, ...failing })).toEqual([
      { node: n2, fault: { type: 'disk-error', code: 'input-output', ...failing } },
    ]);
  });
});

describe('what processes cannot be given', () => {
  const point = { operation: 'sync', nth: 1, when: 'before' } as const;
  const sent = { operation: 'send', kind: 'vote', nth: 1, when: 'after' } as const;
  const crashAt = { type: 'crash-at', node: n1, downMs: 5 } as const;
  const cases: readonly (readonly [Fault, string | undefined])[] = [
    [{ type: 'crash', node: n1, disk: 'kept', ...window }, undefined],
    [{ type: 'crash', node: n1, disk: 'unsynced-lost', ...window }, 'power failure'],
    [{ type: 'crash', node: n1, disk: 'wiped', ...window }, 'empty the folder'],
    [{ ...crashAt, point: sent, disk: 'kept' }, undefined],
    [{ ...crashAt, point, disk: 'kept' }, 'not at operations of its disk'],
    [{ ...crashAt, point: sent, disk: 'unsynced-lost' }, 'power failure'],
    [{ type: 'pause', node: n1, ...window }, undefined],
    [{ type: 'action', name: 'compact', args: {}, atMs: 1 }, undefined],
    [{ type: 'wall-jump', node: n1, atMs: 1, byMs: 5 }, 'share the clock'],
    [{ type: 'clock-drift', node: n1, ppm: 5, ...window }, 'share the clock'],
    [{ type: 'cut', ...links }, undefined],
    [{ type: 'full-queues', queueBytes: 9, ...links }, 'does not know this kind'],
    [{ type: 'bit-rot', node: n1, atMs: 1, path: '', positionPerMille: 1 }, 'does not know'],
  ];

  it.each(cases)('%j is said with its reason', (fault, why) => {
    expect(isInjectable(fault)).toBe(why === undefined);
    if (why === undefined) expect(whyNotInjectable(fault)).toBeUndefined();
    else expect(whyNotInjectable(fault)).toContain(why);
  });
});

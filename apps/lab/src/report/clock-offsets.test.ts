/**
 * Shows that offsets of clocks add up: jumps at once, drift with its time.
 */
import { toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { clockOffsets } from './clock-offsets.ts';

const [n1, n2] = [toNodeId('n1'), toNodeId('n2')];

describe('clock offsets', () => {
  it('add up for each node', () => {
    const offsets = clockOffsets([
      { type: 'clock-drift', node: n1, atMs: 1000, untilMs: 3000, ppm: 500 },
      { type: 'wall-jump', node: n1, atMs: 2000, byMs: -40 },
      { type: 'wall-jump', node: n2, atMs: 500, byMs: 7 },
    ]);
    expect(offsets.map(({ node, atMs, offsetMs }) => [node, atMs, offsetMs])).toEqual([
      ...[
        ['n2', 500, 7],
        ['n1', 1000, 0],
        ['n1', 2000, -39.5],
        ['n1', 3000, -39],
      ],
    ]);
  });

  it('are none where no clock was touched', () => {
    expect(clockOffsets([{ type: 'pause', node: n1, atMs: 1, untilMs: 2 }])).toEqual([]);
  });
});

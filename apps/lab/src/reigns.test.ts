/**
 * Shows what is read from a trace about leaders: who led from when until when, and which reads were
 * asked of one that another had deposed.
 */
import type { RunTrace, TraceRecord } from '@mangrove/experiment';
import { toNodeId } from '@mangrove/host';
import { READ_ASKED } from '@mangrove/raft';
import { expect, it } from 'vitest';
import { readsAtDeposed, reignsOf } from './reigns.ts';

const n1 = toNodeId('n1');
const n2 = toNodeId('n2');
const state = (atMs: number, node: typeof n1, role: string, term: number): TraceRecord => {
  return { type: 'state', atMs, node, cause: -1, fields: { role, term } };
};
const read = (atMs: number, node: typeof n1): TraceRecord => {
  return { type: 'event', atMs, node, cause: -1, name: READ_ASKED, fields: {} };
};
const traceOf = (...records: readonly TraceRecord[]): RunTrace => {
  return { format: 'mangrove-trace/1', replicas: [n1, n2], clients: [], records, isCut: false };
};

it('a node leads until it says otherwise, or is down', () => {
  const down: TraceRecord = {
    type: 'down',
    atMs: 9,
    node: n2,
    cause: -1,
    reason: '',
    lostBytes: 0,
  };
  const trace = traceOf(
    state(1, n1, 'leader', 2),
    state(3, n1, 'leader', 2),
    state(5, n2, 'leader', 3),
    state(7, n1, 'follower', 3),
    down,
  );
  expect(reignsOf(trace)).toEqual([
    { node: n1, term: 2, fromMs: 1, untilMs: 7 },
    { node: n2, term: 3, fromMs: 5, untilMs: 9 },
  ]);
});

it('reads count that were asked of a leader while another led in a higher term', () => {
  const trace = traceOf(
    state(1, n1, 'leader', 2),
    read(4, n1),
    state(5, n2, 'leader', 3),
    read(6, n1),
    read(6, n2),
    state(7, n1, 'follower', 3),
    read(8, n1),
  );
  expect(readsAtDeposed(trace)).toBe(1);
  expect(readsAtDeposed(traceOf(state(1, n1, 'leader', 2), read(2, n1)))).toBe(0);
});

/**
 * What a recorded run shows of its leaders: how often leadership was won, and what was asked of a
 * leader that was deposed and did not know it.
 */
import type { RunTrace } from '@mangrove/experiment';
import type { NodeId } from '@mangrove/host';
import { READ_ASKED } from '@mangrove/raft';

/** What the count of leaderships that processes told of is called: some may have been too short. */
export const LEADERSHIPS_SEEN = 'leaderships seen';

/** A node that led, from when until when; without an end it did so to the end of the run. */
export interface Reign {
  readonly node: NodeId;
  readonly term: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Every time that a node led, in the order in which they began. */
export function reignsOf({ records }: RunTrace): readonly Reign[] {
  const open = new Map<NodeId, Reign>();
  const reigns: Reign[] = [];
  const end = (node: NodeId, untilMs: number) => {
    const reign = open.get(node);
    if (reign !== undefined) reigns.push({ ...reign, untilMs });
    open.delete(node);
  };
  for (const record of records) {
    const { node, atMs } = record;
    if (record.type === 'down') end(node, atMs);
    if (record.type !== 'state') continue;
    const { role, term } = record.fields;
    if (role !== 'leader') end(node, atMs);
    else if (!open.has(node)) {
      open.set(node, { node, term: Number(term), fromMs: atMs, untilMs: Number.POSITIVE_INFINITY });
    }
  }
  return [...reigns, ...open.values()].sort((a, b) => a.fromMs - b.fromMs);
}

/** How many reads were asked of a node that led while another did so in a higher term. */
export function readsAtDeposed(trace: RunTrace): number {
  const reigns = reignsOf(trace);
  const deposed = reigns.flatMap(({ node, term, untilMs }) => {
    const later = reigns.filter((other) => other.term > term).map(({ fromMs }) => fromMs);
    const fromMs = Math.min(...later);
    return fromMs < untilMs ? [{ node, fromMs, untilMs }] : [];
  });
  return trace.records.filter(
    ({ type, node, atMs, ...rest }) =>
      type === 'event' &&
      'name' in rest &&
      rest.name === READ_ASKED &&
      deposed.some((each) => each.node === node && each.fromMs <= atMs && atMs < each.untilMs),
  ).length;
}

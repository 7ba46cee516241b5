/**
 * An election whose leaders are cut off: an observer is told of each later leader, in order, and
 * what one that was replaced still writes changes nothing. Members and clients are real, their
 * machines and the network simulated.
 */
import { type NodeId, toNodeId } from '@mangrove/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Claim, type KvEntry, KvError } from '../src/index.ts';
import { addressOf, MEMBERS, ServedCluster } from './served-cluster.ts';

const [FIRST, SECOND, THIRD, OBSERVER] = ['f', 's', 't', 'o'].map(toNodeId) as [
  ...[NodeId, NodeId, NodeId, NodeId],
];
const CLIENTS: readonly NodeId[] = [FIRST, SECOND, THIRD, OBSERVER];
const NAME = 'boss';
const TTL_MS = 1200;

let cluster: ServedCluster;
let seen: KvEntry[];
let stop: AbortController;
let observing: Promise<void>;

beforeEach(async () => {
  cluster = new ServedCluster(83, CLIENTS);
  for (const each of CLIENTS) cluster.startClient(each, { endpoints: MEMBERS.map(addressOf) });
  await cluster.ready();
  seen = [];
  stop = new AbortController();
  observing = observe();
  // It has found nobody, and watches.
  await cluster.simulation.run(cluster.simulation.nowMs + 500);
});

afterEach(async () => {
  stop.abort();
  await cluster.settled(observing);
  cluster.simulation.close();
});

async function observe(): Promise<void> {
  const { signal } = stop;
  try {
    for await (const entry of cluster.client(OBSERVER).election(NAME).observe({ signal })) {
      seen.push(entry);
    }
  } catch (error) {
    if (!(error instanceof KvError && error.code === 'aborted')) throw error;
  }
}

function campaign(node: NodeId): Promise<Claim> {
  return cluster.client(node).election(NAME).campaign(node, { ttlMs: TTL_MS });
}

async function elected(node: NodeId): Promise<Claim> {
  return await cluster.settled(campaign(node));
}

/** Has nothing pass between a client and all members, for so long. */
function cutOff(node: NodeId, durationMs: number): void {
  const { nowMs } = cluster.simulation;
  const window = { atMs: nowMs, untilMs: nowMs + durationMs };
  cluster.simulation.inject({ type: 'cut', ...window, from: [node], to: MEMBERS });
  cluster.simulation.inject({ type: 'cut', ...window, from: MEMBERS, to: [node] });
}

function valuesSeen(): readonly string[] {
  return seen.map(({ value }) => value);
}

describe('R65: an election whose leader is cut off', () => {
  it('has later leaders with larger tokens; an observer is told of each, in order', async () => {
    const first = await elected(FIRST);
    await cluster.until(() => seen.length === 1);
    cutOff(FIRST, 600_000);
    const second = await elected(SECOND);
    await cluster.until(() => seen.length === 2);
    cutOff(SECOND, 600_000);
    const third = await elected(THIRD);
    await cluster.until(() => seen.length === 3);
    expect(valuesSeen()).toEqual([FIRST, SECOND, THIRD]);
    expect(seen.map(({ key }) => key)).toEqual([first.key, second.key, third.key]);
    const tokens = [first, second, third].map(({ token }) => token);
    expect(tokens).toEqual([...tokens].sort((a, b) => a - b));
    expect(new Set(tokens).size).toBe(3);
    for (const each of [first, second]) expect(each.signal.aborted).toBe(true);
    expect(third.signal.aborted).toBe(false);
  });

  it('refuses what that one writes when it is back, and leaves the new one in place', async () => {
    const first = await elected(FIRST);
    // At once, so that an observer hears of both together.
    expect(await cluster.settled(first.write('f again'))).toBe(true);
    await cluster.until(() => seen.length === 2);
    cutOff(FIRST, 5_000);
    const second = await elected(SECOND);
    await cluster.simulation.run(cluster.simulation.nowMs + 6_000);
    expect(await cluster.settled(first.write('f once more'))).toBe(false);
    const guarded = cluster.client(FIRST).txn().if(first.isHeld());
    const { succeeded } = await cluster.settled(guarded.commit());
    expect(succeeded).toBe(false);
    const leader = await cluster.settled(cluster.client(THIRD).election(NAME).leader());
    expect(leader).toMatchObject({ key: second.key, value: SECOND });
    expect(await cluster.settled(second.write('s again'))).toBe(true);
    await cluster.until(() => seen.length === 4);
    expect(valuesSeen()).toEqual([FIRST, 'f again', SECOND, 's again']);
  });

  it('has an observer told of a leader that stood before the last one proclaimed', async () => {
    const first = await elected(FIRST);
    const waiting = campaign(SECOND);
    await cluster.simulation.run(cluster.simulation.nowMs + 500);
    expect(await cluster.settled(first.write('f again'))).toBe(true);
    await cluster.until(() => seen.length === 2);
    cutOff(FIRST, 600_000);
    await cluster.settled(waiting);
    await cluster.simulation.run(cluster.simulation.nowMs + 2_000);
    expect(valuesSeen()).toEqual([FIRST, 'f again', SECOND]);
  });
});

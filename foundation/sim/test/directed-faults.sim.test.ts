/**
 * Shows faults that are aimed: at a message of a kind, at the moment between append and sync, at
 * whoever leads; and a swizzle.
 */
import {
  bothWays,
  type CrashPoint,
  type Fault,
  leader,
  OTHERS,
  swizzle,
} from '@mangrove/experiment';
import { type Host, type NodeId, type RunningNode, toNodeId } from '@mangrove/host';
import { idleNode, Simulation } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';

const [N1, N2, N3] = ['n1', 'n2', 'n3'].map(toNodeId) as [NodeId, NodeId, NodeId];

/** Every node sends every other one `ping` and `note` in turn, each 10 ms; who got what, when. */
async function talk(faults: readonly Fault[], leads?: (node: NodeId, nowMs: number) => number) {
  const heard: { readonly to: NodeId; readonly from: NodeId; readonly word: string }[] = [];
  const strikes: { readonly fault: Fault; readonly atMs: number }[] = [];
  const owners = new Map<RunningNode, NodeId>();
  const simulation = new Simulation({
    seed: 1,
    nodes: [N1, N2, N3],
    describe: (bytes) => (bytes[0] === 1 ? 'ping' : 'note 7'),
    leads: (running) => {
      const term = leads?.(owners.get(running) as NodeId, simulation.nowMs) ?? 0;
      return term > 0 ? term : undefined;
    },
  });
  const code = (node: NodeId) => async (host: Host) => {
    const peers = [N1, N2, N3].filter((peer) => peer !== node);
    for (const peer of peers) host.messages.addPeer(peer, peer);
    host.messages.onMessage(({ from, bytes }) => {
      heard.push({ to: node, from, word: bytes[0] === 1 ? 'ping' : 'note' });
    });
    let word = 0;
    const tick = () => {
      word = 1 - word;
      for (const peer of peers) host.messages.send(peer, new Uint8Array([word]));
      host.timers.after(10, tick);
    };
    tick();
    const running = idleNode();
    owners.set(running, node);
    return running;
  };
  for (const node of [N1, N2, N3]) simulation.start(node, code(node));
  for (const fault of faults)
    simulation.inject(fault, (known, atMs) => strikes.push({ fault: known, atMs }));
  await simulation.run(1000);
  const counts = simulation.counts;
  simulation.close();
  return { heard, strikes, counts };
}

const crashAt = (point: CrashPoint): Fault => {
  return { type: 'crash-at', node: N1, point, downMs: 5000, disk: 'kept' };
};

describe('a crash at a message', () => {
  it.each([
    ['before', 2],
    ['after', 3],
  ] as const)('of a kind strikes %s the n-th one is sent', async (when, count) => {
    const point = { operation: 'send', kind: 'note', target: 'n2', nth: 3, when } as const;
    const { heard, strikes } = await talk([crashAt(point)]);
    const notes = heard.filter(({ to, from, word }) => to === N2 && from === N1 && word === 'note');
    // What was handed over after the send was queued may still arrive.
    expect(notes.length).toBeGreaterThanOrEqual(2);
    expect(notes.length).toBeLessThanOrEqual(count);
    expect(strikes).toHaveLength(1);
  });

  it('of a kind that comes strikes before the node learns of it, or once it has', async () => {
    for (const [when, count] of [
      ['before', 3],
      ['after', 4],
    ] as const) {
      const point = { operation: 'receive', kind: 'ping', target: 'n3', nth: 4, when } as const;
      const { heard } = await talk([crashAt(point)]);
      const pings = heard.filter(
        ({ to, from, word }) => to === N1 && from === N3 && word === 'ping',
      );
      expect(pings).toHaveLength(count);
    }
  });

  it('counts from a moment on, where it is to', async () => {
    const point = { operation: 'send', nth: 1, when: 'before', fromMs: 500 } as const;
    const { strikes } = await talk([crashAt(point)]);
    expect(strikes[0]?.atMs).toBeGreaterThanOrEqual(500);
    expect(strikes[0]?.atMs).toBeLessThan(520);
  });

  it('does not strike where no message is of that kind', async () => {
    const { strikes, counts } = await talk([
      crashAt({ operation: 'send', kind: 'vote', nth: 1, when: 'before' }),
    ]);
    expect(strikes).toEqual([]);
    expect(counts.get('fault crash-at')).toBeUndefined();
  });
});

describe('a crash between append and sync', () => {
  it('loses what was appended, and keeps what was synced before', async () => {
    const simulation = new Simulation({ seed: 3, nodes: [N1] });
    const sizes: number[] = [];
    let appendedCount = 0;
    let syncedCount = 0;
    simulation.start(N1, async (host) => {
      const file = await host.disk.open('log', 'create');
      await host.disk.syncDirectory('.');
      sizes.push(file.size());
      while (host.incarnation === 1) {
        await file.append(new Uint8Array(512).fill(1));
        appendedCount += 1;
        await file.sync();
        syncedCount += 1;
        await host.timers.sleep(10);
      }
      return idleNode();
    });
    const point = { operation: 'sync', target: 'log', nth: 1, when: 'before', fromMs: 95 } as const;
    simulation.inject({ type: 'crash-at', node: N1, point, downMs: 10, disk: 'unsynced-lost' });
    await simulation.run(1000);
    simulation.close();
    const [before, after = 0] = sizes;
    expect(before).toBe(0);
    expect(appendedCount).toBe(syncedCount + 1);
    expect(syncedCount).toBeGreaterThan(4);
    // The last append was never synced: it may be there or not.
    expect(after).toBeGreaterThanOrEqual(512 * syncedCount);
    expect(after).toBeLessThanOrEqual(512 * appendedCount);
  });
});

describe('a fault of whoever leads', () => {
  const isolate = [leader(), OTHERS] as const;
  const cuts = bothWays([isolate[0]], [isolate[1]]).map(
    (links): Fault => ({ type: 'cut', atMs: 300, untilMs: 600, ...links }),
  );

  it('strikes the node that leads in the greatest term then', async () => {
    const { strikes } = await talk(cuts, (node) => (node === N2 ? 4 : node === N1 ? 3 : 0));
    expect(strikes).toEqual([
      { fault: { ...cuts[0], from: [N2], to: [N1, N3] }, atMs: 300 },
      { fault: { ...cuts[1], from: [N1, N3], to: [N2] }, atMs: 300 },
    ]);
  });

  it('waits until somebody leads, and ends when it was to', async () => {
    const { strikes } = await talk(cuts, (node, nowMs) => (node === N3 && nowMs > 412 ? 1 : 0));
    expect(strikes).toHaveLength(2);
    expect(strikes[0]?.fault).toMatchObject({ from: [N3], atMs: 415, untilMs: 600 });
  });

  it('does not strike where nobody leads in its time', async () => {
    const { strikes, counts } = await talk(cuts, (node, nowMs) =>
      node === N3 && nowMs > 700 ? 1 : 0,
    );
    expect(strikes).toEqual([]);
    expect(counts.get('fault cut')).toBeUndefined();
  });
});

describe('damage to a disk', () => {
  const wiped = (node: NodeId, atMs: number, untilMs: number): Fault => {
    return { type: 'crash', node, disk: 'wiped', atMs, untilMs };
  };

  it('waits until the group is founded; what is over by then does nothing', async () => {
    const rot: Fault = { type: 'bit-rot', node: N3, atMs: 50, path: '', positionPerMille: 0 };
    const harmless: Fault = { type: 'crash', node: N3, disk: 'kept', atMs: 100, untilMs: 110 };
    const faults = [rot, harmless, wiped(N1, 102, 500), wiped(N2, 100, 290), wiped(N2, 600, 700)];
    const strikes: { readonly fault: number; readonly atMs: number }[] = [];
    // It is no group any more, and still one that was founded.
    const isFounded = () => simulation.nowMs >= 300 && simulation.nowMs < 550;
    const simulation = new Simulation({ seed: 1, nodes: [N1, N2, N3], isFounded });
    for (const node of [N1, N2, N3]) simulation.start(node, async () => idleNode());
    for (const [index, fault] of faults.entries()) {
      simulation.inject(fault, (_, atMs) => strikes.push({ fault: index, atMs }));
    }
    await simulation.run(1000);
    simulation.close();
    expect(strikes).toEqual([
      { fault: 1, atMs: 100 },
      { fault: 0, atMs: 300 },
      { fault: 2, atMs: 302 },
      { fault: 4, atMs: 600 },
    ]);
  });
});

describe('a swizzle', () => {
  it('cuts its victims off one by one, and heals them in the order that it is told', () => {
    const faults = swizzle([N1, N2], [N1, N2, N3], { atMs: 0, untilMs: 500 }, [1, 0]);
    const times = faults.map((fault) => 'untilMs' in fault && [fault.atMs, fault.untilMs]);
    expect(times).toEqual([
      [0, 400],
      [0, 400],
      [100, 300],
      [100, 300],
    ]);
  });
});

describe('what an operator does', () => {
  const grow = (name: string): Fault => ({ type: 'action', name, atMs: 100, args: {} });

  /** Asks for two things at 100 ms of a group that somebody leads from `ledFromMs` on. */
  async function operate(ledFromMs: number) {
    const asked: { readonly name: string; readonly atMs: number }[] = [];
    let host: Host | undefined;
    const simulation = new Simulation({
      seed: 1,
      nodes: [N1],
      leads: () => (simulation.nowMs >= ledFromMs ? 1 : undefined),
      act: async (name) => {
        asked.push({ name, atMs: simulation.nowMs });
        await host?.timers.sleep(200);
      },
    });
    simulation.start(N1, async (own) => {
      host = own;
      return idleNode();
    });
    for (const name of ['first', 'second']) simulation.inject(grow(name));
    await simulation.run(2000);
    simulation.close();
    return asked;
  }

  it('happens at its time where somebody leads, whatever else is under way', async () => {
    const asked = await operate(0);
    expect(asked.map(({ name }) => name)).toEqual(['first', 'second']);
    expect(asked.every(({ atMs }) => atMs >= 100 && atMs < 101)).toBe(true);
  });

  it('waits until somebody leads, and then for what waited before it', async () => {
    const [first, second] = await operate(400);
    expect(first?.atMs).toBeGreaterThanOrEqual(400);
    expect(second?.atMs).toBeGreaterThanOrEqual((first?.atMs ?? 0) + 200);
    expect(await operate(5000)).toEqual([]);
  });
});

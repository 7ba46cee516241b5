/**
 * Shows the effect of each fault on one node or two, by hand, beside a calm run where that tells
 * more.
 */
import type { Fault } from '@mangrove/experiment';
import { type Host, toNodeId } from '@mangrove/host';
import { idleNode, Simulation } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';

const [N1, N2] = [toNodeId('n1'), toNodeId('n2')];
const BYTES = new Uint8Array([7]);

describe('a fault of a process', () => {
  it('crash: the node is down for its window and comes back as a later incarnation', async () => {
    const lives = await livesOf([
      { type: 'crash', node: N1, disk: 'kept', atMs: 100, untilMs: 300 },
    ]);
    expect(lives).toEqual([
      { atMs: 0, incarnation: 1, version: 1 },
      { atMs: 300, incarnation: 2, version: 1 },
    ]);
  });

  it('upgrade: the node comes back as the other version, and stays it', async () => {
    const lives = await livesOf([
      { type: 'upgrade', node: N1, atMs: 100, downMs: 50, version: 2 },
      { type: 'crash', node: N1, disk: 'kept', atMs: 400, untilMs: 500 },
    ]);
    expect(lives.map(({ version }) => version)).toEqual([1, 2, 2]);
  });

  it.each(['before', 'after'] as const)('crash-at: it strikes %s the second sync', async (when) => {
    const point = { operation: 'sync', nth: 2, when } as const;
    const fault: Fault = { type: 'crash-at', node: N1, point, downMs: 10, disk: 'unsynced-lost' };
    const sizes: number[] = [];
    await run([fault], async (host) => {
      const file = await host.disk.open('log', 'create');
      await host.disk.syncDirectory('.');
      sizes.push(file.size());
      for (let count = 0; host.incarnation === 1 && count < 4; count++) {
        await file.append(new Uint8Array(512).fill(count + 1));
        await file.sync();
      }
    });
    // Before the sync the second record may be lost; after it, it must not be.
    expect(sizes[0]).toBe(0);
    const least = when === 'after' ? 1024 : 512;
    expect(sizes[1]).toBeGreaterThanOrEqual(least);
    expect(sizes[1]).toBeLessThanOrEqual(1024);
  });

  it('pause: nothing runs, then all that waited does', async () => {
    const fired = await ticksOf([{ type: 'pause', node: N1, atMs: 100, untilMs: 400 }]);
    expect(fired.filter((at) => at > 100 && at < 400)).toEqual([]);
    expect(fired.some((at) => at >= 400 && at < 402)).toBe(true);
  });

  it('slow-node: every callback keeps the node busy', async () => {
    const fault: Fault = { type: 'slow-node', node: N1, busyMs: 20, atMs: 0, untilMs: 500 };
    const calm = await ticksOf([]);
    const slow = await ticksOf([fault]);
    const count = (ticks: readonly number[]) => ticks.filter((at) => at < 500).length;
    expect(count(slow)).toBeLessThan(count(calm) * 0.6);
  });

  it('wipe: the node comes back with an empty disk', async () => {
    const sizes: number[] = [];
    const fault: Fault = { type: 'crash', node: N1, disk: 'wiped', atMs: 300, untilMs: 310 };
    await run([fault], async (host) => {
      const file = await host.disk.open('log', 'create');
      sizes.push(file.size());
      await file.append(BYTES);
      await file.sync();
      await host.disk.syncDirectory('.');
    });
    expect(sizes).toEqual([0, 0]);
  });
});

describe('a fault of a clock', () => {
  it('clock-drift: both clocks run fast for its window, timers too', async () => {
    const readings: [number, number][] = [];
    const fault: Fault = { type: 'clock-drift', node: N1, ppm: 100_000, atMs: 0, untilMs: 500 };
    const simulation = simulationOf([fault]);
    simulation.start(N1, async (host) => {
      const start = host.clock.now();
      const tick = () => {
        readings.push([simulation.nowMs, host.clock.now() - start]);
        host.timers.after(100, tick);
      };
      tick();
      return idleNode();
    });
    await simulation.run(1000);
    simulation.close();
    const fast = readings.filter(([at]) => at < 500 && at > 0);
    for (const [at, local] of fast) expect(local / at).toBeCloseTo(1.1, 5);
    const late = readings.slice(-2).map(([at, local]) => [at, local]) as [number, number][];
    const [a, b] = late as [[number, number], [number, number]];
    expect((b[1] - a[1]) / (b[0] - a[0])).toBeCloseTo(1, 5);
  });

  it('wall-jump: the wall clock jumps, the monotonic one does not', async () => {
    const seen: { wall: number; now: number }[] = [];
    const fault: Fault = { type: 'wall-jump', node: N1, atMs: 250, byMs: -60_000 };
    await run([fault], async (host) => {
      for (let count = 0; count < 2; count++) {
        seen.push({ wall: host.clock.wall(), now: host.clock.now() });
        await host.timers.sleep(500);
      }
    });
    const [before, after] = seen as [(typeof seen)[0], (typeof seen)[0]];
    expect(after.wall - before.wall).toBeCloseTo(-59_500, -1);
    expect(after.now - before.now).toBeCloseTo(500, 0);
  });
});

describe('a fault of a disk', () => {
  it.each([
    [{ type: 'slow-disk', node: N1, latencyMs: 100, atMs: 0, untilMs: 900 } as const, 100],
    [{ type: 'stall-disk', node: N1, atMs: 0, untilMs: 300 } as const, 290],
  ])('%o makes an operation take its time', async (fault, leastMs) => {
    let tookMs = 0;
    await run([fault], async (host) => {
      const start = host.clock.now();
      await host.disk.open('log', 'create');
      tookMs = host.clock.now() - start;
    });
    expect(tookMs).toBeGreaterThanOrEqual(leastMs);
    expect(tookMs).toBeLessThan(leastMs + 20);
  });

  it('disk-error: so many operations on such paths fail, and no others', async () => {
    const fault: Fault = {
      ...{ type: 'disk-error', node: N1, operation: 'write', path: 'bad', count: 2 },
      ...{ atMs: 0, untilMs: 900 },
    };
    const outcomes: string[] = [];
    await run([fault], async (host) => {
      for (const path of ['good', 'bad', 'bad', 'bad']) {
        const file = await host.disk.open(path, 'create');
        await file.append(BYTES).then(
          () => outcomes.push(`${path} ok`),
          (error: Error) => outcomes.push(error.message),
        );
      }
    });
    const failed = 'write bad: input-output';
    expect(outcomes).toEqual(['good ok', failed, failed, 'bad ok']);
  });

  it('disk-full: a refused write leaves the bytes that were there', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const simulation = new Simulation({ seed, nodes: [N1] });
      simulation.inject({ type: 'disk-full', node: N1, atMs: 500, untilMs: 900 });
      const seen: string[] = [];
      simulation.start(N1, async (host) => {
        host.run(async () => {
          const file = await host.disk.open('log', 'create');
          await file.append(new Uint8Array(2000).fill(1));
          await file.sync();
          await host.timers.sleep(600);
          await file.writeAt(0, new Uint8Array(2001).fill(2)).catch(() => {});
          seen.push(String(new Set(await file.readAt(0, 2000)).size));
        });
        return idleNode();
      });
      await simulation.run(2000);
      simulation.close();
      expect(seen).toEqual(['1']);
    }
  });

  it('on a node that is not there is a mistake of the caller', () => {
    const simulation = new Simulation({ seed: 1, nodes: [N1] });
    const fault: Fault = { type: 'pause', node: N2, atMs: 1, untilMs: 2 };
    expect(() => simulation.inject(fault)).toThrow('fault pause node is "n2"');
    simulation.close();
  });

  it('stops a node lawfully that does not handle it; a supervisor brings it back', async () => {
    const fault: Fault = {
      ...{ type: 'disk-error', node: N1, operation: 'sync', path: '', count: 1 },
      ...{ atMs: 0, untilMs: 900 },
    };
    const simulation = simulationOf([fault], 200);
    simulation.start(N1, async (host) => {
      host.run(async () => {
        const file = await host.disk.open('log', 'create');
        await file.sync();
      });
      return idleNode();
    });
    await simulation.run(1000);
    expect(simulation.ends.map(({ type }) => type)).toEqual(['stopped']);
    expect(simulation.isUp(N1)).toBe(true);
    simulation.close();
  });
});

describe('a fault of the network', () => {
  it('slow-links: every message takes longer, one way only', async () => {
    const links = { from: [N1], to: [N2] };
    const fault: Fault = { type: 'slow-links', ...links, latencyMs: 200, atMs: 0, untilMs: 2000 };
    const { there, back } = await roundTrip([fault]);
    expect(there).toBeGreaterThanOrEqual(200);
    expect(back).toBeLessThan(50);
  });

  it('stall-links: what is sent waits, and arrives when the stall ends', async () => {
    const links = { from: [N1], to: [N2] };
    const { there } = await roundTrip([{ type: 'stall-links', ...links, atMs: 0, untilMs: 700 }]);
    expect(there).toBeGreaterThan(500);
    expect(there).toBeLessThan(720);
  });

  it('full-queues: the newest is refused', async () => {
    const links = { from: [N1], to: [N2] };
    const fault: Fault = { type: 'full-queues', ...links, queueBytes: 0, atMs: 0, untilMs: 2000 };
    const outcomes: string[] = [];
    await run([fault], async (host) => {
      host.messages.addPeer(N2, N2);
      outcomes.push(host.messages.send(N2, BYTES));
    });
    expect(outcomes).toEqual(['queue-full']);
  });

  it('rough-links: messages are lost and doubled, about as often as it says', async () => {
    const rates = { lossPerMille: 300, duplicatePerMille: 200, delayPerMille: 0, delayMs: 1 };
    const window = { atMs: 0, untilMs: 20_000 };
    const fault: Fault = { type: 'rough-links', from: [N1], to: [N2], ...rates, ...window };
    const { length: gotCount } = await arrivals(fault, 2000);
    const expected = 2000 * 0.7 * 1.2;
    expect(gotCount).toBeGreaterThan(expected * 0.9);
    expect(gotCount).toBeLessThan(expected * 1.1);
  });

  it('corrupt-links: as many messages as it says have one bit changed, all arrive', async () => {
    const window = { atMs: 0, untilMs: 20_000 };
    const links = { from: [N1], to: [N2], corruptPerMille: 200 };
    const got = await arrivals({ type: 'corrupt-links', ...links, ...window }, 2000);
    expect(got.length).toBe(2000);
    const changed = got.map(bitCount).filter((count) => count > 0);
    expect(new Set(changed)).toEqual(new Set([1]));
    expect(changed.length).toBeGreaterThan(2000 * 0.2 * 0.85);
    expect(changed.length).toBeLessThan(2000 * 0.2 * 1.15);
  });
});

describe('a buffer given away', () => {
  it('that the sender changes breaks the sender when the message arrives', async () => {
    const bytes = new Uint8Array(100);
    const simulation = simulationOf([]);
    simulation.start(N2, async (host) => {
      host.messages.addPeer(N1, N1);
      host.messages.onMessage(() => {});
      return idleNode();
    });
    simulation.start(N1, async (host) => {
      host.messages.addPeer(N2, N2);
      host.run(async () => {
        await host.timers.sleep(500);
        host.messages.send(N2, bytes);
        bytes[5] = 1;
      });
      return idleNode();
    });
    await simulation.run(1000);
    simulation.close();
    expect(simulation.ends).toMatchObject([{ node: 'n1', type: 'broken' }]);
    expect(String(simulation.ends[0]?.cause)).toContain('was changed after it was sent');
  });

  it('to a write, and changed before it is done, breaks the node', async () => {
    const bytes = new Uint8Array(100);
    const simulation = simulationOf([]);
    simulation.start(N1, async (host) => {
      const file = await host.disk.open('log', 'create');
      host.run(async () => {
        const writing = file.append(bytes);
        bytes[5] = 1;
        await writing;
      });
      return idleNode();
    });
    await simulation.run(1000);
    simulation.close();
    expect(String(simulation.ends[0]?.cause)).toContain('changed while it was being written');
  });
});

function simulationOf(faults: readonly Fault[], restartAfterMs?: number): Simulation {
  const simulation = new Simulation({ seed: 7, nodes: [N1, N2], restartAfterMs });
  for (const fault of faults) simulation.inject(fault);
  return simulation;
}

/** Runs `task` on n1 for a second, once a life. */
async function run(faults: readonly Fault[], task: (host: Host) => Promise<void>): Promise<void> {
  const simulation = simulationOf(faults);
  simulation.start(N1, async (host) => {
    host.run(() => task(host));
    return idleNode();
  });
  await simulation.run(1000);
  simulation.close();
  expect(simulation.ends).toEqual([]);
}

async function livesOf(
  faults: readonly Fault[],
): Promise<{ atMs: number; incarnation: number; version: number }[]> {
  const lives: { atMs: number; incarnation: number; version: number }[] = [];
  const simulation = simulationOf(faults);
  simulation.start(N1, async ({ incarnation }, version) => {
    lives.push({ atMs: simulation.nowMs, incarnation, version });
    return idleNode();
  });
  await simulation.run(1000);
  simulation.close();
  return lives;
}

/** When a timer of 10 ms fired that sets itself again, in milliseconds of the run. */
async function ticksOf(faults: readonly Fault[]): Promise<number[]> {
  const ticks: number[] = [];
  const simulation = simulationOf(faults);
  simulation.start(N1, async (host) => {
    const tick = () => {
      ticks.push(simulation.nowMs);
      host.timers.after(10, tick);
    };
    tick();
    return idleNode();
  });
  await simulation.run(600);
  simulation.close();
  return ticks;
}

/** How long a message from n1 takes, sent after 200 ms, and the answer to it, in milliseconds. */
async function roundTrip(faults: readonly Fault[]): Promise<{ there: number; back: number }> {
  const times = { sent: 0, arrived: 0, answered: 0 };
  const simulation = simulationOf(faults);
  simulation.start(N2, async (host) => {
    host.messages.addPeer(N1, N1);
    host.messages.onMessage(() => {
      times.arrived = simulation.nowMs;
      host.messages.send(N1, BYTES);
    });
    return idleNode();
  });
  simulation.start(N1, async (host) => {
    host.messages.addPeer(N2, N2);
    host.messages.onMessage(() => {
      times.answered = simulation.nowMs;
    });
    host.timers.after(200, () => {
      times.sent = simulation.nowMs;
      host.messages.send(N2, BYTES);
    });
    return idleNode();
  });
  await simulation.run(1500);
  simulation.close();
  return { there: times.arrived - times.sent, back: times.answered - times.arrived };
}

/** What arrives at n2 of so many messages of eight zeros that n1 sends, one each millisecond. */
async function arrivals(fault: Fault, sentCount: number): Promise<readonly Uint8Array[]> {
  const got: Uint8Array[] = [];
  const simulation = simulationOf([fault]);
  simulation.start(N2, async (host) => {
    host.messages.addPeer(N1, N1);
    host.messages.onMessage(({ bytes }) => got.push(bytes));
    return idleNode();
  });
  simulation.start(N1, async (host) => {
    host.messages.addPeer(N2, N2);
    host.run(async () => {
      await host.timers.sleep(500);
      for (let count = 0; count < sentCount; count++) {
        host.messages.send(N2, new Uint8Array(8));
        await host.timers.sleep(1);
      }
    });
    return idleNode();
  });
  await simulation.run(sentCount + 3000);
  simulation.close();
  return got;
}

/** How many bits are set. */
function bitCount(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}

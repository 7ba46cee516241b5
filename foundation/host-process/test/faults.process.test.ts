/**
 * Shows that every fault of the fault layer hurts a running process as it says, for one peer, one
 * direction or one file, and ends when it is healed. The faults come from this process over the
 * control socket; the nodes are processes of their own.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type NodeProcess, NodeProcesses, until } from './node-process.ts';
import type { Arrival } from './node-program.ts';

const nodes = new NodeProcesses();
let a: NodeProcess;
let b: NodeProcess;
let c: NodeProcess;

beforeAll(async () => {
  // With a small queue it takes little to fill it; the links must outlive a stall.
  const limits = { maxMessageBytes: 65_536, maxQueueBytes: 262_144, keepAliveMs: 10_000 };
  [a, b, c] = (await Promise.all(['a', 'b', 'c'].map((name) => nodes.start(name, { limits })))) as [
    NodeProcess,
    NodeProcess,
    NodeProcess,
  ];
  await a.meet(b);
  await a.meet(c);
}, 30_000);

afterEach(async () => {
  for (const node of [a, b, c]) {
    await node.heal();
    await node.ask({ do: 'take' });
  }
});

afterAll(() => nodes.end());

const numbered = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix} ${index}`);
const textsOf = (arrivals: readonly Arrival[]) => arrivals.map(({ text }) => text);

/** The same fault on either end of the way from a to b. */
const ENDS = [
  ['where they are sent', () => [a, { peer: b.node, direction: 'out' }] as const],
  ['where they arrive', () => [b, { peer: a.node, direction: 'in' }] as const],
  ['where they are sent, whoever the peer', () => [a, { peer: '*', direction: 'both' }] as const],
] as const;

describe.each(ENDS)('faults of messages, %s', (_where, endOf) => {
  it('a cut loses them all, and nothing else', { timeout: 20_000 }, async () => {
    const [node, link] = endOf();
    await node.hurt({ type: 'cut', ...link });
    await a.send(b, ...numbered('lost', 50));
    if (link.direction !== 'both') {
      expect(textsOf(await a.takeUntil('the way back', b))).not.toContain('lost 0');
      await c.takeUntil('another peer', a);
    }
    await node.heal();
    const arrivals = textsOf(await b.takeUntil('healed', a));
    expect(arrivals.filter((text) => text.startsWith('lost'))).toEqual([]);
  });

  it('a drop loses about so many of a thousand', async () => {
    const [node, link] = endOf();
    await node.hurt({ type: 'drop', perMille: 400, ...link });
    await a.send(b, ...numbered('note', 1000));
    const arrivals = await b.takeUntil('fence', a);
    const notes = textsOf(arrivals).filter((text) => text.startsWith('note'));
    // Six standard deviations around 600.
    expect(notes.length).toBeGreaterThan(507);
    expect(notes.length).toBeLessThan(693);
    expect(notes).toEqual([...new Set(notes)]);
  });

  it('a duplicate doubles about so many of a thousand', async () => {
    const [node, link] = endOf();
    await node.hurt({ type: 'duplicate', perMille: 500, ...link });
    await a.send(b, ...numbered('note', 1000));
    const notes: string[] = [];
    // A copy has a turn of its own, so that the last ones come behind the fence: wait for calm.
    await until('all have come, and their copies', async () => {
      const arrivals = textsOf(await b.takeUntil('fence', a));
      const fresh = arrivals.filter((text) => text.startsWith('note'));
      notes.push(...fresh);
      return fresh.length === 0 && new Set(notes).size === 1000;
    });
    const doubledCount = notes.length - 1000;
    expect(doubledCount).toBeGreaterThan(405);
    expect(doubledCount).toBeLessThan(595);
  });

  it('a delay makes them late, and its jitter lets them overtake', async () => {
    const [node, link] = endOf();
    await node.hurt({ type: 'delay', perMille: 1000, delayMs: 120, jitterMs: 60, ...link });
    const sentAtMs = Date.now();
    await a.send(b, ...numbered('note', 100));
    const arrivals: Arrival[] = [];
    await until('all have come', async () => {
      arrivals.push(...(await b.ask<Arrival[]>({ do: 'take' })));
      return arrivals.length === 100;
    });
    // The platform's timers may fire a moment early.
    for (const { atMs } of arrivals) expect(atMs - sentAtMs).toBeGreaterThanOrEqual(118);
    expect(textsOf(arrivals)).not.toEqual(numbered('note', 100));
    expect(textsOf(arrivals).sort()).toEqual(numbered('note', 100).sort());
  });

  it('a delay of a share lets the others pass on time', async () => {
    const [node, link] = endOf();
    const delayMs = 2000;
    await node.hurt({ type: 'delay', perMille: 300, delayMs, jitterMs: 0, ...link });
    const sentAtMs = Date.now();
    await a.send(b, ...numbered('note', 1000));
    const arrivals: Arrival[] = [];
    await until('all have come', async () => {
      arrivals.push(...(await b.ask<Arrival[]>({ do: 'take' })));
      return arrivals.length === 1000;
    });
    const lateCount = arrivals.filter(({ atMs }) => atMs - sentAtMs >= delayMs - 2).length;
    // Six standard deviations around 300.
    expect(lateCount).toBeGreaterThan(213);
    expect(lateCount).toBeLessThan(387);
  });

  it('delayed ones have a bound, beyond which they are lost or refused', async () => {
    const [node, link] = endOf();
    await node.hurt({ type: 'delay', perMille: 1000, delayMs: 60_000, jitterMs: 0, ...link });
    const large = 'x'.repeat(16_384);
    const outcomes = await a.send(b, ...Array.from({ length: 100 }, () => large));
    const refusedCount = outcomes.filter((outcome) => outcome === 'queue-full').length;
    if (link.direction === 'in') {
      expect(refusedCount).toBe(0);
      await until('the receiver has counted them', async () => {
        const text = await b.control<string>({ do: 'metrics-text' });
        const lost = /^host_messages_lost_total\{reason="fault"\} (\d+)$/m.exec(text);
        return Number(lost?.[1]) >= 80;
      });
    } else {
      expect(refusedCount).toBeGreaterThanOrEqual(80);
    }
  });

  it('a stall holds them back until it is healed', async () => {
    const [node, link] = endOf();
    await node.hurt({ type: 'stall', ...link });
    const outcomes = await a.send(b, ...numbered('held', 20));
    expect(new Set(outcomes)).toEqual(new Set(['queued']));
    if (link.direction !== 'both') await a.takeUntil('the way back', b);
    expect(await b.ask({ do: 'take' })).toEqual([]);
    await node.heal();
    const held = textsOf(await b.takeUntil('fence', a)).filter((text) => text.startsWith('held'));
    expect(held).toEqual(numbered('held', 20));
  });
});

describe('a stall where messages are sent', () => {
  it('fills the queue, which refuses the newest; the other peer is not stalled', async () => {
    await a.hurt({ type: 'stall', peer: b.node, direction: 'out' });
    const outcomes = await a.send(b, ...Array.from({ length: 30 }, () => 'x'.repeat(16_384)));
    expect(outcomes.slice(0, 15)).toEqual(Array.from({ length: 15 }, () => 'queued'));
    expect(outcomes.at(-1)).toBe('queue-full');
    await c.takeUntil('another peer', a);
  });
});

describe('faults of files', () => {
  it('fail the syncs of one file, as many as they say', async () => {
    const on = { path: 'wal', operation: 'sync' } as const;
    await a.hurt({ type: 'disk-error', ...on, code: 'input-output', count: 2 });
    for (const path of ['wal', 'other']) await a.ask({ do: 'append', path, text: path });
    await a.ask({ do: 'sync', path: 'other' });
    for (let count = 0; count < 2; count++) {
      const failing = a.ask({ do: 'sync', path: 'wal' });
      await expect(failing).rejects.toMatchObject({ code: 'input-output' });
    }
    await a.ask({ do: 'sync', path: 'wal' });
    expect(await a.control({ do: 'list-faults' })).toEqual([]);
  });

  it('stall one file and leave the others alone', async () => {
    await a.ask({ do: 'append', path: 'stalled', text: 'one,' });
    await a.hurt({ type: 'stall-disk', path: 'stalled', operation: 'write' });
    let isDone = false;
    const appending = a.ask({ do: 'append', path: 'stalled', text: 'two' }).then(() => {
      isDone = true;
    });
    await a.ask({ do: 'append', path: 'free', text: 'free' });
    expect(await a.ask({ do: 'read', path: 'stalled' })).toBe('one,');
    expect(isDone).toBe(false);
    await a.heal();
    await appending;
    expect(await a.ask({ do: 'read', path: 'stalled' })).toBe('one,two');
  });

  it('slow every operation down', async () => {
    await a.ask({ do: 'append', path: 'slow', text: 'x' });
    await a.hurt({ type: 'slow-disk', path: '', operation: '*', delayMs: 80 });
    const start = performance.now();
    await a.ask({ do: 'sync', path: 'slow' });
    expect(performance.now() - start).toBeGreaterThan(78);
  });

  it('take the room of the disk', async () => {
    await a.ask({ do: 'append', path: 'full', text: 'before' });
    await a.hurt({ type: 'disk-full' });
    const failing = a.ask({ do: 'append', path: 'full', text: 'x' });
    await expect(failing).rejects.toMatchObject({ code: 'no-space' });
    await a.heal();
    expect(await a.ask({ do: 'append', path: 'full', text: 'after' })).toBe(6);
    expect(await a.ask({ do: 'read', path: 'full' })).toBe('beforeafter');
  });
});

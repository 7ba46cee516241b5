/**
 * Shows what node processes make of death and standstill: kill -9, SIGSTOP, and a second process on
 * the same directory.
 */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type NodeProcess, NodeProcesses, until } from './node-process.ts';

let nodes: NodeProcesses;

beforeEach(() => {
  nodes = new NodeProcesses();
});

afterEach(() => nodes.end());

const port = (node: NodeProcess) => Number(node.address.split(':')[1]);

describe('a peer that is killed', () => {
  it('is linked to again once it is back, as a later life', { timeout: 30_000 }, async () => {
    const a = await nodes.start('a');
    let b = await nodes.start('b');
    await a.meet(b);
    for (let life = 0; life < 2; life++) {
      const former = b;
      await a.send(b, `for life ${life}`);
      former.kill('SIGKILL');
      expect(await former.exited).toBe('SIGKILL');
      await until(
        'the link is down',
        async () => (await a.ask({ do: 'link', to: b.node })) === null,
      );
      b = await nodes.start('b');
      expect(b.incarnation).toBeGreaterThan(former.incarnation);
      await a.ask({ do: 'add-peer', peer: b.node, address: b.address });
      const arrivals = await b.takeUntil(`hello, life ${life + 1}`, a);
      // N4: nothing that was sent to the former life.
      expect(arrivals.map(({ text }) => text)).toEqual([]);
    }
  });

  it('is dialled where it was, without being told that it is back', async () => {
    const a = await nodes.start('a');
    const b = await nodes.start('b');
    await a.meet(b);
    b.kill('SIGKILL');
    await b.exited;
    const again = await nodes.start('b', { port: port(b) });
    await until('it is linked', async () => {
      return (await a.ask({ do: 'link', to: b.node })) === again.incarnation;
    });
  });

  it('leaves in its files what was appended, synced or not, and a whole prefix', async () => {
    const a = await nodes.start('a');
    await a.ask({ do: 'append', path: 'log', text: 'synced,' });
    await a.ask({ do: 'sync', path: 'log' });
    await a.ask({ do: 'append', path: 'log', text: 'appended,' });
    // The sync does not begin before it is killed.
    await a.hurt({ type: 'stall-disk', path: 'log', operation: 'sync' });
    void a.ask({ do: 'sync', path: 'log' }).catch(() => undefined);
    await a.hurt({ type: 'stall-disk', path: 'log', operation: 'write' });
    void a.ask({ do: 'append', path: 'log', text: 'never' }).catch(() => undefined);
    await a.control({ do: 'status' });
    a.kill('SIGKILL');
    await a.exited;
    // The directory is free again, though nobody released its lock.
    const again = await nodes.start('a');
    expect(again.incarnation).toBeGreaterThan(a.incarnation);
    // The operating system lives on, and with it all that it was given.
    expect(await again.ask({ do: 'read', path: 'log' })).toBe('synced,appended,');
    expect(await again.ask({ do: 'append', path: 'log', text: 'more' })).toBe(16);
  });
});

describe('a data directory', () => {
  it('has one process: a second one is refused, and the first one goes on', async () => {
    const dataDirectory = join(nodes.directory, 'shared');
    const first = await nodes.start('first', { dataDirectory });
    for (const name of ['first', 'second']) {
      await expect(nodes.start(name, { dataDirectory })).rejects.toMatchObject({
        name: 'NodeRefusal',
        code: 'data-in-use',
        message: expect.stringContaining(dataDirectory),
      });
    }
    expect(await first.ask({ do: 'append', path: 'log', text: 'still mine' })).toBe(0);
    expect(await first.control({ do: 'status' })).toMatchObject({ node: 'first' });
  });

  it('has one process, also when many start at once', { timeout: 30_000 }, async () => {
    const dataDirectory = join(nodes.directory, 'shared');
    const starts = Array.from({ length: 3 }, (_, index) => {
      return nodes.start(`node-${index}`, { dataDirectory });
    });
    const fates = await Promise.allSettled(starts);
    expect(fates.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const fate of fates) {
      if (fate.status === 'rejected') expect(fate.reason).toMatchObject({ code: 'data-in-use' });
    }
  });
});

describe('a process that is stopped by SIGSTOP', () => {
  it('C1 T1 T2: sees the time pass, and its timers fire late and in order', async () => {
    const a = await nodes.start('a');
    const before = await a.ask<number>({ do: 'timers', delaysMs: [80, 20, 50] });
    a.kill('SIGSTOP');
    const stoppedAt = performance.now();
    await until('some time has passed', async () => performance.now() - stoppedAt > 400);
    a.kill('SIGCONT');
    let fired: [delayMs: number, at: number][] = [];
    await until('its timers fired', async () => {
      fired = await a.ask({ do: 'fired' });
      return fired.length === 3;
    });
    expect(fired.map(([delayMs]) => delayMs)).toEqual([20, 50, 80]);
    for (const [delayMs, at] of fired) expect(at - before).toBeGreaterThanOrEqual(delayMs);
    // Its clock counted the pause, whose length this process measured.
    const after = await a.ask<number>({ do: 'timers', delaysMs: [] });
    expect(after - before).toBeGreaterThan(400);
  });

  it('is found silent, and linked to again when it goes on', { timeout: 30_000 }, async () => {
    const limits = { keepAliveMs: 50, connectTimeoutMs: 200 };
    const a = await nodes.start('a', { limits });
    const b = await nodes.start('b', { limits });
    await a.meet(b);
    b.kill('SIGSTOP');
    await until('the link is down', async () => (await a.ask({ do: 'link', to: b.node })) === null);
    const { links } = await a.control<{ links: { peer: string; trouble: string }[] }>({
      do: 'status',
    });
    expect(links).toMatchObject([
      { peer: 'b', trouble: expect.stringMatching(/silent|no answer/) },
    ]);
    b.kill('SIGCONT');
    await until('it is linked', async () => {
      return (await a.ask({ do: 'link', to: b.node })) === b.incarnation;
    });
    await b.takeUntil('back', a);
  });
});

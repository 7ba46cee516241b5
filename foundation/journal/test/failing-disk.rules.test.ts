/**
 * The rules of DESIGN.md about disks that fail or are full, on a simulated node: a story each.
 */
import type { Host } from '@mangrove/host';
import { type JournalError, openJournal } from '@mangrove/journal';
import { describe, expect, it } from 'vitest';
import { failureOf, NODE, OneNode, textsOf, toBytes, toText } from './one-node.ts';

const DIRECTORY = 'wal';
const FIRST = 'wal/segment-0000000001';
const open = (host: Host) => openJournal(host, { directory: DIRECTORY, segmentBytes: 1 << 16 });

describe('a disk that fails', () => {
  it.each(['sync', 'write'])(
    'R8: a failed %s poisons it, and nobody believes the cache',
    async (operation) => {
      let lostCount = 0;
      for (let seed = 1; seed <= 30; seed++) {
        using node = new OneNode(seed);
        const kept = await node.live(async (host) => {
          const journal = await open(host);
          await journal.append(toBytes('a'));
          const fault = { type: 'disk-error', node: NODE, operation, path: '', count: 1 };
          node.hurt((window) => ({ ...fault, ...window }) as never);
          await host.timers.sleep(1);
          const error = await failureOf(journal.append(toBytes('b')));
          expect([error.code, error.definite]).toEqual(['poisoned', false]);
          expect((await failureOf(journal.append(toBytes('c')))).code).toBe('poisoned');
          expect((await failureOf(journal.setReserved(new Uint8Array(1)))).code).toBe('poisoned');
          expect(await textsOf(journal)).toEqual(['1 a']);
          await journal.close();
          // What this opening shows, in the same life, must be there after a power failure.
          const again = await open(host);
          if (again.durableIndex === 2) lostCount += 1;
          return textsOf(again);
        });
        node.crash();
        expect(await node.live(async (host) => textsOf(await open(host)))).toEqual(kept);
      }
      expect(lostCount, 'the cache never showed what was not synced').toBeGreaterThan(0);
    },
  );

  it('R9: a full disk refuses, harms nothing, and is forgotten once there is room', async () => {
    using node = new OneNode();
    await node.live(async (host) => {
      const journal = await open(host);
      await journal.append(toBytes('a'));
      node.hurt((window) => ({ type: 'disk-full', node: NODE, ...window }), 100);
      await host.timers.sleep(1);
      const refused = [
        failureOf(journal.append(toBytes('b'))),
        failureOf(journal.append(toBytes('c'))),
      ];
      expect(journal.nextIndex).toBe(4);
      for (const { code, definite } of await Promise.all(refused)) {
        expect([code, definite]).toEqual(['no-space', true]);
      }
      expect([journal.durableIndex, journal.nextIndex]).toEqual([1, 2]);
      expect(await textsOf(journal)).toEqual(['1 a']);
      await host.timers.sleep(200);
      await journal.append(toBytes('d'));
      expect(await textsOf(journal)).toEqual(['1 a', '2 d']);
    });
    node.crash();
    await node.live(async (host) => {
      expect(await textsOf(await open(host))).toEqual(['1 a', '2 d']);
    });
  });

  it('R9: a disk that is full only at the sync refuses as well', async () => {
    const refusals = new Set<string>();
    for (let seed = 1; seed <= 40; seed++) {
      using node = new OneNode(seed);
      await node.live(async (host) => {
        const journal = await open(host);
        await journal.append(toBytes('a'));
        // On some seeds before the write begins, on some while it is under way, before the sync.
        const atMs = node.simulation.nowMs + 0.02;
        node.simulation.inject({ type: 'disk-full', node: NODE, atMs, untilMs: atMs + 100 });
        await host.timers.sleep((seed % 4) / 100);
        const [fate] = await Promise.allSettled([journal.append(toBytes('b'))]);
        if (fate.status === 'rejected') {
          const { code, definite, cause } = fate.reason as JournalError;
          expect([code, definite]).toEqual(['no-space', true]);
          refusals.add(String(cause));
        }
        await host.timers.sleep(200);
        await journal.append(toBytes('c'));
      });
      node.crash();
      await node.live(async (host) => {
        const texts = (await textsOf(await open(host))).join();
        expect(['1 a,2 c', '1 a,2 b,3 c']).toContain(texts);
      });
    }
    const refused = (operation: string) => `DiskError: ${operation} ${FIRST}: no-space`;
    expect([...refusals].sort()).toEqual([refused('sync'), refused('write')]);
  });

  it('R9 R14: on a full disk it opens, and term and vote are written', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      using node = new OneNode(seed);
      const appended = await node.live(async (host) => {
        const journal = await open(host);
        await journal.append(toBytes('a'));
        await journal.setReserved(toBytes('term 1')[0]!);
        node.hurt((window) => ({ type: 'disk-full', node: NODE, ...window }), 1000);
        await host.timers.sleep(1);
        await journal.setReserved(toBytes('term 2')[0]!);
        return failureOf(journal.append(toBytes('b')));
      });
      expect(appended.code).toBe('no-space');
      node.crash();
      await node.live(async (host) => {
        const journal = await open(host);
        expect(toText(journal.reserved)).toBe('term 2');
        await journal.setReserved(toBytes('term 3')[0]!);
        expect((await failureOf(journal.append(toBytes('b')))).code).toBe('no-space');
      });
      node.crash();
      await node.live(async (host) => {
        const journal = await open(host);
        expect(toText(journal.reserved)).toBe('term 3');
        expect(await textsOf(journal)).toEqual(['1 a']);
        await host.timers.sleep(2000);
        await journal.append(toBytes('c'));
      });
    }
  });

  it('R10: a second opener of the directory is refused', async () => {
    using node = new OneNode();
    await node.live(async (host) => {
      const journal = await open(host);
      expect((await failureOf(open(host))).code).toBe('in-use');
      await journal.close();
      await (await open(host)).close();
    });
  });
});

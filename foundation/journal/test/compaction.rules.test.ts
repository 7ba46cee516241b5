/**
 * The rule of DESIGN.md about compaction, on a simulated node.
 */
import type { Host } from '@mangrove/host';
import { openSharedJournal } from '@mangrove/journal';
import { describe, expect, it } from 'vitest';
import { OneNode, textsOf, toBytes } from './one-node.ts';

const DIRECTORY = 'wal';
const shared = (host: Host, segmentBytes: number) =>
  openSharedJournal(host, { directory: DIRECTORY, segmentBytes });

/** Lets every read of files that are opened from now on take `latencyMs` more. */
function slowReads(host: Host, latencyMs: number): void {
  const open = host.disk.open.bind(host.disk);
  host.disk.open = async (path, mode) => {
    const file = await open(path, mode);
    const readAt = file.readAt.bind(file);
    file.readAt = async (offset, length) => {
      await host.timers.sleep(latencyMs);
      return readAt(offset, length);
    };
    return file;
  };
}

describe('compaction', () => {
  it('R18: compaction frees the segments that a sleeping log holds', async () => {
    using node = new OneNode();
    await node.live(async (host) => {
      const journal = await shared(host, 4096);
      const [sleeper, worker] = await Promise.all([
        journal.createLog('sleeper'),
        journal.createLog('worker'),
      ]);
      await sleeper.append(toBytes('s1', 's2'));
      for (let nth = 0; nth < 8; nth++) await worker.append(toBytes('w'.repeat(5000)));
      await worker.truncatePrefix(8);
      await host.timers.sleep(100);
      const before = journal.sizes.segmentCount;
      expect(await journal.compact()).toMatchObject({ movedBytes: 4 });
      expect(before - journal.sizes.segmentCount).toBeGreaterThan(5);
      expect(await textsOf(sleeper)).toEqual(['1 s1', '2 s2']);
      await sleeper.append(toBytes('s3'));
    });
    node.crash();
    await node.live(async (host) => {
      const journal = await shared(host, 4096);
      expect(await textsOf(journal.log('sleeper')!)).toEqual(['1 s1', '2 s2', '3 s3']);
    });
  });

  it('R18: a log may be cut or removed at any moment of its compaction', async () => {
    const record = 'x'.repeat(60_000);
    const [cutAt, movedAt] = [new Set<number>(), new Set<number>()];
    for (let delayMs = 0; delayMs < 60; delayMs += 3) {
      for (const how of ['prefix', 'suffix', 'reset', 'remove'] as const) {
        using node = new OneNode();
        await node.live(async (host) => {
          const journal = await shared(host, 1_048_576);
          const sleeper = await journal.createLog('sleeper');
          const worker = await journal.createLog('worker');
          for (let nth = 0; nth < 12; nth++) await sleeper.append(toBytes(record));
          for (let nth = 0; nth < 12; nth++) await worker.append(toBytes(record));
          await worker.truncatePrefix(12);
          slowReads(host, 4);
          const compaction = journal.compact();
          await host.timers.sleep(delayMs);
          const cut = {
            prefix: () => sleeper.truncatePrefix(13),
            suffix: () => sleeper.truncateSuffix(1),
            reset: () => sleeper.reset(20),
            remove: () => journal.removeLog('sleeper'),
          };
          const [{ movedBytes }] = await Promise.all([compaction, cut[how]()]);
          (movedBytes === 0 ? cutAt : movedAt).add(delayMs);
          const left = journal.log('sleeper');
          if (left !== undefined) expect(await textsOf(left)).toEqual([]);
        });
      }
    }
    expect([cutAt.size > 0, movedAt.size > 0]).toEqual([true, true]);
  });
});

/**
 * The rules of DESIGN.md, one story each, on a simulated node: calls, crashes and damage in the
 * order that the rule is about.
 */
import type { Host } from '@mangrove/host';
import { inspectJournal, openJournal, openSharedJournal } from '@mangrove/journal';
import { describe, expect, it } from 'vitest';
import { bytesOf, damage, failureOf, OneNode, textsOf, toBytes, toText } from './one-node.ts';

const DIRECTORY = 'wal';
const FIRST = 'wal/segment-0000000001';
const open = (host: Host, segmentBytes = 1 << 16) =>
  openJournal(host, { directory: DIRECTORY, segmentBytes });
const shared = (host: Host) =>
  openSharedJournal(host, { directory: DIRECTORY, segmentBytes: 4096 });

/** Compares long bytes faster than `toEqual` does. */
function isSame(one: ArrayLike<number>, other: ArrayLike<number> = []): boolean {
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return one.length === other.length;
}

describe('durability', () => {
  it('R1: what was acknowledged is there after a power failure', async () => {
    using node = new OneNode();
    await node.live(async (host) => {
      const journal = await open(host);
      expect(await journal.append(toBytes('a', 'b'))).toEqual({ firstIndex: 1, lastIndex: 2 });
      expect([journal.firstIndex, journal.durableIndex, journal.nextIndex]).toEqual([1, 2, 3]);
    });
    node.crash();
    await node.live(async (host) => {
      expect(await textsOf(await open(host))).toEqual(['1 a', '2 b']);
    });
  });

  it('R1 R22: packed records are the same bytes on disk as the same ones apart', async () => {
    // Empty, small, more than a group holds, large ones among them and alone.
    const lengths = [0, 1, 5, 30_000, 30_000, 30_000, 40_000, 3, 32_768, 0];
    const records = lengths.map((length, nth) => new Uint8Array(length).fill(nth + 1));
    const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
    let at = 0;
    for (const record of records) {
      bytes.set(record, at);
      at += record.length;
    }
    const written = async (isPacked: boolean) => {
      using node = new OneNode();
      await node.live(async (host) => {
        const journal = await open(host, 1 << 20);
        const range = await journal.append(isPacked ? { bytes, lengths } : records);
        expect(range).toEqual({ firstIndex: 1, lastIndex: 10 });
        const one = { bytes: bytes.subarray(1, 6), lengths: [5] };
        void journal.append(isPacked ? one : [one.bytes]);
        await journal.append(toBytes('next'));
      });
      node.crash('unsynced-lost');
      return await node.live(async (host) => {
        const read = await (await open(host, 1 << 20)).read(1);
        expect(read.slice(0, 10).every((record, nth) => isSame(record.bytes, records[nth]))).toBe(
          true,
        );
        return await bytesOf(host, FIRST);
      });
    };
    expect(isSame(await written(true), await written(false))).toBe(true);
    using node = new OneNode();
    await node.live(async (host) => {
      const journal = await open(host);
      const short = journal.append({ bytes, lengths: [1, 2] });
      await expect(short).rejects.toThrow(/records/);
      expect(journal.nextIndex).toBe(1);
    });
  });

  it('R2: calls made without waiting take effect together or not at all', async () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 40; seed++) {
      using node = new OneNode(seed);
      await node.live(async (host) => {
        const journal = await open(host);
        await journal.append(toBytes('a', 'b', 'c'));
        void journal.truncateSuffix(2).catch(() => {});
        void journal.append(toBytes('B', 'C')).catch(() => {});
        // Long enough for the write, on some seeds too short for the sync.
        await host.timers.sleep(0.4 + (seed % 5) * 0.4);
      });
      node.crash();
      outcomes.add(await node.live(async (host) => (await textsOf(await open(host))).join()));
    }
    expect([...outcomes].sort()).toEqual(['1 a,2 B,3 C', '1 a,2 b,3 c']);
  });
});

describe('damage', () => {
  it('R3: damage of what was synced refuses, names the place and changes nothing', async () => {
    using node = new OneNode();
    await node.live(async (host) => {
      const journal = await open(host);
      for (const text of ['a', 'b', 'c']) await journal.append(toBytes(text));
    });
    node.crash('kept');
    const [before, after] = await node.live(async (host) => {
      // The second batch: its header stands behind the head of the segment and the first batch.
      await damage(host, FIRST, 200);
      const before = await bytesOf(host, FIRST);
      const error = await failureOf(open(host));
      expect(error.code).toBe('corrupt');
      expect(error.place?.file).toBe(FIRST);
      expect(error.message).toMatch(/batch \d was synced and is damaged.*says that it was synced/);
      return [before, await bytesOf(host, FIRST)];
    });
    expect(after).toEqual(before);
  });

  it('R3: any damaged byte below the last batch is found, wherever it is', async () => {
    using node = new OneNode();
    const sizes = await node.live(async (host) => {
      const journal = await open(host);
      await journal.append(toBytes('a', 'b'));
      const sizeBytes = journal.sizes.diskBytes;
      await journal.append(toBytes('c'));
      return sizeBytes;
    });
    for (let offset = 0; offset < sizes; offset += 1) {
      node.crash('kept');
      await node.live(async (host) => {
        await damage(host, FIRST, offset);
        const { code } = await failureOf(open(host));
        // A changed version is an unknown one only where the checksum of the header agrees.
        expect(code, `byte ${offset}`).toBe('corrupt');
        await damage(host, FIRST, offset);
      });
    }
  });

  it('R4: a torn tail is cut and reported, and what is appended after it is kept', async () => {
    using node = new OneNode();
    const endOffset = await node.live(async (host) => {
      const journal = await open(host);
      await journal.append(toBytes('a'));
      await journal.append(toBytes('b', 'c'));
      return journal.sizes.diskBytes;
    });
    node.crash('kept');
    await node.live(async (host) => {
      await damage(host, FIRST, endOffset - 1);
      const journal = await open(host);
      expect(journal.recovery.cut).toMatchObject({ file: FIRST, reason: /checksum/ });
      expect(await textsOf(journal)).toEqual(['1 a']);
      await journal.append(toBytes('B'));
    });
    node.crash();
    await node.live(async (host) => {
      const journal = await open(host);
      expect(journal.recovery.cut).toBeUndefined();
      expect(await textsOf(journal)).toEqual(['1 a', '2 B']);
    });
  });

  it('R4: zeros that were set aside are no torn tail, and nothing but zeros is', async () => {
    using node = new OneNode();
    const endOffset = await node.live(async (host) => {
      const journal = await open(host);
      await journal.append(toBytes('a'));
      return journal.sizes.diskBytes;
    });
    node.crash('kept');
    await node.live(async (host) => {
      expect((await bytesOf(host, FIRST)).length).toBeGreaterThan(endOffset);
      const journal = await open(host);
      expect([journal.recovery.cut, await textsOf(journal)]).toEqual([undefined, ['1 a']]);
      await journal.append(toBytes('b'));
    });
    node.crash('kept');
    await node.live(async (host) => {
      await damage(host, FIRST, -1);
      const journal = await open(host);
      expect(journal.recovery.cut).toMatchObject({ file: FIRST, reason: 'no batch begins here' });
      expect(await textsOf(journal)).toEqual(['1 a', '2 b']);
      await journal.close();
      expect((await bytesOf(host, FIRST)).length).toBe(journal.sizes.diskBytes);
    });
  });

  it('R3: zeros where an older segment had its last batch are corruption', async () => {
    using node = new OneNode();
    const endOffset = await node.live(async (host) => {
      const journal = await open(host, 4096);
      await journal.append(toBytes('a'));
      const { diskBytes } = journal.sizes;
      await journal.append(toBytes('x'.repeat(5000)));
      await journal.append(toBytes('c'));
      return diskBytes;
    });
    node.crash('kept');
    await node.live(async (host) => {
      const file = await host.disk.open(FIRST, 'write');
      await file.writeAt(endOffset, new Uint8Array(file.size() - endOffset));
      await file.close();
      const error = await failureOf(open(host, 4096));
      expect([error.code, error.place]).toEqual(['corrupt', { file: FIRST, offset: endOffset }]);
    });
  });

  it('R5: a journal that was closed in order is proven to its end', async () => {
    using node = new OneNode();
    await node.live(async (host) => {
      const journal = await open(host);
      await journal.append(toBytes('a'));
      await journal.close();
      expect((await failureOf(journal.append(toBytes('b')))).code).toBe('closed');
    });
    node.crash('kept');
    await node.live(async (host) => {
      // The last word is 52 bytes: this is the last byte of the record.
      await damage(host, FIRST, -53);
      expect((await failureOf(open(host))).code).toBe('corrupt');
      await damage(host, FIRST, -53);
      const journal = await open(host);
      expect(journal.recovery.wasClosed).toBe(true);
      expect(await textsOf(journal)).toEqual(['1 a']);
    });
  });

  it('R6: a segment that is missing is corruption', async () => {
    using node = new OneNode();
    await node.live(async (host) => {
      const journal = await open(host, 4096);
      for (let nth = 0; nth < 4; nth++) await journal.append(toBytes('x'.repeat(5000)));
    });
    node.crash('kept');
    await node.live(async (host) => {
      await host.disk.remove(FIRST);
      const error = await failureOf(open(host));
      expect([error.code, error.message]).toEqual([
        'corrupt',
        `segment 1 is missing (${FIRST} at 0)`,
      ]);
    });
  });

  it('R7: a rotted record is refused when it is read, by name', async () => {
    using node = new OneNode();
    await node.live(async (host) => {
      const journal = await open(host);
      await journal.append(toBytes('a', 'b'));
      const sizeBytes = journal.sizes.diskBytes;
      await journal.append(toBytes('c'));
      await damage(host, FIRST, sizeBytes - 1);
      const error = await failureOf(journal.read(2));
      expect(error.code).toBe('corrupt');
      expect(error.place).toMatchObject({ file: FIRST, log: 'log', index: 1 });
      expect(await journal.read(3)).toHaveLength(1);
    });
  });
});

describe('truncation', () => {
  it('R11: a suffix is superseded, and no acknowledged byte is rewritten', async () => {
    using node = new OneNode();
    await node.live(async (host) => {
      const journal = await open(host);
      await journal.append(toBytes('a', 'b', 'c'));
      const before = (await bytesOf(host, FIRST)).slice(0, journal.sizes.diskBytes);
      await journal.truncateSuffix(2);
      expect(await textsOf(journal)).toEqual(['1 a']);
      await journal.append(toBytes('B'));
      expect(await textsOf(journal)).toEqual(['1 a', '2 B']);
      expect((await bytesOf(host, FIRST)).slice(0, before.length)).toEqual(before);
    });
    node.crash();
    await node.live(async (host) => {
      expect(await textsOf(await open(host))).toEqual(['1 a', '2 B']);
    });
  });

  it('R12: a prefix is dropped at once, and frees whole segments', async () => {
    using node = new OneNode();
    await node.live(async (host) => {
      const journal = await open(host, 4096);
      for (let nth = 0; nth < 6; nth++) await journal.append(toBytes(`${nth}`.repeat(5000)));
      expect(journal.sizes.segmentCount).toBe(6);
      await journal.truncatePrefix(5);
      expect((await failureOf(journal.read(4))).code).toBe('compacted');
      expect((await journal.read(5)).map(({ index }) => index)).toEqual([5, 6]);
      await journal.append(toBytes('x'));
      await host.timers.sleep(100);
      expect(journal.sizes.segmentCount).toBe(3);
    });
    node.crash();
    await node.live(async (host) => {
      const journal = await open(host, 4096);
      expect([journal.firstIndex, journal.durableIndex]).toEqual([5, 7]);
    });
  });

  it('R13: a reset and its metadata are one step', async () => {
    using node = new OneNode();
    await node.live(async (host) => {
      const journal = await open(host);
      await journal.append(toBytes('a', 'b'));
      await journal.setMetadata(toBytes('old')[0]!);
      await journal.reset(100, toBytes('snapshot 99')[0]);
      expect([journal.firstIndex, journal.nextIndex]).toEqual([100, 100]);
      await journal.append(toBytes('c'));
    });
    node.crash();
    await node.live(async (host) => {
      const journal = await open(host);
      expect(await textsOf(journal)).toEqual(['100 c']);
      expect(toText(journal.metadata)).toBe('snapshot 99');
    });
  });
});

describe('reserved records', () => {
  it('R14: one rotted copy never brings back an older vote; two refuse to open', async () => {
    using node = new OneNode();
    await node.live(async (host) => {
      const journal = await open(host);
      for (let term = 1; term <= 5; term++) await journal.setReserved(toBytes(`term ${term}`)[0]!);
    });
    for (const offset of [30, 512 + 30]) {
      node.crash();
      await node.live(async (host) => {
        await damage(host, 'wal/reserved', offset);
        const journal = await open(host);
        expect(toText(journal.reserved)).toBe('term 5');
      });
    }
    node.crash();
    await node.live(async (host) => {
      await damage(host, 'wal/reserved', 30);
      await damage(host, 'wal/reserved', 512 + 30);
      const error = await failureOf(open(host));
      expect([error.code, error.place?.file]).toEqual(['corrupt', 'wal/reserved']);
    });
  });

  it('R14: where there was a vote, missing segments are not taken for a new journal', async () => {
    using node = new OneNode();
    await node.live(async (host) => {
      const journal = await open(host);
      await journal.setReserved(toBytes('term 1')[0]!);
      await journal.close();
      await host.disk.remove(FIRST);
      expect((await failureOf(open(host))).code).toBe('corrupt');
    });
  });
});

describe('many logs', () => {
  it('R16: appenders that call while a sync is under way share the next one', async () => {
    using node = new OneNode();
    await node.live(async (host) => {
      const journal = await shared(host);
      const logs = await Promise.all(['a', 'b', 'c'].map((name) => journal.createLog(name)));
      const batches = () => host.metrics.counter('journal_batches', COUNTER);
      const before = batchCountOf(host);
      const appends = Array.from({ length: 300 }, (_, nth) => {
        return logs[nth % 3]?.append(toBytes(`${nth}`));
      });
      await Promise.all(appends);
      expect(batchCountOf(host) - before).toBeLessThanOrEqual(4);
      expect(batches()).toBeDefined();
      expect(logs.map((log) => log.durableIndex)).toEqual([100, 100, 100]);
    });
  });

  it('R17: logs are cut, removed and made again without harm to the others', async () => {
    using node = new OneNode();
    await node.live(async (host) => {
      const journal = await shared(host);
      const [a, b] = await Promise.all([journal.createLog('a'), journal.createLog('b', 50)]);
      await Promise.all([a.append(toBytes('a1', 'a2')), b.append(toBytes('b1', 'b2'))]);
      await a.setReserved(toBytes('vote')[0]!);
      await journal.removeLog('a');
      expect((await failureOf(a.append(toBytes('x')))).code).toBe('closed');
      const again = await journal.createLog('a', 7);
      expect(again.reserved.length).toBe(0);
      await again.append(toBytes('A'));
      await b.truncateSuffix(51);
    });
    node.crash();
    await node.live(async (host) => {
      const journal = await shared(host);
      expect(journal.names.toSorted()).toEqual(['a', 'b']);
      expect(await textsOf(journal.log('a')!)).toEqual(['7 A']);
      expect(await textsOf(journal.log('b')!)).toEqual(['50 b1']);
    });
  });
});

describe('bounds', () => {
  it('R19: what is over a bound is refused at once and changes nothing', async () => {
    using node = new OneNode();
    await node.live(async (host) => {
      const options = { directory: DIRECTORY, maxRecordBytes: 100, maxPendingBytes: 1024 };
      const journal = await openJournal(host, options);
      const invalid = (work: Promise<unknown>) =>
        expect(work).rejects.toThrow(expect.objectContaining({ name: 'InvalidArgument' }));
      await invalid(journal.append([new Uint8Array(101)]));
      await invalid(journal.append([]));
      await invalid(journal.setReserved(new Uint8Array(481)));
      await invalid(journal.setMetadata(new Uint8Array(1025)));
      await invalid(journal.truncateSuffix(2));
      await invalid(journal.truncatePrefix(2));
      await invalid(journal.reset(-1));
      const first = journal.append(Array.from({ length: 8 }, () => new Uint8Array(100)));
      const error = await failureOf(journal.append([new Uint8Array(100)]));
      expect([error.code, error.definite]).toEqual(['overloaded', true]);
      expect(await first).toEqual({ firstIndex: 1, lastIndex: 8 });
      expect(journal.nextIndex).toBe(9);
      const many = await journal.read(1, { maxRecords: 3 });
      expect(many.map(({ index }) => index)).toEqual([1, 2, 3]);
      const few = await journal.read(1, { maxBytes: 1 });
      expect(few.map(({ index }) => index)).toEqual([1]);
    });
  });
});

describe('inspection', () => {
  it('R20: an inspection says what there is and what is damaged, and changes nothing', async () => {
    using node = new OneNode();
    const endOffset = await node.live(async (host) => {
      const journal = await open(host);
      await journal.append(toBytes('a', 'b'));
      await journal.append(toBytes('c'));
      return journal.sizes.diskBytes;
    });
    node.crash('kept');
    await node.live(async (host) => {
      const look = async () => {
        const lines: string[] = [];
        const options = { directory: DIRECTORY, isVerbose: true };
        const { type } = await inspectJournal(host, options, (line) => lines.push(line));
        return { type, text: lines.join('\n') };
      };
      const sound = await look();
      expect(sound.type).toBe('sound');
      expect(sound.text).toContain("log 'log': records 1 to 3, in 1 segments");
      expect(sound.text).toContain('log 1: records 1 to 2');
      await damage(host, FIRST, endOffset - 1);
      const before = await bytesOf(host, FIRST);
      expect((await look()).type).toBe('torn');
      await damage(host, FIRST, 150);
      const corrupt = await look();
      expect(corrupt.type).toBe('corrupt');
      expect(corrupt.text).toContain('was synced and is damaged');
      await damage(host, FIRST, 150);
      expect(await bytesOf(host, FIRST)).toEqual(before);
    });
  });
});

const COUNTER = {
  help: 'Batches that a journal made durable, each with one sync.',
  unit: '1',
} as const;

function batchCountOf(host: Host): number {
  const registry = host.metrics as unknown as {
    snapshot(): { readonly name: string; readonly value: number }[];
  };
  return registry.snapshot().find(({ name }) => name === 'journal_batches')?.value ?? 0;
}

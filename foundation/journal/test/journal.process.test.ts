/**
 * The journal on real files: killed again and again, opened twice, on a full disk, beside a watched
 * event loop, and against the bytes of released formats.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toNodeId } from '@mangrove/host';
import { createProcessHost, type ProcessHost } from '@mangrove/host-process/node';
import { inspectJournal, openJournal, openSharedJournal, scanRecords } from '@mangrove/journal';
import { inspectDirectory } from '@mangrove/journal/node';
import { crc32c } from '@mangrove/wire';
import { afterEach, describe, expect, it } from 'vitest';
import { failureOf, toBytes, toText } from './one-node.ts';
import { writeSample } from './write-sample.ts';

const KILL_COUNT = 4;
const GOLDEN = fileURLToPath(new URL('./golden/format-1', import.meta.url));

/** The processes of a test: none outlives it, however it ends. */
let victims: ChildProcess[] = [];

afterEach(async () => {
  for (const victim of victims) await kill(victim);
  victims = [];
});

describe('a journal on real files', () => {
  it.each([
    ['plain', 1],
    ['shared', 1],
    ['long', 8],
  ])(
    'R1 R2: keeps what it acknowledged when killed, %s',
    {
      timeout: 60_000,
    },
    async (kind, patience) => {
      await withDirectory(async (directory) => {
        let [acked, vote, killedAfter, room] = [0, 0, 0, 0];
        for (let round = 0; round < KILL_COUNT; round++) {
          const child = startVictim(directory, kind);
          const lines = linesOf(child);
          const opened = (await lines.next()).value ?? 'nothing';
          const [, last, reserved] = opened.split(' ').map(Number);
          expect(opened, 'it opens').toMatch(/^open \d+ \d+$/);
          expect(last).toBeGreaterThanOrEqual(acked);
          expect(reserved).toBeGreaterThanOrEqual(vote);
          // Killed amid the next writes, a different number of acknowledgements later each time.
          for (let count = 0; count < (3 + round * 5) * patience; count++) {
            const [, index = 0, newVote = 0] = ((await lines.next()).value ?? '')
              .split(' ')
              .map(Number);
            [acked, vote] = [index, newVote];
          }
          child.kill('SIGKILL');
          // What it still said before it died counts as well.
          [acked, vote] = (await lastAck(lines)) ?? [acked, vote];
          killedAfter = acked;
          room = Math.max(room, await roomAhead(join(directory, 'files', 'wal')));
        }
        expect(killedAfter).toBeGreaterThan(100);
        const isAhead = kind === 'long' && process.platform === 'linux';
        if (isAhead) expect(room).toBeGreaterThan(100_000);
      });
    },
  );

  it('R9 R14: on a full disk a vote is still written, and appends are refused', async () => {
    await withHost(async (host) => {
      const journal = await openJournal(host, { directory: 'wal' });
      await journal.append(toBytes('a'));
      host.faults.set({ type: 'disk-full' });
      const error = await failureOf(journal.append(toBytes('b')));
      expect([error.code, error.definite]).toEqual(['no-space', true]);
      await journal.setReserved(toBytes('term 7')[0]!);
      expect(toText(journal.reserved)).toBe('term 7');
      host.faults.heal();
      expect(await journal.append(toBytes('c'))).toEqual({ firstIndex: 2, lastIndex: 2 });
      await journal.close();
      // The vote is there, and can be given, also where the disk is full from the beginning.
      host.faults.set({ type: 'disk-full' });
      const again = await openJournal(host, { directory: 'wal' });
      expect(toText(again.reserved)).toBe('term 7');
      await again.setReserved(toBytes('term 8')[0]!);
      expect((await failureOf(again.append(toBytes('d')))).code).toBe('no-space');
      await again.close();
    });
  });

  it('R9: where not even a cut succeeds the refusal is in doubt, and nothing follows', async () => {
    await withHost(async (host) => {
      const journal = await openJournal(host, { directory: 'wal' });
      await journal.append(toBytes('a'));
      // A file system that copies on write may want room for a cut, too.
      const every = { type: 'disk-error', path: 'wal/segment', code: 'no-space' } as const;
      host.faults.set({ ...every, operation: 'sync', count: 1 });
      const healCut = host.faults.set({ ...every, operation: 'truncate', count: 1000 });
      const first = await failureOf(journal.append(toBytes('b')));
      expect([first.code, first.definite]).toEqual(['no-space', false]);
      // What is called from now on is not even written.
      const later = await failureOf(journal.append(toBytes('c')));
      expect([later.code, later.definite]).toEqual(['no-space', true]);
      host.faults.heal(healCut);
      expect(await journal.append(toBytes('d'))).toEqual({ firstIndex: 2, lastIndex: 2 });
    });
  });

  it('R10: a second process is refused until the first is killed', {
    timeout: 30_000,
  }, async () => {
    await withDirectory(async (directory) => {
      const first = startVictim(directory, 'plain');
      const lines = linesOf(first);
      expect((await lines.next()).value).toBe('open 0 0');
      expect((await lines.next()).value).toMatch(/^ack /);
      const second = linesOf(startVictim(directory, 'plain'));
      expect(await second.next()).toMatchObject({ value: 'refused data-in-use' });
      expect(await second.next(), 'it has ended').toMatchObject({ done: true });
      expect((await lines.next()).value, 'the first goes on').toMatch(/^ack /);
      first.kill('SIGKILL');
      for await (const line of lines) expect(line).toMatch(/^ack /);
      const third = startVictim(directory, 'plain');
      expect((await linesOf(third).next()).value, 'it opens').toMatch(/^open [1-9]/);
      await kill(third);
    });
  });

  it('R10: within a process a directory is open once', async () => {
    await withHost(async (host) => {
      const journal = await openJournal(host, { directory: 'wal' });
      expect((await failureOf(openSharedJournal(host, { directory: 'wal' }))).code).toBe('in-use');
      await journal.close();
      await (await openJournal(host, { directory: 'wal' })).close();
    });
  });

  it('R21: no turn of the event loop checks more than 3 MiB', { timeout: 60_000 }, async () => {
    await withHost(async (host) => {
      const watch = watchTurns();
      const options = { directory: 'wal', maxRecordBytes: 16 << 20, crc32c: watch.crc32c };
      const journal = await openJournal(host, options);
      await journal.append([new Uint8Array(16 << 20).fill(7)]);
      await journal.append(Array.from({ length: 100_000 }, () => new Uint8Array(100)));
      await journal.close();
      const again = await openJournal(host, options);
      let count = 0;
      for await (const { bytes } of scanRecords(again)) count += bytes.length;
      await again.close();
      watch.end();
      expect(count).toBe((16 << 20) + 10_000_000);
      // One turn for the large record alone would have had 16 MiB.
      expect(watch.maxBytes()).toBeLessThanOrEqual(3 << 20);
    });
  });
});

describe('the door for tools', () => {
  it('R20: inspects a directory of this machine without a Host', async () => {
    const lines: string[] = [];
    const outcome = await inspectDirectory(GOLDEN, (line) => lines.push(line));
    expect(outcome).toEqual({ type: 'sound' });
    expect(lines).toContain("log 'orders': records 2 to 5, in 2 segments, metadata 10 bytes");
    expect(lines.at(-1)).toBe('sound; it was closed in order');
  });
});

describe('an inspection of a plain journal', () => {
  it('R20: tells zeros set aside, an orderly end, a torn tail and damage', async () => {
    await withHost(async (host, directory) => {
      const wal = join(directory, 'files', 'wal');
      const look = async () => {
        const lines: string[] = [];
        const { type } = await inspectDirectory(wal, (line) => lines.push(line));
        return [type, ...lines];
      };
      const journal = await openJournal(host, { directory: 'wal', segmentBytes: 4096 });
      await journal.append(toBytes('a', 'b'));
      await journal.append(toBytes('c'));
      const { diskBytes } = journal.sizes;
      const log = "log 'log': records 1 to 3, in 1 segments, metadata 0 bytes";
      const reserved = 'reserved: 1 records, 0 damaged copies';
      const segment = `segment-0000000001: ${diskBytes} bytes, batches 1 to 3, 3 records`;
      const ahead = `${4096 - diskBytes} zeros are set aside behind it`;
      expect(await look()).toEqual(['sound', segment, ahead, log, reserved, 'sound']);
      await journal.close();
      expect((await look()).at(-1)).toBe('sound; it was closed in order');
      const path = join(wal, 'segment-0000000001');
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, diskBytes - 1));
      expect((await look()).at(-1)).toMatch(/^torn tail: .*the file ends before the batch does/);
      bytes[diskBytes - 1] = 0;
      await writeFile(path, bytes);
      expect((await look()).at(-1)).toMatch(/^corrupt: batch 3 was synced and is damaged/);
    });
  });
});

describe('the format', () => {
  it('R22: writes the bytes of format 1', async () => {
    await withHost(async (host, directory) => {
      await writeSample(host);
      for (const name of ['segment-0000000001', 'segment-0000000002', 'reserved']) {
        const bytes = await readFile(join(directory, 'files', 'golden', name));
        const released = await readFile(join(GOLDEN, name));
        expect(bytes.toString('hex'), name).toBe(released.toString('hex'));
      }
    });
  });

  it('R22: reads the bytes of format 1', async () => {
    await withHost(async (host, directory) => {
      await cp(GOLDEN, join(directory, 'files', 'golden'), { recursive: true });
      const lines: string[] = [];
      const options = { directory: 'golden' };
      expect(await inspectJournal(host, options, (line) => lines.push(line))).toEqual({
        type: 'sound',
      });
      const journal = await openSharedJournal(host, { ...options, segmentBytes: 4096 });
      expect(journal.names).toEqual(['orders', 'votes']);
      const orders = journal.log('orders')!;
      const texts: string[] = [];
      for await (const { index, bytes } of scanRecords(orders)) {
        texts.push(`${index} ${toText(bytes).slice(0, 9)}`);
      }
      expect(texts).toEqual(['2 second', '3 THIRD', '4 yyyyyyyyy', '5 fifth']);
      expect(toText(orders.metadata)).toBe('snapshot 1');
      expect(toText(journal.log('votes')!.reserved)).toBe('term 4 for n2');
      await journal.close();
    });
  });
});

async function withDirectory<Value>(use: (directory: string) => Promise<Value>): Promise<Value> {
  const directory = await mkdtemp(join(tmpdir(), 'mangrove-journal-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function withHost(
  use: (host: ProcessHost, directory: string) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    const options = { node: toNodeId('n1'), dataDirectory: directory, seed: 1 };
    await using host = await createProcessHost(options);
    await use(host, directory);
  });
}

/** What a process acknowledged last of what it still says. */
async function lastAck(lines: AsyncGenerator<string>): Promise<[number, number] | undefined> {
  let last: [number, number] | undefined;
  for await (const line of lines) {
    const match = /^ack (\d+) (\d+)$/.exec(line);
    if (match !== null) last = [Number(match[1]), Number(match[2])];
  }
  return last;
}

/** How many bytes of the newest segment have room behind the last one that was written. */
async function roomAhead(directory: string): Promise<number> {
  const segments = (await readdir(directory)).filter((name) => name.startsWith('segment'));
  const newest = join(directory, segments.sort().at(-1) ?? '');
  const end = (await readFile(newest)).findLastIndex((byte) => byte !== 0);
  return (await stat(newest)).blocks * 512 - end;
}

function startVictim(directory: string, kind: string): ChildProcess {
  const program = fileURLToPath(new URL('./kill-node.ts', import.meta.url));
  const victim = spawn(process.execPath, [program, directory, kind], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  victims.push(victim);
  return victim;
}

/** Kills a process, if it lives, and waits until it is gone. */
async function kill(victim: ChildProcess): Promise<void> {
  if (victim.exitCode !== null || victim.signalCode !== null) return;
  const gone = once(victim, 'exit');
  victim.kill('SIGKILL');
  await gone;
}

async function* linesOf(child: ChildProcess): AsyncGenerator<string, void, void> {
  let rest = '';
  for await (const chunk of child.stdout ?? []) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/** Counts how many bytes are checked between two turns of the event loop. */
function watchTurns() {
  let [bytesOfTurn, maxBytes, isOver] = [0, 0, false];
  const turn = () => {
    bytesOfTurn = 0;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    crc32c: (bytes: Uint8Array, seed?: number) => {
      bytesOfTurn += bytes.length;
      maxBytes = Math.max(maxBytes, bytesOfTurn);
      return crc32c(bytes, seed);
    },
    maxBytes: () => maxBytes,
    end: () => {
      isOver = true;
    },
  };
}

/**
 * How long the recovery of 1 GiB takes, beside reading the same files; and what an idle log costs
 * in memory.
 *
 * The journal was just written, so recovery finds its files in the cache of the system. They are
 * read in two ways to compare: from that cache, where the ratio says what checking and indexing
 * cost on top; and past it, by `dd`, at the speed of the disk, where the ratio says which of the
 * two the recovery of a machine that was just started would wait for.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Host, toNodeId } from '@mangrove/host';
import { createProcessHost } from '@mangrove/host-process/node';
import { type JournalOptions, openJournal, openSharedJournal } from '@mangrove/journal';
import { findCrc32c } from '@mangrove/wire/node';
import type { BenchRow } from './bench-row.ts';

const TOTAL_BYTES = 1024 ** 3;
const RECORD_BYTES = 4096;
const LOG_COUNT = 1000;
const READ_BYTES = 1_048_576;
const ROUND_COUNT = 3;

/** Recovery and memory. */
export const bench = {
  name: 'journal-recovery',
  async run(report: (row: BenchRow) => void): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'mangrove-bench-'));
    const options = { node: toNodeId('bench'), dataDirectory: directory };
    const host = await createProcessHost(options);
    try {
      await measureRecovery(host, directory, report);
      await measureMemory(host, report);
    } finally {
      await host.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function measureRecovery(
  host: Host,
  dataDirectory: string,
  report: (row: BenchRow) => void,
): Promise<void> {
  const options = { directory: 'large' };
  const made = await openJournal(host, options);
  const record = new Uint8Array(RECORD_BYTES).fill(7);
  const batch = Array.from({ length: READ_BYTES / RECORD_BYTES }, () => record);
  for (let done = 0; done < TOTAL_BYTES; done += READ_BYTES) await made.append(batch);
  const count = made.durableIndex;
  await made.close();
  const [opening, native, reading]: [number[], number[], number[]] = [[], [], []];
  const { crc32c, source } = findCrc32c();
  for (let round = 0; round < ROUND_COUNT; round++) {
    reading.push(await secondsOf(() => readAll(host, 'large')));
    const open = async (more: Partial<JournalOptions>) => {
      const journal = await openJournal(host, { ...options, ...more });
      if (journal.durableIndex !== count) throw new Error('records are missing');
      await journal.close();
    };
    opening.push(await secondsOf(() => open({})));
    native.push(await secondsOf(() => open({ crc32c })));
  }
  const references = new Map([['from the cache of the system', median(reading)]]);
  const fromDisk = await secondsPastCache(join(dataDirectory, 'files', 'large'));
  if (fromDisk !== undefined) references.set('from the disk', fromDisk);
  const ours = median(opening);
  for (const [where, reference] of references) {
    report({
      bench: 'journal-recovery',
      case: `recovery of 1 GiB in records of 4 KiB, beside reading the files ${where}`,
      ours,
      reference,
      unit: 's',
      ratio: ours / reference,
      goal: '',
      met: true,
    });
  }
  const faster = median(native);
  report({
    bench: 'journal-recovery',
    case: `the same with the ${source} CRC-32C of this machine, beside the portable one`,
    ours: faster,
    reference: ours,
    unit: 's',
    ratio: faster / ours,
    goal: '',
    met: true,
  });
}

/** How long `dd` reads the segments past the cache; undefined where it cannot. */
async function secondsPastCache(directory: string): Promise<number | undefined> {
  const names = (await readdir(directory)).filter((name) => name.startsWith('segment'));
  const start = performance.now();
  for (const name of names) {
    const what = [`if=${join(directory, name)}`, 'of=/dev/null', 'bs=1M', 'iflag=direct'];
    const { status } = spawnSync('dd', what, { stdio: 'ignore' });
    if (status !== 0) return undefined;
  }
  return (performance.now() - start) / 1000;
}

async function readAll(host: Host, directory: string): Promise<void> {
  for (const name of await host.disk.list(directory)) {
    if (!name.startsWith('segment')) continue;
    const file = await host.disk.open(`${directory}/${name}`, 'read');
    for (let at = 0; at < file.size(); at += READ_BYTES) await file.readAt(at, READ_BYTES);
    await file.close();
  }
}

/** The memory of a log with one record that nobody writes, beside that record's own bytes. */
async function measureMemory(host: Host, report: (row: BenchRow) => void): Promise<void> {
  const record = new Uint8Array(100);
  const journal = await openSharedJournal(host, { directory: 'many' });
  const before = heapBytes();
  await Promise.all(
    Array.from({ length: LOG_COUNT }, async (_, nth) => {
      const log = await journal.createLog(`log-${nth}`);
      await log.append([record]);
    }),
  );
  const ours = (heapBytes() - before) / LOG_COUNT;
  report({
    bench: 'journal-recovery',
    case: `memory of an idle log among ${LOG_COUNT}, beside its one record of 100 B`,
    ours,
    reference: record.length,
    unit: 'bytes',
    ratio: ours / record.length,
    goal: '',
    met: true,
  });
  await journal.close();
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/**
 * Appends per second, and the latency of one, beside bare asynchronous `write` and `fdatasync` on
 * the same file system.
 *
 * Rounds take turns in one run. The bare lanes do one write and one sync after the other, as a
 * program would that makes each record durable for itself: their rate is the rate of syncs. One
 * writes at the end of a file, which grows with each record. The other one writes the same records
 * into a file that was lengthened before, as the journal lengthens its own: its syncs have no new
 * size to write.
 */
import fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toNodeId } from '@mangrove/host';
import { createProcessHost } from '@mangrove/host-process/node';
import { type Journal, openJournal } from '@mangrove/journal';
import type { BenchRow } from './bench-row.ts';

const RECORD = new Uint8Array(100).fill(7);
const ROUND_COUNT = 7;
const ROUND_MS = 600;
const TURN_COUNT = 4000;
const LENGTH_BYTES = 1_048_576;

const write = promisify(fs.write);
const fdatasync = promisify(fs.fdatasync);

/** 1, 16 and 256 appenders. */
export const bench = {
  name: 'journal-appends',
  async run(report: (row: BenchRow) => void): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'mangrove-bench-'));
    const growing = fs.openSync(join(directory, 'growing'), 'w');
    const lengthened = fs.openSync(join(directory, 'lengthened'), 'w');
    fs.ftruncateSync(lengthened, LENGTH_BYTES);
    fs.fsyncSync(lengthened);
    const host = await createProcessHost({
      node: toNodeId('bench'),
      dataDirectory: join(directory, 'node'),
    });
    try {
      const journal = await openJournal(host, { directory: 'wal' });
      const bare = lane();
      const ours = new Map([1, 16, 256].map((width) => [width, lane()]));
      for (let round = 0; round <= ROUND_COUNT; round++) {
        await takeRound(bare, 1, round, () => appendBare(growing));
        for (const [width, figures] of ours) {
          await takeRound(figures, width, round, () => append(journal));
        }
      }
      rows(report, bare, ours);
      await compareLatencies(report, growing, lengthened, journal);
      await journal.close();
    } finally {
      await host.close();
      fs.closeSync(growing);
      fs.closeSync(lengthened);
      await rm(directory, { recursive: true, force: true });
    }
  },
};

/** The rates that the rounds of a lane gave. */
interface Lane {
  readonly rates: number[];
}

function lane(): Lane {
  return { rates: [] };
}

/** Writes a record where the last one ended, and syncs. */
async function appendBare(fd: number): Promise<void> {
  await write(fd, RECORD, 0, RECORD.length, null);
  await fdatasync(fd);
}

async function append(journal: Journal): Promise<void> {
  await journal.append([RECORD]);
}

/** Has `width` workers repeat `work` for a while. The first round warms up. */
async function takeRound(
  figures: Lane,
  width: number,
  round: number,
  work: () => Promise<void>,
): Promise<void> {
  const start = performance.now();
  let count = 0;
  const worker = async () => {
    while (performance.now() - start < ROUND_MS) {
      await work();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  if (round > 0) figures.rates.push((count / (performance.now() - start)) * 1000);
}

function rows(report: (row: BenchRow) => void, bare: Lane, ours: ReadonlyMap<number, Lane>): void {
  const bareRate = median(bare.rates);
  for (const [width, { rates }] of ours) {
    const rate = median(rates);
    const ratio = rate / bareRate;
    const isGoal = width === 256;
    report({
      bench: 'journal-appends',
      case: `appends of 100 B by ${width}, beside bare write and fdatasync`,
      ours: rate,
      reference: bareRate,
      unit: 'appends/s',
      ratio,
      goal: isGoal ? 'ratio >= 30' : '',
      met: !isGoal || ratio >= 30,
    });
  }
}

/**
 * The latency of one appender: the bare calls and an append in turn, so that whatever else the
 * machine does hits all alike.
 */
async function compareLatencies(
  report: (row: BenchRow) => void,
  growing: number,
  lengthened: number,
  journal: Journal,
): Promise<void> {
  const lanes = [
    { figures: [] as number[], work: () => append(journal) },
    { figures: [] as number[], work: () => appendBare(growing) },
    { figures: [] as number[], work: () => appendBare(lengthened) },
  ] as const;
  for (let turn = 0; turn < TURN_COUNT; turn++) {
    // Each goes first in a third of the turns: a sync that follows another one takes longer.
    for (let nth = 0; nth < lanes.length; nth++) {
      const { figures, work } = lanes[(turn + nth) % lanes.length] ?? lanes[0];
      const start = performance.now();
      await work();
      if (turn >= TURN_COUNT / 10) figures.push(performance.now() - start);
    }
  }
  const [ours, ...references] = lanes.map(({ figures }) => median(figures));
  const kinds = ['of a file that grows', 'of a file that was lengthened before'];
  for (const [nth, reference] of references.entries()) {
    const ratio = (ours ?? Number.NaN) / reference;
    const isGoal = nth === 0;
    report({
      bench: 'journal-appends',
      case: `median latency of one appender, beside bare write and fdatasync ${kinds[nth]}`,
      ours: ours ?? Number.NaN,
      reference,
      unit: 'ms',
      ratio,
      goal: isGoal ? 'ratio <= 1.25' : '',
      met: !isGoal || ratio <= 1.25,
    });
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/**
 * Appends per second, and the latency of one, beside bare asynchronous `write` and `fdatasync` on
 * the same file system.
 *
 * Rounds take turns in one run. The bare lane does one write and one sync after the other, as a
 * program would that makes each record durable for itself: its rate is the rate of syncs.
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
const PAIR_COUNT = 4000;

const write = promisify(fs.write);
const fdatasync = promisify(fs.fdatasync);

/** 1, 16 and 256 appenders. */
export const bench = {
  name: 'journal-appends',
  async run(report: (row: BenchRow) => void): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'mangrove-bench-'));
    const fd = fs.openSync(join(directory, 'bare'), 'w');
    const host = await createProcessHost({
      node: toNodeId('bench'),
      dataDirectory: join(directory, 'node'),
    });
    try {
      const journal = await openJournal(host, { directory: 'wal' });
      const bare = lane();
      const ours = new Map([1, 16, 256].map((width) => [width, lane()]));
      for (let round = 0; round <= ROUND_COUNT; round++) {
        await takeRound(bare, 1, round, async () => {
          await write(fd, RECORD, 0, RECORD.length, null);
          await fdatasync(fd);
        });
        for (const [width, figures] of ours) {
          await takeRound(figures, width, round, () => append(journal));
        }
      }
      rows(report, bare, ours);
      await comparePairs(report, fd, journal);
      await journal.close();
    } finally {
      await host.close();
      fs.closeSync(fd);
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
 * The latency of one appender: a bare pair of calls and an append in turn, so that whatever else
 * the machine does hits both alike.
 */
async function comparePairs(
  report: (row: BenchRow) => void,
  fd: number,
  journal: Journal,
): Promise<void> {
  const [own, reference]: [number[], number[]] = [[], []];
  const bareAppend = async () => {
    await write(fd, RECORD, 0, RECORD.length, null);
    await fdatasync(fd);
  };
  for (let pair = 0; pair < PAIR_COUNT; pair++) {
    // Each goes first in half of the pairs: a sync that follows another one takes longer.
    const lanes = [
      { figures: reference, work: bareAppend },
      { figures: own, work: () => append(journal) },
    ];
    if (pair % 2 === 1) lanes.reverse();
    for (const { figures, work } of lanes) {
      const start = performance.now();
      await work();
      if (pair >= PAIR_COUNT / 10) figures.push(performance.now() - start);
    }
  }
  const [ours, bare] = [median(own), median(reference)];
  report({
    bench: 'journal-appends',
    case: 'median latency of one appender, beside bare write and fdatasync in turn',
    ours,
    reference: bare,
    unit: 'ms',
    ratio: ours / bare,
    goal: 'ratio <= 1.25',
    met: ours / bare <= 1.25,
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/**
 * Proposals of 256 bytes to three nodes as processes, with sync, beside a replication floor.
 *
 * The floor replicates over length-framed TCP with one `fdatasync` per batch on each of its three
 * processes and acknowledges what two have: no protocol could do less. Rounds of both take turns in
 * one run; each figure is the median of its rounds.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench, BenchRow } from '@mangrove/experiment';
import { FLOOR, type LoadReport, ReplicaGroup } from '@mangrove/test-kit/node';

const RAFT = fileURLToPath(new URL('./raft-process.ts', import.meta.url));

const ROUND_COUNT = 5;
const ROUND_MS = 1500;
const WARM_UP_MS = 2000;

/** How many proposals are in flight. */
const WIDTHS = [1, 64, 1024] as const;

/** The benchmark. */
export const bench: Bench = {
  name: 'raft-replication',
  async run(report: (row: BenchRow) => void): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'mangrove-bench-'));
    const groups: ReplicaGroup[] = [];
    try {
      groups.push(await ReplicaGroup.start(RAFT, join(directory, 'raft')));
      groups.push(await ReplicaGroup.start(FLOOR, join(directory, 'floor')));
      for (const group of groups) await group.load({ width: 1024, durationMs: WARM_UP_MS });
      for (const width of WIDTHS) {
        const [ours, floor] = await takeTurns(groups, width);
        if (ours !== undefined && floor !== undefined) tellWidth(report, width, ours, floor);
      }
    } finally {
      for (const group of groups) await group.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

/** The median figures of each group, once it has run for a while at this width. */
async function takeTurns(groups: readonly ReplicaGroup[], width: number): Promise<LoadReport[]> {
  const reports = groups.map((): LoadReport[] => []);
  for (const group of groups) await group.load({ width, durationMs: WARM_UP_MS });
  for (let round = 0; round < ROUND_COUNT; round++) {
    for (const [nth, group] of groups.entries()) {
      reports[nth]?.push(await group.load({ width, durationMs: ROUND_MS }));
    }
  }
  return reports.map(medianReport);
}

function medianReport(reports: readonly LoadReport[]): LoadReport {
  const of = (key: keyof LoadReport) => median(reports.map((each) => each[key]));
  return {
    proposalsPerSecond: of('proposalsPerSecond'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    p999Ms: of('p999Ms'),
    syncsPerSecond: of('syncsPerSecond'),
    proposalsPerSync: of('proposalsPerSync'),
  };
}

function tellWidth(
  report: (row: BenchRow) => void,
  width: number,
  ours: LoadReport,
  floor: LoadReport,
): void {
  const tell = (what: string, key: keyof LoadReport, unit: string, goal = '', met = true) => {
    const [own, reference] = [ours[key], floor[key]];
    const ratio = own / reference;
    const name = `${what}, ${width} in flight`;
    report({
      ...{ bench: bench.name, case: name, ours: own, reference, unit, ratio, goal, met },
    });
  };
  const rate = ours.proposalsPerSecond / floor.proposalsPerSecond;
  if (width === 1) tell('proposals', 'proposalsPerSecond', '1/s');
  else tell('proposals', 'proposalsPerSecond', '1/s', 'ratio >= 0.4', rate >= 0.4);
  const isFast = ours.p50Ms <= 1.3 * floor.p50Ms;
  if (width === 1) tell('latency p50', 'p50Ms', 'ms', 'ratio <= 1.3', isFast);
  else tell('latency p50', 'p50Ms', 'ms');
  tell('latency p99', 'p99Ms', 'ms');
  tell('latency p99.9', 'p999Ms', 'ms');
  tell('syncs of the leader', 'syncsPerSecond', '1/s');
  tell('proposals per sync', 'proposalsPerSync', '1');
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

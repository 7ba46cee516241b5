/**
 * Where the time of one proposal at a time goes: processor time by process, and hop by hop.
 *
 * The nodes and the floor take turns as in `replication.ts`. Processor time is taken first, of
 * processes that note nothing; hops of others, whose notes make them slower by a few microseconds a
 * hop. Linux only.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench, BenchRow } from '@mangrove/experiment';
import { FLOOR, ReplicaGroup } from '@mangrove/test-kit/node';
import { type Hops, hopsOf, MARK, type Note, readNotes } from './hops-of.ts';
import { type ProcessorTime, processorTimeOf } from './processor-time.ts';

const ROUND_COUNT = 8;
const ROUND_MS = 700;
const WIDE_MS = 1000;
const WARM_UP_MS = 2500;

const PROGRAMS = [fileURLToPath(new URL('./raft-process.ts', import.meta.url)), FLOOR] as const;

/** With what a disk is done: one write that is durable, or a sync. */
const DISK_DONE = [MARK.written, MARK.synced] as const;

const MARKS = fileURLToPath(new URL('./hop-marks.ts', import.meta.url));

/** The benchmark. */
export const bench: Bench = {
  name: 'raft-hops',
  async run(report: (row: BenchRow) => void): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'mangrove-bench-'));
    try {
      await tellTimes(report, join(directory, 'times'));
      await tellHops(report, join(directory, 'hops'));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

function tell(report: (row: BenchRow) => void, name: string, ours: number, reference: number) {
  const ratio = ours / reference;
  report({
    bench: bench.name,
    case: name,
    ours,
    reference,
    unit: 'us',
    ratio,
    goal: '',
    met: true,
  });
}

/** Tells what a proposal costs of processor time. */
async function tellTimes(report: (row: BenchRow) => void, directory: string): Promise<void> {
  const costs = PROGRAMS.map((): Cost[] => []);
  const groups = await open(directory, []);
  try {
    await takeTurns(groups, async (group, nth) => {
      costs[nth]?.push(await costOf(group));
    });
  } finally {
    for (const group of groups) await group.close();
  }
  const told: readonly (readonly [string, (cost: Cost) => number])[] = [
    ['processor time of the leader, all threads', ({ leader }) => leader.allUs],
    ['processor time of the leader, main thread', ({ leader }) => leader.mainUs],
    ['processor time of a follower, all threads', ({ follower }) => follower.allUs],
    ['processor time of a follower, main thread', ({ follower }) => follower.mainUs],
    ['processor time of all three', ({ leader, follower }) => leader.allUs + 2 * follower.allUs],
  ];
  for (const [name, take] of told) {
    const [ours = Number.NaN, floor = Number.NaN] = costs.map((each) => median(each.map(take)));
    tell(report, name, ours, floor);
  }
}

/** Tells the median of each hop, over the middle fifth of the proposals. */
async function tellHops(report: (row: BenchRow) => void, directory: string): Promise<void> {
  const groups = await open(directory, ['--import', MARKS]);
  await takeTurns(groups, async (group) => {
    await group.load({ width: 1, durationMs: ROUND_MS });
  });
  const hops = await Promise.all(groups.map((group, nth) => closed(group, directory, nth)));
  const [ours = [], floor = []] = hops.map(middleFifth);
  for (const name of Object.keys(ours[0] ?? {}) as (keyof Hops)[]) {
    tell(
      report,
      name,
      median(ours.map((each) => each[name])),
      median(floor.map((each) => each[name])),
    );
  }
}

/** Ends a group; the hops that it noted. */
async function closed(group: ReplicaGroup, directory: string, nth: number): Promise<Hops[]> {
  await group.close();
  const places = [0, 1, 2];
  const notes = await Promise.all(places.map((place) => notesOf(directory, nth, place)));
  const leader = notes[group.leaderPlace] ?? [];
  const followers = notes.filter((_, place) => place !== group.leaderPlace);
  return hopsOf(leader, followers, DISK_DONE[nth] ?? MARK.synced);
}

async function notesOf(directory: string, nth: number, place: number): Promise<Note[]> {
  return readNotes(await readFile(join(directory, String(nth), `hops-${place}`)));
}

async function open(directory: string, execArgv: readonly string[]): Promise<ReplicaGroup[]> {
  const groups: ReplicaGroup[] = [];
  for (const [nth, program] of PROGRAMS.entries()) {
    groups.push(await ReplicaGroup.start(program, join(directory, String(nth)), execArgv));
  }
  return groups;
}

/** Warms the groups up, and has `round` called with each in turn. */
async function takeTurns(
  groups: readonly ReplicaGroup[],
  round: (group: ReplicaGroup, nth: number) => Promise<void>,
): Promise<void> {
  for (const group of groups) {
    await group.load({ width: 1024, durationMs: WIDE_MS });
    await group.load({ width: 1, durationMs: WARM_UP_MS });
  }
  for (let turn = 0; turn < ROUND_COUNT; turn++) {
    for (const [nth, group] of groups.entries()) await round(group, nth);
  }
}

/** What one proposal costs the leader, and a follower on the average. */
interface Cost {
  readonly leader: ProcessorTime;
  readonly follower: ProcessorTime;
}

async function costOf(group: ReplicaGroup): Promise<Cost> {
  const times = () => Promise.all(group.pids.map(processorTimeOf));
  const before = await times();
  const { proposalsPerSecond } = await group.load({ width: 1, durationMs: ROUND_MS });
  const after = await times();
  const count = (proposalsPerSecond * ROUND_MS) / 1000;
  const spent = (places: readonly number[], key: keyof ProcessorTime) => {
    const each = places.map((place) => (after[place]?.[key] ?? 0) - (before[place]?.[key] ?? 0));
    return each.reduce((sum, us) => sum + us, 0) / places.length / count;
  };
  const of = (places: readonly number[]) => ({
    allUs: spent(places, 'allUs'),
    mainUs: spent(places, 'mainUs'),
  });
  const followers = [0, 1, 2].filter((place) => place !== group.leaderPlace);
  return { leader: of([group.leaderPlace]), follower: of(followers) };
}

/** Those that took neither short nor long: their hops add up, medians of all of them do not. */
function middleFifth(hops: readonly Hops[]): Hops[] {
  const sorted = hops.toSorted((a, b) => a.all - b.all);
  return sorted.slice(Math.floor(sorted.length * 0.4), Math.ceil(sorted.length * 0.6));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

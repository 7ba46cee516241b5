/**
 * What whoever runs many groups in one process asks for: to see how they stand, to remove one, and
 * to recover one that has lost its quorum, while the others go on.
 */
import { MetricRegistry, type NodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { encodeCommand, RaftError, simpleConfiguration } from '../src/index.ts';
import { NODES, Town } from './town.ts';

const [A, B, C] = NODES as [NodeId, NodeId, NodeId];
const WRITING = encodeCommand({ type: 'write', value: 7 });

/** A town in which every group is led and has a write. */
async function busyTown(seed: number, groupCount: number): Promise<Town> {
  const town = new Town(seed, groupCount);
  await town.until(() => town.names.every((name) => town.leader(name) !== undefined));
  for (const name of town.names) await write(town, name);
  await town.until(() => town.asleepCount === groupCount * NODES.length);
  return town;
}

async function write(town: Town, name: string): Promise<void> {
  const leader = town.leader(name);
  if (leader === undefined) throw new Error(`nobody leads ${name}`);
  expect(await town.outcome(leader.node.propose(WRITING))).toBeInstanceOf(Uint8Array);
}

/** The names of all files of a group on one machine. */
async function filesOf(town: Town, machine: NodeId, name: string): Promise<readonly string[]> {
  const disk = town.hosts.get(machine)?.disk;
  if (disk === undefined) throw new Error(`${machine} does not run`);
  const directory = `raft/groups/${name}`;
  const found = await town.outcome(
    Promise.all([disk.list(directory), disk.list(`${directory}/snapshots`)]),
  );
  if (found instanceof Error) throw found;
  return found.flat().filter((file) => file !== 'snapshots');
}

describe('how many groups stand', () => {
  it('R114: gauges count them, and an overview names some of those that need a look', async () => {
    const town = await busyTown(11, 12);
    const seen = NODES.map((node) => town.groups(node).overview());
    expect(seen.reduce((sum, { ledCount }) => sum + ledCount, 0)).toBe(12);
    expect(seen[0]).toMatchObject({ groupCount: 12, asleepCount: 12, leaderlessCount: 0 });
    expect(seen.flatMap(({ furthestBehind }) => furthestBehind)).toEqual([]);
    const others = NODES.filter((node) => node !== A);
    const window = { atMs: town.simulation.nowMs, untilMs: town.simulation.nowMs + 60_000 };
    town.simulation.inject({ type: 'cut', from: [A], to: others, ...window });
    town.simulation.inject({ type: 'cut', from: others, to: [A], ...window });
    // Those that it leads sleep on, since nobody asks anything of them.
    const stillLed = seen[0]?.ledCount ?? 0;
    await town.until(() => town.groups(A).overview().leaderlessCount === 12 - stillLed);
    expect(town.groups(A).overview(3).leaderless).toHaveLength(3);
    await town.until(
      () => town.groups(B).overview().ledCount + town.groups(C).overview().ledCount === 12,
    );
    const led = town.names.find((name) => town.groups(B).status(name)?.role === 'leader');
    if (led === undefined) throw new Error('b leads nothing');
    await write(town, led);
    const [furthest] = town.groups(B).overview(1).furthestBehind;
    expect(furthest).toMatchObject({ follower: A });
    expect(furthest?.lagCount).toBeGreaterThan(0);
    const { metrics } = town.hosts.get(A) ?? {};
    if (!(metrics instanceof MetricRegistry)) throw new Error('a has no registry');
    const gauges = metrics.snapshot().filter(({ name }) => name.startsWith('raft_groups_'));
    expect(Object.fromEntries(gauges.map(({ name, value }) => [name, value]))).toEqual({
      raft_groups_open: 12,
      raft_groups_asleep: stillLed,
      raft_groups_led: stillLed,
      raft_groups_leaderless: 12 - stillLed,
    });
    town.simulation.close();
  });
});

describe('a group that is removed from a process', () => {
  it('R115: frees its files and its log, and the other groups go on', async () => {
    const town = await busyTown(12, 3);
    for (let count = 0; count < 20; count++) await write(town, 'group-1');
    await town.until(() => town.groups(C).status('group-1')?.snapshotIndex !== 1);
    expect((await filesOf(town, C, 'group-1')).length).toBeGreaterThan(1);
    const before = town.place(C, 'group-1')?.node.store;
    // While writes are on their way, and twice.
    town.leader('group-1')?.node.propose(WRITING).catch(expectRaftError);
    expect(await town.outcome(town.groups(C).remove('group-1'))).toBeUndefined();
    expect(await town.outcome(town.groups(C).remove('group-1'))).toBeUndefined();
    expect(await filesOf(town, C, 'group-1')).toEqual([]);
    expect([...town.groups(C).names].sort()).toEqual(['group-0', 'group-2']);
    for (const name of ['group-0', 'group-2']) await write(town, name);
    expect(await town.outcome(town.groups(C).inspect('group-1'))).toMatchObject({
      code: 'no-store',
    });

    // Back again it is a new store, and has to be added as one.
    const groups = town.groups(C);
    const again = await town.outcome(town.open(groups, C, 'group-1'));
    if (again instanceof Error) throw again;
    expect(again.store).not.toBe(before);
    await town.pass(1000);
    expect(await town.outcome(again.propose(WRITING))).toMatchObject({ code: 'wrong-store' });
    expect(town.simulation.ends).toEqual([]);
    town.simulation.close();
  });

  it('R115: a crash at any moment leaves all of it or nothing', { timeout: 60_000 }, async () => {
    const seen = new Set<string>();
    for (let delayMs = 0; delayMs <= 30; delayMs += 2) {
      const town = await busyTown(13, 2);
      await town.until(() => town.place(C, 'group-1')?.register.value === 7);
      const { store } = town.place(C, 'group-1')?.node ?? {};
      let isDone = false;
      town
        .groups(C)
        .remove('group-1')
        .then(() => {
          isDone = true;
        }, fail);
      await town.pass(delayMs);
      town.unopened.add('group-1');
      town.simulation.crash(C, 'unsynced-lost');
      town.simulation.restart(C);
      await town.until(() => town.simulation.running(C) !== undefined);
      const groups = town.groups(C);
      const report = await town.outcome(groups.inspect('group-1'));
      if (report instanceof Error) expect(report).toMatchObject({ code: 'no-store' });
      else expect(report).toMatchObject({ store, lastIndex: 4 });
      seen.add(`${isDone ? 'done' : 'cut'}, ${report instanceof Error ? 'gone' : 'there'}`);
      const again = await town.outcome(town.open(groups, C, 'group-1'));
      if (again instanceof Error) throw again;
      expect(again.store === store).toBe(!(report instanceof Error));
      await town.pass(500);
      await write(town, 'group-0');
      expect(town.simulation.ends).toEqual([]);
      town.simulation.close();
    }
    expect([...seen].sort()).toEqual(['cut, gone', 'cut, there', 'done, gone']);
  });

  it('R115: one whose identity is lost is not opened anew', async () => {
    const town = await busyTown(14, 2);
    await town.outcome(town.groups(C).leave('group-1'));
    const disk = town.hosts.get(C)?.disk;
    await town.outcome(disk?.remove('raft/groups/group-1/identity') ?? Promise.reject());
    const founding = simpleConfiguration(NODES);
    const opened = await town.outcome(town.open(town.groups(C), C, 'group-1', { founding }));
    expect(opened).toMatchObject({ code: 'identity-lost', isDefinite: true });
    town.simulation.close();
  });
});

describe('one of many groups without a quorum', () => {
  it('R116: it goes on with one survivor, whose other groups stay as they are', async () => {
    const town = await busyTown(15, 3);
    await town.until(() => town.names.every((name) => town.place(A, name)?.register.value === 7));
    for (const node of [B, C]) town.simulation.crash(node, 'wiped');
    const groups = town.groups(A);
    const recovery = { newCluster: 'mangrove-2', acceptsLoss: true } as const;
    const early = await town.outcome(groups.unsafeRecoverQuorum('group-1', recovery));
    expect(early).toMatchObject({ message: expect.stringContaining('not open') });
    await town.outcome(groups.leave('group-1'));
    const report = await town.outcome(groups.unsafeRecoverQuorum('group-1', recovery));
    expect(report).toMatchObject({ node: A, cluster: 'mangrove', lastIndex: 4 });
    const alone = await town.outcome(town.open(groups, A, 'group-1', { cluster: 'mangrove-2' }));
    if (alone instanceof Error) throw alone;
    await town.until(() => alone.status().role === 'leader');
    await town.until(() => town.place(A, 'group-1')?.register.value === 7);
    await write(town, 'group-1');
    expect(alone.status().configuration.voters).toEqual([A]);
    // The others have no quorum, as before, and all that they had.
    const read = await town.outcome(town.place(A, 'group-0')?.node.read() ?? Promise.reject());
    expect(read).toBeInstanceOf(RaftError);
    expect(groups.status('group-0')?.configuration.voters).toEqual(NODES);
    expect(town.place(A, 'group-0')?.register.value).toBe(7);
    town.simulation.close();
  });
});

function fail(error: unknown): never {
  throw error;
}

/** The leader may be the one that is removed. */
function expectRaftError(error: unknown): void {
  expect(error).toBeInstanceOf(RaftError);
}

/**
 * What a node offers to those who hold it: giving up, its status as a stream, metrics, traces.
 */
import { MetricRegistry, type NodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS, type RaftStatus } from '../src/index.ts';
import { toNodeOptions } from '../src/shell/raft-node-config.ts';
import { A, B, C, D, DONE, FOUNDERS, NodeGroup, writing } from './node-group.ts';

describe('giving up', () => {
  it('R70: a proposal that is given up may have happened, before it began it did not', async () => {
    const group = new NodeGroup(21);
    const leader = await group.elect();
    const giver = new AbortController();
    const owed = leader.propose(writing(1), { signal: giver.signal });
    giver.abort('tired');
    const error = await group.outcome(owed);
    expect(error).toMatchObject({ code: 'aborted', isDefinite: false, cause: 'tired' });
    const { lastIndex } = leader.status();
    const late = leader.propose(writing(2), { signal: giver.signal });
    expect(leader.status().lastIndex).toBe(lastIndex);
    expect(await group.outcome(late)).toMatchObject({ code: 'aborted', isDefinite: true });
    await group.until(() => group.machines.get(leader.status().node)?.value === 1);
    group.simulation.close();
  });

  it('R70: a read that is given up ends at once, though no quorum answers', async () => {
    const group = new NodeGroup(22);
    const leader = await group.elect();
    const self = leader.status().node;
    const others = FOUNDERS.filter((node) => node !== self);
    const { nowMs } = group.simulation;
    group.simulation.inject({
      type: 'cut',
      atMs: nowMs,
      untilMs: nowMs + 5000,
      from: others,
      to: [self],
    });
    const giver = new AbortController();
    const read = leader.read({ signal: giver.signal });
    await group.pass(20);
    giver.abort();
    expect(await group.outcome(read)).toMatchObject({ code: 'aborted', isDefinite: true });
    expect(group.simulation.nowMs).toBeLessThan(nowMs + 150);
    group.simulation.close();
  });

  it('R70: a change of members or a hand-over that is given up may happen', async () => {
    const group = new NodeGroup(28);
    const leader = await group.elect();
    const self = leader.status().node;
    const others = FOUNDERS.filter((node) => node !== self);
    await group.write(1);
    const { nowMs } = group.simulation;
    group.simulation.inject({
      type: 'cut',
      atMs: nowMs,
      untilMs: nowMs + 60,
      from: others,
      to: [self],
    });
    const asks = [
      (signal: AbortSignal) => leader.addLearner(D, { signal }),
      (signal: AbortSignal) => leader.promote(D, { signal }),
      (signal: AbortSignal) => leader.changeMembers([{ type: 'remove', node: D }], { signal }),
      (signal: AbortSignal) => leader.leaveJoint({ signal }),
      (signal: AbortSignal) => leader.transferLeadership(others[0] ?? A, { signal }),
    ];
    // Before it begins it is definite, and nothing happens.
    const { lastIndex } = leader.status();
    for (const ask of asks) {
      const end = await group.outcome(ask(AbortSignal.abort('before')));
      expect(end).toMatchObject({ code: 'aborted', isDefinite: true, cause: 'before' });
    }
    expect(leader.status().lastIndex).toBe(lastIndex);
    // Nobody answers, so the change is open; it is committed when the others are heard again.
    const giver = new AbortController();
    const adding = leader.addLearner(D, { signal: giver.signal });
    await group.pass(20);
    giver.abort('tired');
    const end = await group.outcome(adding);
    expect(end).toMatchObject({ code: 'aborted', isDefinite: false, cause: 'tired' });
    expect(group.simulation.nowMs).toBeLessThan(nowMs + 40);
    await group.until(() =>
      group
        .node(others[0] ?? A)
        .status()
        .configuration.learners.includes(D),
    );
    // A hand-over goes on without the one who asked for it.
    const handing = new AbortController();
    const gone = (await group.elect()).transferLeadership(others[0] ?? A, {
      signal: handing.signal,
    });
    handing.abort();
    expect(await group.outcome(gone)).toMatchObject({ code: 'aborted', isDefinite: false });
    await group.until(() => group.node(others[0] ?? A).status().role === 'leader');
    group.simulation.close();
  });

  it('R71: a stale read needs no one else', async () => {
    const group = new NodeGroup(23);
    await group.write(5);
    await group.until(() => FOUNDERS.every((node) => group.machines.get(node)?.value === 5));
    group.simulation.crash(B, 'kept');
    group.simulation.crash(C, 'kept');
    await group.pass(1000);
    expect(await group.outcome(group.node(A).read({ consistency: 'stale' }))).toBeUndefined();
    const wanted = group.node(A).read({ consistency: 'linearizable' });
    expect(await group.outcome(wanted)).toMatchObject({ code: 'not-leader', isDefinite: true });
    expect(group.machines.get(A)?.value).toBe(5);
    group.simulation.close();
  });
});

describe('a follower that hands proposals over', () => {
  const options = { electionTimeoutMs: 150, heartbeatIntervalMs: 30, hasForwarding: true };

  it('R86: gives the result of its own state machine, each once on links that double', async () => {
    for (let seed = 81; seed < 86; seed++) {
      const group = new NodeGroup(seed, { options });
      const follower = await group.follower();
      await group.pass(200);
      const { commitIndex } = follower.status();
      const atMs = group.simulation.nowMs;
      group.simulation.inject({
        ...{ type: 'rough-links', atMs, untilMs: atMs + 60_000, from: FOUNDERS, to: FOUNDERS },
        ...{ lossPerMille: 50, duplicatePerMille: 500, delayPerMille: 200, delayMs: 20 },
      });
      const { term } = follower.status();
      for (let value = 1; value <= 12; value++) {
        expect(await group.outcome(follower.propose(writing(value)))).toEqual(DONE);
        expect(group.machines.get(follower.status().node)?.value).toBe(value);
      }
      expect(follower.status().commitIndex - commitIndex).toBe(12);
      expect(follower.status().term).toBe(term);
      group.simulation.close();
    }
  });

  it('R87: what it handed over before the leader died may have happened', async () => {
    const group = new NodeGroup(87, { options });
    const follower = await group.follower();
    const { leader } = follower.status();
    const owed = follower.propose(writing(1));
    group.simulation.crash(leader ?? A, 'unsynced-lost');
    expect(await group.outcome(owed)).toMatchObject({ code: 'leadership-lost', isDefinite: false });
    group.simulation.close();
  });
});

describe('what a node tells of itself', () => {
  it('R72: the stream of statuses skips what was not read and ends with the node', async () => {
    const group = new NodeGroup(24);
    const leader = await group.elect();
    const seen: RaftStatus[] = [];
    const stream = leader.changes();
    const first = await group.outcome(stream.next());
    for (let value = 1; value <= 20; value++) expect(await group.write(value)).toEqual(DONE);
    const second = await group.outcome(stream.next());
    for (const each of [first, second]) {
      if (!('value' in each) || each.value === undefined) throw new Error('no status');
      seen.push(each.value);
    }
    // Twenty commits lie between; one status tells of all of them.
    expect((seen[1]?.commitIndex ?? 0) - (seen[0]?.commitIndex ?? 0)).toBeGreaterThanOrEqual(20);
    expect(seen[1]).toEqual(leader.status());
    const next = stream.next();
    await group.outcome(leader.close());
    expect(await group.outcome(next)).toMatchObject({ done: true });
    group.simulation.close();
  });

  it('R72: a reader of statuses that gives up is woken', async () => {
    const group = new NodeGroup(25);
    const leader = await group.elect();
    await group.write(1);
    const giver = new AbortController();
    const stream = leader.changes({ signal: giver.signal });
    await group.outcome(stream.next());
    const next = stream.next();
    giver.abort();
    expect(await group.outcome(next)).toMatchObject({ code: 'aborted' });
    group.simulation.close();
  });

  it('R73: metrics tell term, indexes, latencies, elections and snapshots', async () => {
    const group = new NodeGroup(26, { snapshotEveryCount: 10 }, true);
    let tookMs = 0;
    for (let value = 1; value <= 15; value++) {
      const leader = await group.elect();
      const beganMs = group.simulation.nowMs;
      await group.outcome(leader.propose(writing(value)));
      tookMs += group.simulation.nowMs - beganMs;
    }
    const leader = await group.elect();
    const { node, term } = leader.status();
    await group.pass(200);
    const values = metricsOf(group, node);
    expect(values('raft_term')).toBe(term);
    expect(values('raft_is_leader')).toBe(1);
    expect(values('raft_commit_index')).toBe(leader.status().commitIndex);
    expect(values('raft_applied_index')).toBe(leader.status().appliedIndex);
    expect(values('raft_proposal_ms')).toBe(15);
    expect(values('raft_proposal_ms', 'sum')).toBeCloseTo(tookMs, 2);
    expect(values('raft_append_ms')).toBeGreaterThanOrEqual(15);
    expect(values('raft_sync_ms')).toBeGreaterThan(0);
    // A write is durable no sooner than the batch that holds it is synced.
    expect(values('raft_append_ms', 'sum')).toBeGreaterThanOrEqual(values('raft_sync_ms', 'sum'));
    expect(values('raft_sync_ms', 'sum')).toBeGreaterThan(0);
    expect(values('raft_leaderships_total')).toBe(1);
    expect(values('raft_snapshot_bytes_total taken')).toBeGreaterThan(0);
    const { records } = group.simulation.trace(FOUNDERS, []);
    for (const founder of FOUNDERS) {
      const roles = records.flatMap((each) =>
        each.type === 'state' && each.node === founder ? [each.fields['role']] : [],
      );
      const begunCount = roles.filter(
        (role, at) => role === 'pre-candidate' && roles[at - 1] !== role,
      ).length;
      expect(metricsOf(group, founder)('raft_elections_total')).toBe(begunCount);
    }
    group.simulation.close();
  });

  it('R73: the lag of a follower is what it has not got, and none when it has', async () => {
    const group = new NodeGroup(28);
    const leader = await group.elect();
    const self = leader.status().node;
    const [far, near] = FOUNDERS.filter((node) => node !== self);
    if (far === undefined || near === undefined) throw new Error('no followers');
    await group.until(() => leader.status().followers.every(({ lagCount }) => lagCount === 0));
    const { nowMs } = group.simulation;
    const cut = {
      type: 'cut',
      atMs: nowMs,
      untilMs: nowMs + 1_000,
      from: [self],
      to: [far],
    } as const;
    group.simulation.inject(cut);
    await group.pass(1);
    for (let value = 1; value <= 7; value++) await group.write(value);
    await group.pass(60);
    const values = metricsOf(group, self);
    expect(values(`raft_follower_lag_entries ${far}`)).toBe(7);
    expect(values(`raft_follower_lag_entries ${near}`)).toBe(0);
    await group.pass(2_000);
    const leads = (await group.elect()).status().node;
    const again = metricsOf(group, leads);
    for (const peer of FOUNDERS) {
      if (peer !== leads) expect(again(`raft_follower_lag_entries ${peer}`)).toBe(0);
    }
    group.simulation.close();
  });

  it('R74: each state in a trace has all its fields, and the end of the log', async () => {
    const group = new NodeGroup(27, { describeCommand: (bytes) => `n=${bytes.length}` }, true);
    for (let value = 1; value <= 3; value++) await group.write(value);
    const { node, term } = (await group.elect()).status();
    const { records } = group.simulation.trace(FOUNDERS, []);
    const states = records.flatMap((each) => (each.type === 'state' ? [each] : []));
    const names = ['role', 'term', 'leader', 'commitIndex', 'appliedIndex', 'lastIndex'];
    for (const { fields } of states)
      expect(Object.keys(fields)).toEqual([...names, 'logFrom', 'log']);
    const last = states.filter((each) => each.node === node).at(-1)?.fields;
    expect(last).toMatchObject({ role: 'leader', term, leader: node });
    expect(last?.['log']).toMatch(/^\d+:no-op( \d+:n=\d| \d+:members=a\+b\+c){4}$/);
    group.simulation.close();
  });
});

describe('large commands', () => {
  it('R93: the largest command that is taken in reaches all members', async () => {
    const largest = DEFAULT_OPTIONS.commandBytesMax;
    const sizes: number[] = [];
    const stateMachine = {
      apply: (command: Uint8Array) => {
        sizes.push(command.length);
        return DONE;
      },
      snapshot: () => new Uint8Array(0),
      restore: () => undefined,
    };
    const group = new NodeGroup(31, { stateMachine });
    const leader = await group.elect();
    expect(await group.outcome(leader.propose(new Uint8Array(largest + 1)))).toMatchObject({
      code: 'too-large',
    });
    expect(await group.outcome(leader.propose(new Uint8Array(largest)))).toEqual(DONE);
    await group.until(() => sizes.length === FOUNDERS.length);
    expect(sizes).toEqual(FOUNDERS.map(() => largest));
    group.simulation.close();
  });

  it('R93: bounds that no message has room for are refused at the start', () => {
    const bound = /commandBytesMax is 1048576, but must be at most 1044480/;
    expect(() => toNodeOptions({ commandBytesMax: 1_048_576 }, 1_048_576)).toThrow(bound);
    expect(toNodeOptions({}, 1_048_576)).toEqual(DEFAULT_OPTIONS);
  });
});

/** The readings of a node by name and labels: of a histogram, its count or its sum. */
function metricsOf(group: NodeGroup, node: NodeId) {
  const registry = group.hosts.get(node)?.metrics;
  if (!(registry instanceof MetricRegistry)) throw new Error('no metrics');
  const readings = new Map(
    registry
      .snapshot()
      .map((reading) => [[reading.name, ...Object.values(reading.labels)].join(' '), reading]),
  );
  return (name: string, part: 'value' | 'sum' = 'value') =>
    readings.get(name)?.[part] ?? Number.NaN;
}

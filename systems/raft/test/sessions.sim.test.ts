/**
 * Commands of a session that go over a follower: it hands them to the leader on links that double
 * and lose, the leader is cut off before its answer is heard, another one is elected, and the
 * client sends the same command again until it is answered.
 *
 * Whole nodes in the simulator. Every node counts how often a command is in the log, and how often
 * the machine within the sessions has taken it in.
 */
import { type NodeId, SeededRandom } from '@mangrove/host';
import { Simulation } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import {
  encodeSessionCommand,
  type PlacedCommand,
  RaftError,
  RaftNode,
  SessionMachine,
  type SessionResult,
  simpleConfiguration,
  startRaftNode,
} from '../src/index.ts';
import { decodeSessionCommand } from '../src/shell/session-machine.ts';
import { A, FOUNDERS } from './node-group.ts';

const OPTIONS = { electionTimeoutMs: 150, heartbeatIntervalMs: 30, hasForwarding: true };
const COMMAND_COUNT = 12;
/** A client that asks so often in vain has found a defect. */
const TRIES_MAX = 50;

/** Sessions around a list of the commands that were taken in; it counts what the log has. */
class CountedSessions extends SessionMachine {
  /** The sequences that the log has brought, of all sessions. */
  readonly logged: number[] = [];
  readonly taken: number[];

  constructor() {
    const taken: number[] = [];
    super({
      apply: (command) => {
        taken.push(command[0] ?? 0);
        return new Uint8Array([taken.length]);
      },
      snapshot: () => new Uint8Array(taken),
      restore: (bytes) => {
        taken.splice(0, taken.length, ...bytes);
      },
    });
    this.taken = taken;
  }

  override applyBatch(batch: readonly PlacedCommand<Uint8Array>[]): readonly SessionResult[] {
    for (const { command } of batch) {
      const given = decodeSessionCommand(command);
      if (given.type === 'command') this.logged.push(given.sequence);
    }
    return super.applyBatch(batch);
  }
}

/** Three nodes with sessions, and a client that asks one of them. */
class Cluster {
  readonly simulation: Simulation;
  readonly machines = new Map<NodeId, CountedSessions>();

  constructor(seed: number) {
    this.simulation = new Simulation({ seed, nodes: FOUNDERS });
    for (const node of FOUNDERS) {
      this.simulation.start(node, async (host) => {
        const stateMachine = new CountedSessions();
        this.machines.set(node, stateMachine);
        return await startRaftNode(host, {
          stateMachine,
          peers: FOUNDERS.map((each) => ({ node: each, address: each })),
          founding: simpleConfiguration(FOUNDERS),
          options: OPTIONS,
          snapshotEveryCount: 10_000,
        });
      });
    }
  }

  node(name: NodeId): RaftNode<SessionResult> {
    const node = this.simulation.running(name);
    if (!(node instanceof RaftNode)) throw new Error(`${name} does not run`);
    return node;
  }

  async until(isDone: () => boolean): Promise<void> {
    await this.simulation.run(this.simulation.nowMs + 10_000, isDone);
    expect(isDone()).toBe(true);
  }

  /** Proposes at `name` until there is an answer; how often it was asked. */
  async ask(name: NodeId, command: Uint8Array): Promise<[SessionResult, number]> {
    for (let count = 1; count <= TRIES_MAX; count++) {
      let outcome: SessionResult | RaftError | undefined;
      this.node(name)
        .propose(command)
        .then(
          (result) => {
            outcome = result;
          },
          (error) => {
            outcome = error;
          },
        );
      await this.until(() => outcome !== undefined);
      if (outcome === undefined) throw new Error('it did not end');
      if (!(outcome instanceof Error)) return [outcome, count];
      expect(outcome).toBeInstanceOf(RaftError);
      await this.simulation.run(this.simulation.nowMs + 20);
    }
    throw new Error(`no answer after ${TRIES_MAX} tries`);
  }
}

/** What has happened in all runs. */
const seen = { deposed: 0, askedAgain: 0, twiceInTheLog: 0 };

describe('a command of a session that goes over a follower', () => {
  it('R59, R86: is applied once, whatever is doubled, lost and asked again under a new leader', {
    timeout: 60_000,
  }, async () => {
    for (let seed = 301; seed <= 306; seed++) await play(seed);
    // What the test is about has happened, and often.
    expect(seen.deposed).toBeGreaterThan(20);
    expect(seen.askedAgain).toBeGreaterThan(20);
    expect(seen.twiceInTheLog).toBeGreaterThan(5);
  });
});

/** A client asks followers for twelve commands; with each the leader is cut off. */
async function play(seed: number): Promise<void> {
  const cluster = new Cluster(seed);
  const { simulation, machines } = cluster;
  const random = new SeededRandom(seed, 'sessions');
  await cluster.until(() => followerOf(cluster) !== undefined);
  simulation.inject({
    ...{ type: 'rough-links', atMs: simulation.nowMs, untilMs: simulation.nowMs + 60_000 },
    ...{ from: FOUNDERS, to: FOUNDERS },
    ...{ lossPerMille: 30, duplicatePerMille: 500, delayPerMille: 200, delayMs: 10 },
  });
  const [opened] = await cluster.ask(A, encodeSessionCommand({ type: 'open' }));
  if (opened.type !== 'opened') throw new Error('no session');
  for (let sequence = 1; sequence <= COMMAND_COUNT; sequence++) {
    await cluster.until(() => followerOf(cluster) !== undefined);
    await askWhileCut(cluster, random, opened.session, sequence);
  }
  simulation.heal();
  const all = [...machines.values()];
  await cluster.until(() => all.every(({ taken }) => taken.length >= COMMAND_COUNT));
  await simulation.run(simulation.nowMs + 1000);
  const wanted = Array.from({ length: COMMAND_COUNT }, (_, place) => place + 1);
  for (const { taken } of all) expect(taken).toEqual(wanted);
  seen.twiceInTheLog += (machines.get(A)?.logged.length ?? 0) - COMMAND_COUNT;
  expect(simulation.ends).toEqual([]);
  simulation.close();
}

/** Asks a follower; somewhere between question and answer the leader is heard no more. */
async function askWhileCut(
  cluster: Cluster,
  random: SeededRandom,
  session: number,
  sequence: number,
): Promise<void> {
  const { simulation } = cluster;
  const follower = followerOf(cluster) ?? A;
  const leader = cluster.node(follower).status().leader ?? A;
  const others = FOUNDERS.filter((node) => node !== leader);
  const { nowMs } = simulation;
  const untilMs = nowMs + 500;
  const isHeardByTheOther = random.chance(1, 2);
  // Then the third has the command when the leader is gone, and brings it into the next term.
  if (isHeardByTheOther) {
    simulation.inject({ type: 'cut', from: [leader], to: [follower], atMs: nowMs, untilMs });
  }
  const atMs = nowMs + (isHeardByTheOther ? random.between(8, 20) : random.between(0, 8));
  simulation.inject({ type: 'cut', from: [leader], to: others, atMs, untilMs });
  if (random.chance(1, 2)) {
    simulation.inject({ type: 'cut', from: others, to: [leader], atMs, untilMs });
  }
  const data = new Uint8Array([sequence]);
  const command = encodeSessionCommand({ type: 'command', session, sequence, data });
  const [answer, askedCount] = await cluster.ask(follower, command);
  expect(answer).toEqual({ type: 'applied', result: new Uint8Array([sequence]) });
  if (askedCount > 1) seen.askedAgain += 1;
  await simulation.run(untilMs);
  if (!leads(cluster, leader)) seen.deposed += 1;
}

function leads(cluster: Cluster, node: NodeId): boolean {
  return (
    cluster.simulation.running(node) !== undefined && cluster.node(node).status().role === 'leader'
  );
}

/** Someone who follows a leader that leads. */
function followerOf(cluster: Cluster): NodeId | undefined {
  return FOUNDERS.find((node) => {
    if (cluster.simulation.running(node) === undefined) return false;
    const { role, leader } = cluster.node(node).status();
    return role === 'follower' && leader !== undefined && leads(cluster, leader);
  });
}

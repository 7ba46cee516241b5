/**
 * Two hundred groups on three real nodes, over sockets and files: each commits, all fall asleep,
 * one is closed and opened again, and a node that is killed catches up in all of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type NodeId, toNodeId } from '@mangrove/host';
import { createProcessHost, type ProcessHost } from '@mangrove/host-process/node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  encodeCommand,
  RaftError,
  type RaftGroups,
  type RaftNode,
  RegisterMachine,
  simpleConfiguration,
  startRaftGroups,
} from '../src/index.ts';

const NODES = ['a', 'b', 'c'].map(toNodeId);
const NAMES = Array.from({ length: 200 }, (_, nth) => `group-${nth}`);
const OPTIONS = { electionTimeoutMs: 1000, heartbeatIntervalMs: 100, quiesceAfterMs: 1000 };
const PATIENCE_MS = 120_000;

let town: Town;

beforeEach(async () => {
  town = await Town.start();
}, PATIENCE_MS);

afterEach(async () => {
  await town.close();
});

it('R111, R112: 200 groups on real nodes commit, sleep, and come back from their disks', {
  timeout: PATIENCE_MS,
}, async ({ signal }) => {
  const until = (isDone: () => boolean) => waitUntil(isDone, signal);
  await town.write(0, signal);
  await until(() => town.holds(0) && town.isAsleep);
  const seen = town.members.map(({ groups }) => groups.overview());
  for (const overview of seen) {
    expect(overview).toMatchObject({ groupCount: 200, asleepCount: 200, leaderlessCount: 0 });
  }
  expect(seen.reduce((sum, { ledCount }) => sum + ledCount, 0)).toBe(200);

  const [member] = town.members as [Member];
  const { store } = member.node('group-7');
  const { lastIndex } = member.node('group-7').status();
  await member.groups.leave('group-7');
  expect(member.groups.overview()).toMatchObject({ groupCount: 199 });
  expect(await member.groups.inspect('group-7')).toMatchObject({ store, lastIndex });
  await member.open('group-7');
  expect(member.node('group-7').store).toBe(store);
  await until(() => member.valueOf('group-7') === 7);

  await until(() => town.isAsleep);
  const dead = town.busiest();
  const orphans = NAMES.filter((name) => dead.leads(name));
  await dead.kill();
  // Nobody asks for anything: it is the pulse of the dead that is missed.
  await until(() => orphans.every((name) => town.leader(name) !== undefined));
  await town.write(1000, signal);
  await dead.start(town.peers);
  await until(() => town.holds(1000) && town.isAsleep);
});

async function waitUntil(isDone: () => boolean, signal: AbortSignal): Promise<void> {
  while (!isDone()) await sleep(20, undefined, { signal });
}

type Peers = readonly { readonly node: NodeId; readonly address: string }[];

/** Three nodes with every group. */
class Town {
  readonly members: readonly Member[];
  readonly peers: Peers;
  private readonly directory: string;

  private constructor(members: readonly Member[], directory: string) {
    this.members = members;
    this.directory = directory;
    this.peers = members.map(({ host }) => ({ node: host.node, address: host.messageAddress }));
  }

  static async start(): Promise<Town> {
    const directory = mkdtempSync(join(tmpdir(), 'mangrove-groups-'));
    const members = await Promise.all(NODES.map((node) => Member.create(node, directory)));
    const town = new Town(members, directory);
    await Promise.all(members.map((member) => member.begin(town.peers)));
    return town;
  }

  get isAsleep(): boolean {
    return this.members.every(({ groups }) => groups.asleepCount === NAMES.length);
  }

  leader(name: string): Member | undefined {
    return this.members.find((member) => member.leads(name));
  }

  /** The node that leads the most groups. */
  busiest(): Member {
    const ledCount = (member: Member) => member.groups.overview().ledCount;
    return this.members.reduce((a, b) => (ledCount(a) < ledCount(b) ? b : a));
  }

  /** Writes to each group `base` and its number, through whoever leads it. */
  async write(base: number, signal: AbortSignal): Promise<void> {
    const writeTo = async (name: string, value: number) => {
      for (;;) {
        const written = this.leader(name)
          ?.node(name)
          .propose(encodeCommand({ type: 'write', value }));
        const outcome = await written?.catch((error: unknown) => error);
        if (outcome instanceof Uint8Array) return;
        if (outcome !== undefined && !(outcome instanceof RaftError)) throw outcome;
        await sleep(20, undefined, { signal });
      }
    };
    await Promise.all(NAMES.map((name, nth) => writeTo(name, base + nth)));
  }

  /** Whether every node has in every group what was written with `base`. */
  holds(base: number): boolean {
    return this.members.every((member) => {
      return NAMES.every((name, nth) => member.valueOf(name) === base + nth);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map((member) => member.close()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** One node, through its lives. */
class Member {
  host: ProcessHost;
  private readonly dataDirectory: string;
  private running: RaftGroups | undefined;
  private readonly nodes = new Map<string, RaftNode<Uint8Array>>();
  private readonly registers = new Map<string, RegisterMachine>();

  private constructor(host: ProcessHost, dataDirectory: string) {
    this.host = host;
    this.dataDirectory = dataDirectory;
  }

  static async create(node: NodeId, directory: string): Promise<Member> {
    const dataDirectory = join(directory, node);
    return new Member(await createProcessHost({ node, dataDirectory }), dataDirectory);
  }

  get groups(): RaftGroups {
    if (this.running === undefined) throw new Error(`${this.host.node} does not run`);
    return this.running;
  }

  node(name: string): RaftNode<Uint8Array> {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`${this.host.node} has not opened ${name}`);
    return node;
  }

  /** What its own state machine holds. */
  valueOf(name: string): number | undefined {
    return this.registers.get(name)?.value;
  }

  leads(name: string): boolean {
    return this.running?.status(name)?.role === 'leader';
  }

  /** Starts the groups on its Host. */
  async begin(peers: Peers): Promise<void> {
    this.running = await startRaftGroups(this.host, { peers, options: OPTIONS });
    await Promise.all(NAMES.map((name) => this.open(name)));
  }

  async open(name: string): Promise<void> {
    const stateMachine = new RegisterMachine();
    const founding = simpleConfiguration(NODES);
    this.nodes.set(name, await this.groups.open(name, { stateMachine, founding }));
    this.registers.set(name, stateMachine);
  }

  /** Ends it as a crash does. What it had in memory is gone. */
  async kill(): Promise<void> {
    this.running = undefined;
    this.nodes.clear();
    this.registers.clear();
    await this.host.crash();
  }

  /** Starts it again, in its former place. */
  async start(peers: Peers): Promise<void> {
    const { node, messageAddress } = this.host;
    const port = Number(messageAddress.split(':')[1]);
    this.host = await createProcessHost({ node, dataDirectory: this.dataDirectory, port });
    await this.begin(peers);
  }

  async close(): Promise<void> {
    await this.running?.close();
    await this.host.close();
  }
}

/**
 * Watches of members that are cut off from the cluster, and still reached by their clients: they
 * are told so and end, and a client takes them up at another member where they stood. The members
 * and the client are real, their machines and the network simulated.
 */
import { type NodeId, toNodeId } from '@mangrove/host';
import { simpleConfiguration } from '@mangrove/raft';
import { Simulation } from '@mangrove/sim';
import { afterEach, describe, expect, it } from 'vitest';
import {
  KvClient,
  type KvClientOptions,
  type KvNode,
  serveNative,
  startKvNode,
} from '../src/index.ts';

const ELECTION_MS = 150;
const MEMBERS: readonly NodeId[] = ['a', 'b', 'c'].map(toNodeId);
const [WATCHING, WRITING] = [toNodeId('w'), toNodeId('x')];

/** Three members with ports for clients, and two clients. */
class Stage {
  readonly simulation = new Simulation({ seed: 66, nodes: [...MEMBERS, WATCHING, WRITING] });
  readonly seen: string[] = [];
  private readonly nodes = new Map<NodeId, KvNode>();
  private readonly clients = new Map<NodeId, KvClient>();

  constructor(endpoints: KvClientOptions['endpoints']) {
    for (const each of MEMBERS) this.startMember(each);
    this.startClient(WATCHING, endpoints);
    this.startClient(WRITING, MEMBERS.map(addressOf));
  }

  /** Puts, by the client that is never cut off. */
  async put(value: string): Promise<void> {
    await this.settled(this.clients.get(WRITING)?.put('k', value));
  }

  /** Begins to watch, with a first put that is seen. */
  async watch(): Promise<void> {
    await this.until(() => this.clients.size === 2);
    const watch = this.clients.get(WATCHING)?.watch('k');
    void (async () => {
      for await (const { value } of watch ?? []) this.seen.push(value);
    })();
    await this.settled(watch?.started);
    await this.put('first');
    await this.until(() => this.seen.length === 1);
  }

  /** The member that has the watcher. */
  get watched(): NodeId {
    const found = MEMBERS.find((each) => this.watcherCount(each) > 0);
    if (found === undefined) throw new Error('nobody is watched');
    return found;
  }

  watcherCount(member: NodeId): number {
    return this.nodes.get(member)?.inspect().watcherCount ?? 0;
  }

  /** Cuts `member` off from the other members, and from no client. */
  cutOff(member: NodeId, untilMs: number): void {
    const others = MEMBERS.filter((each) => each !== member);
    const window = { atMs: this.simulation.nowMs, untilMs };
    this.simulation.inject({ type: 'cut', ...window, from: [member], to: others });
    this.simulation.inject({ type: 'cut', ...window, from: others, to: [member] });
  }

  async until(isDone: () => boolean, withinMs = 20_000): Promise<void> {
    await this.simulation.run(this.simulation.nowMs + withinMs, isDone);
    expect(isDone()).toBe(true);
  }

  /** Runs until `promise` is fulfilled. */
  private async settled(promise: Promise<unknown> | undefined): Promise<void> {
    let isDone = false;
    void promise?.then(() => {
      isDone = true;
    });
    await this.until(() => isDone);
  }

  private startMember(member: NodeId): void {
    this.simulation.start(member, async (host) => {
      const node = await startKvNode(host, {
        peers: MEMBERS.map((each) => ({ node: each, address: each })),
        founding: simpleConfiguration(MEMBERS),
        raft: { electionTimeoutMs: ELECTION_MS, heartbeatIntervalMs: 30 },
      });
      this.nodes.set(member, node);
      await serveNative(host, node, { cluster: 'c', port: PORT });
      return node;
    });
  }

  private startClient(name: NodeId, endpoints: readonly string[]): void {
    this.simulation.start(name, async (host) => {
      const client = new KvClient(host, { endpoints, timeoutMs: 15_000 });
      this.clients.set(name, client);
      const close = () => client.close();
      return { close, [Symbol.asyncDispose]: close };
    });
  }
}

const PORT = 2379;

function addressOf(member: NodeId): string {
  return `${member}:${PORT}`;
}

let stage: Stage | undefined;

afterEach(() => stage?.simulation.close());

describe('R66: a watch at a member that is cut off from the others', () => {
  it('ends there within four election timeouts, and goes on elsewhere without a gap', async () => {
    stage = new Stage(MEMBERS.map(addressOf));
    await stage.watch();
    const { watched, simulation } = stage;
    stage.cutOff(watched, simulation.nowMs + 60_000);
    await stage.until(() => stage?.watcherCount(watched) === 0, 4 * ELECTION_MS);
    await stage.put('second');
    await stage.put('third');
    await stage.until(() => stage?.seen.length === 3);
    expect(stage.seen).toEqual(['first', 'second', 'third']);
    expect(stage.watched).not.toBe(watched);
  });

  it('is taken up again there once that is back, where a client knows no other', async () => {
    stage = new Stage([addressOf(toNodeId('a'))]);
    await stage.watch();
    const { watched, simulation } = stage;
    expect(watched).toBe('a');
    stage.cutOff(watched, simulation.nowMs + 3000);
    await stage.until(() => stage?.watcherCount(watched) === 0);
    await stage.put('second');
    expect(stage.seen).toEqual(['first']);
    await stage.until(() => stage?.seen.length === 2);
    expect(stage.seen).toEqual(['first', 'second']);
  });
});

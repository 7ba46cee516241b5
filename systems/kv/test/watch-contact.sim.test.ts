/**
 * Watches of clients whose member is cut off from the cluster, or from them: they are told, or find
 * out, and take the watch up at another member where it stood. The members and the clients are
 * real, their machines and the network simulated.
 */
import { type NodeId, toNodeId } from '@mangrove/host';
import { afterEach, describe, expect, it } from 'vitest';
import type { KvClientOptions } from '../src/index.ts';
import { addressOf, ELECTION_MS, MEMBERS, ServedCluster } from './served-cluster.ts';

const [WATCHING, WRITING] = [toNodeId('w'), toNodeId('x')];

/** Members with ports for clients, and two clients. */
class Stage extends ServedCluster {
  readonly seen: string[] = [];

  constructor(endpoints: KvClientOptions['endpoints']) {
    super(66, [WATCHING, WRITING]);
    this.startClient(WATCHING, { endpoints });
    this.startClient(WRITING, { endpoints: MEMBERS.map(addressOf) });
  }

  /** Puts, by the client that is never cut off. */
  async put(value: string): Promise<void> {
    await this.settled(this.client(WRITING).put('k', value));
  }

  /** Begins to watch, with a first put that is seen. */
  async watch(): Promise<void> {
    await this.ready();
    const watch = this.client(WATCHING).watch('k');
    void (async () => {
      for await (const { value } of watch) this.seen.push(value);
    })();
    await this.settled(watch.started);
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
    return this.node(member).inspect().watcherCount;
  }

  /** Cuts `member` off from the other members, and from no client. */
  cutOff(member: NodeId, untilMs: number): void {
    const others = MEMBERS.filter((each) => each !== member);
    const window = { atMs: this.simulation.nowMs, untilMs };
    this.simulation.inject({ type: 'cut', ...window, from: [member], to: others });
    this.simulation.inject({ type: 'cut', ...window, from: others, to: [member] });
  }

  /** Has nothing pass between `member` and the client that watches, which nobody is told. */
  silence(member: NodeId, untilMs: number): void {
    const window = { atMs: this.simulation.nowMs, untilMs };
    this.simulation.inject({ type: 'stall-links', ...window, from: [member], to: [WATCHING] });
    this.simulation.inject({ type: 'stall-links', ...window, from: [WATCHING], to: [member] });
  }
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

describe('R66: a watch at a member that is not heard any more', () => {
  it('is left after 30 s in which it is asked three times, and goes on elsewhere', async () => {
    stage = new Stage(MEMBERS.map(addressOf));
    await stage.watch();
    const { watched, simulation } = stage;
    const silentAtMs = simulation.nowMs;
    stage.silence(watched, silentAtMs + 600_000);
    await stage.put('second');
    await stage.until(() => stage?.seen.length === 2, 60_000);
    const tookMs = simulation.nowMs - silentAtMs;
    // Up to ten seconds pass between two looks.
    expect(tookMs).toBeGreaterThan(29_000);
    expect(tookMs).toBeLessThan(42_000);
    expect(MEMBERS.filter((each) => (stage?.watcherCount(each) ?? 0) > 0)).not.toContain(watched);
    await stage.put('third');
    await stage.until(() => stage?.seen.length === 3, 1000);
    expect(stage.seen).toEqual(['first', 'second', 'third']);
  });

  it('is not left where the silence is shorter, and nothing is lost', async () => {
    stage = new Stage(MEMBERS.map(addressOf));
    await stage.watch();
    const { watched, simulation } = stage;
    stage.silence(watched, simulation.nowMs + 15_000);
    await stage.put('second');
    await stage.until(() => stage?.seen.length === 2, 60_000);
    expect(stage.seen).toEqual(['first', 'second']);
    expect(stage.watched).toBe(watched);
  });

  it('ends at the member as well, where a client is gone without a word', async () => {
    stage = new Stage(MEMBERS.map(addressOf));
    await stage.watch();
    const { watched, simulation } = stage;
    const goneAtMs = simulation.nowMs;
    // It asks nothing more, and its machine says nothing of its connections.
    simulation.crash(WATCHING, 'unsynced-lost');
    await stage.until(() => stage?.watcherCount(watched) === 0, 60_000);
    expect(simulation.nowMs - goneAtMs).toBeLessThan(42_000);
  });
});

/**
 * Answers that nobody takes: what a member holds of them is bounded over all connections, changes
 * say at least that they were done, and others are served again soon. The member is real, its
 * machine and the network are simulated; the bound is a mebibyte.
 */
import { type ByteStream, type Host, type NodeId, toNodeId } from '@mangrove/host';
import { simpleConfiguration } from '@mangrove/raft';
import { Simulation } from '@mangrove/sim';
import { afterEach, describe, expect, it } from 'vitest';
import {
  KvClient,
  type KvErrorCode,
  type KvNode,
  type KvRequest,
  type Operation,
  op,
  serveNative,
  startKvNode,
} from '../src/index.ts';
import { MessageReader, MessageSender } from '../src/protocol/native/message-stream.ts';
import {
  CLIENT_MESSAGE,
  type ClientMessage,
  SERVER_MESSAGE,
  type ServerMessage,
} from '../src/protocol/native/messages.ts';

const [MEMBER, GREEDY, OTHER]: readonly [NodeId, NodeId, NodeId] = [
  toNodeId('m'),
  toNodeId('g'),
  toNodeId('o'),
];

const BOUND_BYTES = 1_048_576;
const VALUE_BYTES = 65_536;

/** What the network holds of a stream whose reader takes nothing, and one write beyond it. */
const NETWORK_BYTES = 262_144 + 65_536 * 2;

/** How many requests the greedy client has at once: eight times the bound. */
const COUNT = 128;

/** A client that takes nothing before it is told to. */
class Greedy {
  readonly heard: ServerMessage[] = [];
  private readonly stream: ByteStream;
  private readonly sender: MessageSender<ClientMessage>;
  isClosed = false;

  constructor(host: Host, stream: ByteStream) {
    this.stream = stream;
    const run = (task: () => Promise<void>) => host.run(task);
    const onBroken = () => {
      this.isClosed = true;
    };
    this.sender = new MessageSender(stream, CLIENT_MESSAGE.at(1), run, onBroken);
    this.sender.send({ type: 'hello', lowest: 1, highest: 1, cluster: '' });
  }

  /** Asks once it was welcomed: nothing may follow the hello before. */
  ask(operation: Operation, count: number): void {
    const consistency = { type: 'serializable' } as const;
    this.request({ type: 'operation', operation, consistency, place: undefined }, count);
  }

  request(request: KvRequest, count: number): void {
    for (let id = 0; id < count; id += 1) {
      this.sender.send({ type: 'request', id, timeoutMs: 0, request });
    }
  }

  ping(): void {
    this.sender.send({ type: 'ping' });
  }

  async take(): Promise<void> {
    const reader = new MessageReader(SERVER_MESSAGE.at(1), 1 << 24);
    for (;;) {
      const bytes = await this.stream.read();
      if (bytes === undefined) return;
      reader.push(bytes, (message) => this.heard.push(message) > 0);
    }
  }

  /** How requests ended: done, or why not. */
  get ends(): readonly ('done' | KvErrorCode)[] {
    return this.heard.flatMap((message) => {
      if (message.type !== 'reply') return [];
      return [message.reply.type === 'done' ? 'done' : message.reply.code];
    });
  }

  count(end: 'done' | KvErrorCode): number {
    return this.ends.filter((each) => each === end).length;
  }
}

/** A member, a greedy client and another one. */
class Stage {
  readonly simulation = new Simulation({ seed: 35, nodes: [MEMBER, GREEDY, OTHER] });
  private hosts = new Map<NodeId, Host>();
  private node: KvNode | undefined;
  private client: KvClient | undefined;

  constructor() {
    this.simulation.start(MEMBER, async (host) => {
      const node = await startKvNode(host, {
        peers: [{ node: MEMBER, address: MEMBER }],
        founding: simpleConfiguration([MEMBER]),
      });
      this.node = node;
      const bounds = { answersBytesMax: BOUND_BYTES };
      await serveNative(host, node, { cluster: 'c', port: 7000, bounds });
      return node;
    });
    for (const name of [GREEDY, OTHER]) {
      this.simulation.start(name, async (host) => {
        this.hosts.set(name, host);
        const close = async () => {};
        return { close, [Symbol.asyncDispose]: close };
      });
    }
  }

  /** The other client, once a large value is there. */
  async begin(): Promise<KvClient> {
    await this.until(() => this.hosts.size === 2 && this.node !== undefined);
    this.client = new KvClient(this.host(OTHER), { endpoints: ['m:7000'] });
    for (const key of ['large/1', 'large/2', 'large/3']) {
      await this.outcome(this.client.put(key, 'x'.repeat(VALUE_BYTES)));
    }
    return this.client;
  }

  /** Another connection of the greedy one, welcomed. */
  async greedy(): Promise<Greedy> {
    const host = this.host(GREEDY);
    const greedy = new Greedy(host, await this.outcome(host.streams.connect('m:7000')));
    await this.pass(100);
    return greedy;
  }

  take(greedy: Greedy): void {
    this.host(GREEDY).run(() => greedy.take());
  }

  get version(): number {
    const value = this.node?.inspect().state.store.get(new TextEncoder().encode('n'));
    return value?.version ?? 0;
  }

  async pass(durationMs: number): Promise<void> {
    await this.simulation.run(this.simulation.nowMs + durationMs);
  }

  async until(isDone: () => boolean): Promise<void> {
    await this.simulation.run(this.simulation.nowMs + 20_000, isDone);
    expect(isDone()).toBe(true);
  }

  async outcome<Value>(promise: Promise<Value>): Promise<Value> {
    let isOver = false;
    const end = () => {
      isOver = true;
    };
    promise.then(end, end);
    await this.until(() => isOver);
    return await promise;
  }

  private host(name: NodeId): Host {
    const host = this.hosts.get(name);
    if (host === undefined) throw new Error(`${name} does not run`);
    return host;
  }
}

let stage: Stage | undefined;

afterEach(() => stage?.simulation.close());

describe('R35: answers that nobody takes', () => {
  it('are read as far as there is room; other reads are refused, as not done', async () => {
    stage = new Stage();
    await stage.begin();
    const greedy = await stage.greedy();
    greedy.ask(op.get('large/1'), COUNT);
    await expectBounded(stage, greedy);
    expect(greedy.heard.every((each) => isDefinite(each))).toBe(true);
  });

  it('are lost where they are of changes, which happened and say so', async () => {
    stage = new Stage();
    await stage.begin();
    const greedy = await stage.greedy();
    // Small to send, and large to answer.
    greedy.ask(op.txn([], [op.put('n', '1'), op.get('large/1')]), COUNT);
    await stage.pass(500);
    stage.take(greedy);
    await stage.until(() => greedy.ends.length === COUNT);
    const [done, lost] = [greedy.count('done'), greedy.count('result-lost')];
    expect(done + lost + greedy.count('too-many-requests')).toBe(COUNT);
    expect(done + lost).toBe(stage.version);
    expect(lost).toBeGreaterThan(0);
    expect(done * VALUE_BYTES).toBeLessThan(BOUND_BYTES + NETWORK_BYTES);
  });

  it('are bounded where they list the keys of a lease, too', async () => {
    stage = new Stage();
    const other = await stage.begin();
    const lease = await stage.outcome(other.grantLease(60_000, { keepAlive: false }));
    const length = 16;
    for (let nth = 0; nth < length; nth += 1) {
      const key = `${nth}`.padStart(VALUE_BYTES / length, 'k');
      await stage.outcome(other.put(key, '', { lease }));
    }
    const greedy = await stage.greedy();
    greedy.request({ type: 'lease-time-to-live', lease: lease.id, wantsKeys: true }, COUNT);
    await expectBounded(stage, greedy);
  });

  it('are those of all connections together', async () => {
    stage = new Stage();
    await stage.begin();
    const all: Greedy[] = [];
    for (let nth = 0; nth < 8; nth += 1) all.push(await stage.greedy());
    for (const each of all) each.ask(op.get('large/1'), COUNT / 8);
    await stage.pass(100);
    for (const each of all) stage.take(each);
    await stage.until(() => all.every(({ ends }) => ends.length === COUNT / 8));
    const done = all.reduce((sum, each) => sum + each.count('done'), 0);
    expect(done).toBeLessThan(COUNT);
    // Each connection has a network of its own.
    expect(done * VALUE_BYTES).toBeLessThan(BOUND_BYTES + all.length * NETWORK_BYTES);
  });

  it('cost their client its connection within seconds, where others are refused', async () => {
    stage = new Stage();
    const other = await stage.begin();
    const greedy = await stage.greedy();
    // The network takes some of the first answers, so that there is room for more of them.
    for (let round = 0; round < 3; round += 1) {
      greedy.ask(op.get('large/1'), COUNT);
      await stage.pass(100);
    }
    const beganMs = stage.simulation.nowMs;
    // More than there is room for, as long as the other takes nothing.
    const entries = await stage.outcome(other.getAll({ prefix: 'large/' }));
    expect(entries.length).toBe(3);
    expect(stage.simulation.nowMs - beganMs).toBeLessThan(4000);
    greedy.ping();
    await stage.until(() => greedy.isClosed);
    // It would have had 30 s.
    expect(stage.simulation.nowMs - beganMs).toBeLessThan(5000);
  });

  it('do no harm to their client where nobody is refused', async () => {
    stage = new Stage();
    await stage.begin();
    const greedy = await stage.greedy();
    greedy.ask(op.get('large/1'), 10);
    await stage.pass(10_000);
    stage.take(greedy);
    await stage.until(() => greedy.count('done') === 10);
  });
});

/** It gets as many answers as there is room for, and the others are refused. */
async function expectBounded(stage: Stage, greedy: Greedy): Promise<void> {
  await stage.pass(100);
  stage.take(greedy);
  await stage.until(() => greedy.ends.length === COUNT);
  const done = greedy.count('done');
  expect(done + greedy.count('too-many-requests')).toBe(COUNT);
  expect(done * VALUE_BYTES).toBeGreaterThan(BOUND_BYTES / 2);
  expect(done * VALUE_BYTES).toBeLessThan(BOUND_BYTES + NETWORK_BYTES);
}

function isDefinite(message: ServerMessage): boolean {
  return message.type !== 'reply' || message.reply.type === 'done' || message.reply.isDefinite;
}

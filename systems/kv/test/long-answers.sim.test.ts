/**
 * Long answers at the port of a member: they are encoded in slices, and what others asked for goes
 * on meanwhile. The port and the network are those of a member on simulated machines; what is
 * served behind it gives answers of the length that is asked for.
 */
import { type ByteStream, type Host, type NodeId, toNodeId } from '@mangrove/host';
import { Simulation } from '@mangrove/sim';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type AnswerHeader,
  type KeyValue,
  type KvRequest,
  type KvResult,
  type KvService,
  NO_LEASE,
  type Revision,
  serveNative,
} from '../src/index.ts';
import { MessageReader, MessageSender } from '../src/protocol/native/message-stream.ts';
import {
  ANSWER_BYTES_MAX,
  CLIENT_MESSAGE,
  type ClientMessage,
  SERVER_MESSAGE,
  type ServerMessage,
} from '../src/protocol/native/messages.ts';
import type { NativeServer } from '../src/protocol/native/native-server.ts';

const [MEMBER, CLIENT]: readonly [NodeId, NodeId] = [toNodeId('m'), toNodeId('c')];
const HEADER: AnswerHeader = {
  ...{ member: MEMBER, term: 1, revision: 1 as Revision },
  stalenessMs: undefined,
};
const REVISIONS = { createRevision: 1 as Revision, modRevision: 1 as Revision, version: 1 };

/** The length of a long answer: 5,000 values of a kilobyte. */
const COUNT = 5_000;
const VALUE_BYTES = 1_000;
const LONG_BYTES = COUNT * (VALUE_BYTES + 48);
const LONG = rangeOf(COUNT);

/** Asks for a long answer, for a short one, and for the end of the port. */
const ASK_LONG: KvRequest = { type: 'hash', revision: 1 as Revision };
const ASK_SHORT: KvRequest = { type: 'list-alarms' };
const ASK_END: KvRequest = { type: 'open-session' };

let stage: Stage | undefined;

afterEach(() => stage?.simulation.close());

describe('R45: a long answer', () => {
  it('comes whole, behind what was asked for and answered while it was encoded', async () => {
    stage = new Stage();
    await stage.begin();
    stage.say({ type: 'ping' }, request(1, ASK_LONG), request(2, ASK_SHORT), { type: 'ping' });
    stage.take();
    await stage.until(() => stage?.heard.length === 5);
    expect(stage.told()).toEqual(['welcome', 'pong', 2, 'pong', 1]);
    const codec = SERVER_MESSAGE.at(1);
    const sent = codec.encode({ type: 'reply', id: 1, reply: doneWith(LONG) });
    const came = codec.encode(stage.heard[4] as ServerMessage);
    expect(Buffer.from(came).equals(sent)).toBe(true);
    // It stands behind what was said since.
    stage.say(request(3, ASK_LONG));
    await stage.until(() => stage?.heard.length === 6);
    stage.say(request(4, ASK_SHORT));
    await stage.until(() => stage?.heard.length === 7);
    expect(stage.told().slice(5)).toEqual([3, 4]);
  });

  it('that is canceled meanwhile never comes, and gives its room back', async () => {
    stage = new Stage(LONG_BYTES);
    await stage.begin();
    stage.take();
    for (const id of [1, 3, 5]) {
      stage.say(request(id, ASK_LONG), { type: 'cancel', id });
      await stage.pass(100);
    }
    stage.say(request(6, ASK_SHORT));
    await stage.pass(100);
    expect(stage.told()).toEqual(['welcome', 6]);
    stage.say(request(7, ASK_LONG));
    await stage.until(() => stage?.told().at(-1) === 7);
    expect(stage.endOf(7)).toBe('done');
  });

  it('ends with its connection', async () => {
    stage = new Stage();
    await stage.begin();
    stage.take();
    stage.say(request(1, ASK_LONG), request(2, ASK_LONG), request(3, ASK_END));
    await stage.until(() => stage?.isOver === true);
    expect(stage.told()).toEqual(['welcome', 'goodbye']);
    expect(stage.givenUp()).toEqual([true, true, true]);
  });

  it('holds up the requests behind it until its client has taken it', async () => {
    stage = new Stage();
    await stage.begin();
    stage.say(request(1, ASK_LONG));
    await stage.pass(100);
    // The port reads on while it encodes: so one more comes through.
    for (const id of [2, 3, 4]) {
      stage.say(request(id, ASK_SHORT));
      await stage.pass(100);
      expect(stage.served).toBe(2);
    }
    stage.take();
    await stage.until(() => stage?.told().at(-1) === 4);
    expect(stage.told()).toEqual(['welcome', 1, 2, 3, 4]);
  });

  it('that no frame holds is told to be too large', async () => {
    stage = new Stage(ANSWER_BYTES_MAX * 2, rangeOf(17, 4_194_000));
    await stage.begin();
    stage.take();
    stage.say(request(1, ASK_LONG));
    await stage.until(() => stage?.told().at(-1) === 1);
    expect(stage.endOf(1)).toBe('answer-too-large');
  });
});

/** A port, and a client that takes nothing before it is told to. */
class Stage implements KvService {
  readonly simulation = new Simulation({ seed: 45, nodes: [MEMBER, CLIENT] });
  readonly heard: ServerMessage[] = [];
  isOver = false;
  private readonly long: KvResult;
  private readonly asks: Parameters<KvService['serve']>[1][] = [];
  private server: NativeServer | undefined;
  private client: Host | undefined;
  private stream: ByteStream | undefined;
  private sender: MessageSender<ClientMessage> | undefined;

  constructor(answersBytesMax = 1e9, long: KvResult = LONG) {
    this.long = long;
    this.simulation.start(MEMBER, async (host) => {
      const bounds = { answersBytesMax };
      this.server = await serveNative(host, this, { cluster: 'c', port: 7000, bounds });
      const close = () => this.server?.close() ?? Promise.resolve();
      return { close, [Symbol.asyncDispose]: close };
    });
    this.simulation.start(CLIENT, async (host) => {
      this.client = host;
      const close = async () => {};
      return { close, [Symbol.asyncDispose]: close };
    });
  }

  /** How many requests were served. */
  get served(): number {
    return this.asks.length;
  }

  serve(asked: KvRequest, ask: Parameters<KvService['serve']>[1]): void {
    this.asks.push(ask);
    if (asked.type === ASK_LONG.type) {
      expect(ask.answer?.growTo(LONG_BYTES)).toBe(true);
      ask.reply(doneWith(this.long));
    } else if (asked.type === ASK_SHORT.type) {
      ask.reply(doneWith({ type: 'alarms', alarms: [] }));
    } else void this.server?.close();
  }

  openWatch(): never {
    throw new Error('nobody watches');
  }

  backup(): never {
    throw new Error('nobody takes a backup');
  }

  /** Connects the client. */
  async begin(): Promise<void> {
    await this.until(() => this.client !== undefined && this.server !== undefined);
    const { client } = this;
    client?.run(async () => {
      const stream = await client.streams.connect('m:7000');
      const run = (task: () => Promise<void>) => client.run(task);
      this.stream = stream;
      this.sender = new MessageSender(stream, CLIENT_MESSAGE.at(1), run, () => {});
      this.sender.send({ type: 'hello', lowest: 1, highest: 1, cluster: '' });
    });
    await this.pass(100);
  }

  say(...messages: readonly ClientMessage[]): void {
    for (const each of messages) this.sender?.send(each);
  }

  /** Begins to take what the port sends. */
  take(): void {
    const reader = new MessageReader(SERVER_MESSAGE.at(1), ANSWER_BYTES_MAX);
    this.client?.run(async () => {
      for (;;) {
        const bytes = await this.stream?.read();
        if (bytes === undefined) break;
        reader.push(bytes, (message) => this.heard.push(message) > 0);
      }
      this.isOver = true;
    });
  }

  /** What was heard: the numbers of replies, and the names of what else there was. */
  told(): readonly (string | number)[] {
    return this.heard.map((each) => (each.type === 'reply' ? each.id : each.type));
  }

  /** How a request ended: done, or why not. */
  endOf(id: number): string | undefined {
    const found = this.heard.find((each) => each.type === 'reply' && each.id === id);
    if (found?.type !== 'reply') return undefined;
    return found.reply.type === 'done' ? 'done' : found.reply.code;
  }

  /** Which requests were given up. */
  givenUp(): readonly boolean[] {
    return this.asks.map(({ isGivenUp }) => isGivenUp);
  }

  async pass(durationMs: number): Promise<void> {
    await this.simulation.run(this.simulation.nowMs + durationMs);
  }

  async until(isDone: () => boolean): Promise<void> {
    await this.simulation.run(this.simulation.nowMs + 20_000, isDone);
    expect(isDone()).toBe(true);
  }
}

function request(id: number, asked: KvRequest): ClientMessage {
  return { type: 'request', id, timeoutMs: 0, request: asked };
}

function doneWith(result: KvResult) {
  return { type: 'done', header: HEADER, result } as const;
}

function rangeOf(count: number, valueBytes = VALUE_BYTES): KvResult {
  const [key, value] = [new Uint8Array(5).fill(1), new Uint8Array(valueBytes).fill(2)];
  const kv: KeyValue = { key, value, ...REVISIONS, lease: NO_LEASE };
  const kvs = Array.from({ length: count }, () => kv);
  return { type: 'range', kvs, count, hasMore: false };
}

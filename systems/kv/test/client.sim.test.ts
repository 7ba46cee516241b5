/**
 * What a client does when members fail it: what it sends again, and what it says of errors. The
 * member is a script, so that each story has its failures where they hurt.
 */
import type { DiskFate } from '@mangrove/experiment';
import { type Host, type NodeId, type RunningNode, toNodeId } from '@mangrove/host';
import { Simulation } from '@mangrove/sim';
import { afterEach, describe, expect, it } from 'vitest';
import {
  KvClient,
  type KvClientOptions,
  KvError,
  type KvErrorCode,
  type KvReply,
  type KvRequest,
  type KvService,
  type Revision,
  type SessionPlace,
  serveNative,
} from '../src/index.ts';

const S: NodeId = toNodeId('s');
const C: NodeId = toNodeId('c');

/** What the member does with the next put. */
type Step =
  | 'done'
  | 'silent'
  | 'crash'
  | 'crash-after-silence'
  | 'power-loss'
  | readonly [KvErrorCode, boolean];

const header = { member: S, term: 1, revision: 2 as Revision, stalenessMs: 0 };

function failed(code: KvErrorCode, isDefinite: boolean): KvReply {
  const nothing = { leader: undefined, compactRevision: 0 as Revision };
  return { type: 'failed', code, isDefinite, detail: '', ...nothing };
}

/** A member that follows a script, and a client of it. */
class Stage {
  readonly simulation = new Simulation({ seed: 1, nodes: [S, C] });
  /** The puts and reads that the member got, by their place in a session. */
  readonly got: (SessionPlace | undefined)[] = [];
  client: KvClient | undefined;
  private readonly script: Step[];

  constructor(script: readonly Step[], options: Partial<KvClientOptions> = {}) {
    this.script = [...script];
    this.simulation.start(S, (host) => this.serve(host));
    this.simulation.start(C, async (host) => {
      const times = { timeoutMs: 3000, attemptTimeoutMs: 500 };
      const client = new KvClient(host, { endpoints: ['s:7000'], ...times, ...options });
      this.client = client;
      return asNode(() => client.close());
    });
  }

  /** Runs until the call has ended; its value or its error. */
  async outcome<Value>(call: (client: KvClient) => Promise<Value>): Promise<Value | KvError> {
    await this.until(() => this.client !== undefined);
    let outcome: Value | KvError | undefined;
    call(this.client as KvClient).then(
      (value) => {
        outcome = value;
      },
      (error: KvError) => {
        outcome = error;
      },
    );
    await this.until(() => outcome !== undefined);
    return outcome as Value | KvError;
  }

  private async until(isDone: () => boolean): Promise<void> {
    await this.simulation.run(this.simulation.nowMs + 60_000, isDone);
    expect(isDone()).toBe(true);
  }

  private async serve(host: Host): Promise<RunningNode> {
    const service: KvService = {
      serve: (request, ask) => {
        const reply = this.replyTo(request);
        if (reply !== undefined) ask.reply(reply);
      },
      openWatch: () => {
        throw new Error('nobody watches here');
      },
      async *backup() {},
    };
    const server = await serveNative(host, service, { port: 7000, cluster: 'c' });
    return asNode(() => server.close());
  }

  /** What is said at once; nothing where it is silent. */
  private replyTo(request: KvRequest): KvReply | undefined {
    if (request.type === 'open-session') {
      return { type: 'done', header, result: { type: 'session', session: 7 } };
    }
    if (request.type !== 'operation') return failed('bad-request', true);
    this.got.push(request.place);
    const step = this.script.shift() ?? 'done';
    if (typeof step === 'object') return failed(...step);
    if (step === 'crash') this.crashIn(1, 'kept');
    if (step === 'crash-after-silence') this.crashIn(300, 'kept');
    if (step === 'power-loss') this.crashIn(1, 'unsynced-lost');
    if (step !== 'done') return undefined;
    const result =
      request.operation.type === 'range'
        ? ({ type: 'range', kvs: [], count: 0, hasMore: false } as const)
        : ({ type: 'put', previous: undefined } as const);
    return { type: 'done', header, result };
  }

  private crashIn(delayMs: number, disk: DiskFate): void {
    const { simulation } = this;
    simulation.at(simulation.nowMs + delayMs, () => simulation.crash(S, disk));
    simulation.at(simulation.nowMs + delayMs + 50, () => simulation.restart(S));
  }
}

function asNode(close: () => Promise<void>): RunningNode {
  return { close, [Symbol.asyncDispose]: close };
}

let stage: Stage | undefined;

function play(script: readonly Step[], options: Partial<KvClientOptions> = {}): Stage {
  stage = new Stage(script, options);
  return stage;
}

afterEach(() => stage?.simulation.close());

const ONCE = { exactlyOnce: false } as const;

describe('R63: a client', () => {
  it('sends a change again after refusals that may pass', async () => {
    const { got, ...rest } = play([
      ['no-leader', true],
      ['too-many-requests', true],
    ]);
    expect(rest).toBeDefined();
    expect(await stage?.outcome((client) => client.put('a', '1'))).toMatchObject({ revision: 2 });
    expect(got).toEqual(Array(3).fill({ session: 7, sequence: 1, settled: 0 }));
  });

  it('sends a change again at its place in a session when its answer was lost', async () => {
    const { got } = play(['crash', 'silent']);
    expect(await stage?.outcome((client) => client.put('a', '1'))).toMatchObject({ revision: 2 });
    expect(got).toEqual(Array(3).fill({ session: 7, sequence: 1, settled: 0 }));
    await stage?.outcome((client) => client.put('a', '2'));
    expect(got.at(-1)).toEqual({ session: 7, sequence: 2, settled: 1 });
  });

  it('has many changes under way in a session, and says which have ended', async () => {
    const { got } = play(['silent', 'done', 'done', 'done'], { windowMax: 3 });
    await stage?.outcome((client) =>
      Promise.all(['a', 'b', 'c', 'd'].map((key) => client.put(key, '1'))),
    );
    const places = got.map((place) => [place?.sequence, place?.settled]);
    // The first one is sent again after the others, and holds up the fourth.
    expect(places).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
      [1, 0],
      [4, 3],
    ]);
  });

  it('sends a change without a session once, and says that it may have happened', async () => {
    const { got } = play(['crash'], ONCE);
    const error = await stage?.outcome((client) => client.put('a', '1'));
    expect(error).toMatchObject({ code: 'unavailable', isDefinite: false });
    expect(got).toEqual([undefined]);
  });

  it('leaves a connection on which nothing came while a change was waited for', async () => {
    // Without power a member tells nobody; its connection looks whole for seconds.
    play(['done', 'power-loss'], { ...ONCE, timeoutMs: 600 });
    await stage?.outcome((client) => client.put('a', '0'));
    const error = await stage?.outcome((client) => client.put('a', '1'));
    expect(error).toMatchObject({ code: 'timeout', isDefinite: false });
    expect(await stage?.outcome((client) => client.put('a', '2'))).toMatchObject({ revision: 2 });
  });

  it('does not take a refusal for the outcome of what was sent after it', async () => {
    play([['no-leader', true], 'silent'], ONCE);
    const error = await stage?.outcome((client) => client.put('a', '1'));
    expect(error).toMatchObject({ code: 'timeout', isDefinite: false });
  });

  it('says that nothing happened where every attempt was refused', async () => {
    play(Array(10_000).fill(['no-leader', true]), ONCE);
    const error = await stage?.outcome((client) => client.put('a', '1'));
    expect(error).toMatchObject({ code: 'no-leader', isDefinite: true });
  });

  it('says that it may have happened where one attempt of several was not answered', async () => {
    play(['crash', ...Array(10_000).fill(['no-leader', true])]);
    const error = await stage?.outcome((client) => client.put('a', '1'));
    expect(error).toMatchObject({ code: 'no-leader', isDefinite: false });
  });

  it('believes the store of a change that was sent again: it was applied once', async () => {
    play(['crash', ['key-not-found', true]]);
    const error = await stage?.outcome((client) => client.put('a', '1'));
    expect(error).toMatchObject({ code: 'key-not-found', isDefinite: true });
  });

  it('opens another session when one has expired, and nothing was done', async () => {
    const { got } = play([['session-expired', true]]);
    expect(await stage?.outcome((client) => client.put('a', '1'))).toMatchObject({ revision: 2 });
    expect(got.length).toBe(2);
  });

  it('does not know of a change whose session expired behind a silent attempt', async () => {
    const { got } = play(['silent', ['session-expired', true]]);
    const error = await stage?.outcome((client) => client.put('a', '1'));
    expect(error).toMatchObject({ code: 'session-expired', isDefinite: false });
    expect(got.length).toBe(2);
    expect(await stage?.outcome((client) => client.put('a', '2'))).toMatchObject({ revision: 2 });
  });

  it('asks again for what it reads, whatever happened', async () => {
    const { got } = play(['crash', 'silent', ['leadership-lost', false], 'crash-after-silence']);
    expect(await stage?.outcome((client) => client.count('a'))).toBe(0);
    expect(got.length).toBe(5);
  });

  it('says that nobody can be reached, and where it looked', async () => {
    play([], { endpoints: ['nowhere:1'], timeoutMs: 200 });
    const error = await stage?.outcome((client) => client.put('a', '1'));
    expect(error).toBeInstanceOf(KvError);
    expect(error).toMatchObject({ code: 'unavailable', isDefinite: true });
  });

  it('turns away from a cluster that is not the one that it wants', async () => {
    play([], { cluster: 'another', timeoutMs: 200 });
    const error = await stage?.outcome((client) => client.put('a', '1'));
    expect((error as KvError).message).toContain("this is cluster 'c'");
  });
});

/**
 * A small system to simulate: a register that is written and read at a majority, with its tag on
 * disk.
 *
 * It is not a good one, nor meant to be: it draws randomness, sets timers, writes files and sends
 * messages, so that a run depends on all of them. `leak` makes it touch the world outside.
 */
import type { Operation, Outcome, Subject, SubjectClient, Topology } from '@mangrove/experiment';
import type { DiskFile, Host, NodeId, RunningNode } from '@mangrove/host';

interface Request {
  readonly id: number;
  readonly type: 'get' | 'put';
  readonly tag: string;
  readonly value: number;
}

const RECORD_BYTES = 64;

/** What a replica may do that it must not. */
export type Leak = (host: Host) => void;

/** The subject, with a leak or without. */
export function registerSubject(leak: Leak = () => {}): Subject {
  return {
    name: 'test-register',
    start: (host, { topology }) => startReplica(host, topology, leak),
    openClient: async (host, topology) => openClient(host, topology),
    describe: (message) => new TextDecoder().decode(message).slice(0, 40),
  };
}

async function startReplica(host: Host, topology: Topology, leak: Leak): Promise<RunningNode> {
  for (const { node, address } of [...topology.clients, ...topology.replicas]) {
    host.messages.addPeer(node, address);
  }
  const file = await host.disk.open('register', 'create');
  await host.disk.syncDirectory('.');
  let state = await load(file);
  let beatCount = 0;
  host.messages.onMessage(({ from, bytes }) => {
    host.run(async () => {
      leak(host);
      const request: Request = decode(bytes);
      if (request.type === 'put' && request.tag > state.tag) {
        state = { tag: request.tag, value: request.value };
        const record = `${state.tag}|${state.value}|`.padEnd(RECORD_BYTES);
        await file.writeAt(0, new TextEncoder().encode(record));
        await file.sync();
      }
      host.messages.send(from, encode({ ...state, id: request.id }));
    });
  });
  const beat = () => {
    beatCount += 1;
    host.trace.state({ tag: state.tag, beatCount });
    host.timers.after(20 + host.random.below(10), beat);
  };
  beat();
  const close = () => file.close();
  return { close, [Symbol.asyncDispose]: close };
}

async function load(file: DiskFile): Promise<{ tag: string; value: number }> {
  const text = new TextDecoder().decode(await file.readAt(0, RECORD_BYTES));
  const [tag = '', value = '', end] = text.split('|');
  // A record that was torn is as good as none: this is no system to trust.
  return end === undefined ? { tag: '', value: 0 } : { tag, value: Number(value) };
}

function openClient(host: Host, topology: Topology): SubjectClient {
  const replicas = topology.replicas.map(({ node }) => node);
  for (const { node, address } of topology.replicas) host.messages.addPeer(node, address);
  const waiting = new Map<number, (answer: Request) => void>();
  let nextId = 0;
  host.messages.onMessage(({ bytes }) => {
    const answer: Request = decode(bytes);
    waiting.get(answer.id)?.(answer);
  });
  const ask = (request: Omit<Request, 'id'>): Promise<Request> => {
    nextId += 1;
    return askMajority(host, replicas, { ...request, id: nextId }, waiting);
  };
  return {
    async invoke({ f, value }: Operation): Promise<Outcome> {
      const last = await ask({ type: 'get', tag: '', value: 0 });
      const count = Number(last.tag.slice(0, 8)) + 1;
      const tag = f === 'write' ? `${String(count).padStart(8, '0')}-${host.node}` : last.tag;
      const put = { type: 'put', tag, value: f === 'write' ? Number(value) : last.value } as const;
      await ask(put);
      return f === 'write' ? { type: 'ok' } : { type: 'ok', value: put.value };
    },
  };
}

/** The answer with the highest tag of a majority; asks again until there is one. */
function askMajority(
  host: Host,
  replicas: readonly NodeId[],
  request: Request,
  waiting: Map<number, (answer: Request) => void>,
): Promise<Request> {
  return new Promise((resolve) => {
    const answers: Request[] = [];
    let isDone = false;
    const bytes = encode(request);
    const send = () => {
      if (isDone) return;
      for (const node of replicas) host.messages.send(node, bytes);
      host.timers.after(50, send);
    };
    waiting.set(request.id, (answer) => {
      answers.push(answer);
      if (isDone || answers.length <= replicas.length / 2) return;
      isDone = true;
      waiting.delete(request.id);
      resolve(answers.reduce((best, each) => (each.tag > best.tag ? each : best)));
    });
    send();
  });
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function decode<Value>(bytes: Uint8Array): Value {
  return JSON.parse(new TextDecoder().decode(bytes));
}

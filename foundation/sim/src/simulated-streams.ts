/**
 * The Host's byte streams over simulated links.
 */
import {
  type ByteStream,
  InvalidArgument,
  type Listener,
  type NodeId,
  type Random,
  StreamError,
  type Streams,
} from '@mangrove/host';
import type { Life } from './life.ts';
import { drawLatencyUs, type Link } from './link.ts';
import { StreamPipe } from './stream-pipe.ts';
import { never, type World } from './world.ts';

/** The first port that `listen(0)` tries. */
const FIRST_FREE_PORT = 40_000;
const MAX_PORT = 65_535;

/** After so long without an answer an attempt to connect is given up, in microseconds. */
const CONNECT_TIMEOUT_US = 5_000_000;

/** How long it takes to find that a machine without power does not answer, in microseconds. */
const DETECTION_US = [1_000_000, 4_000_000] as const;

type Accept = (stream: ByteStream) => void;

/** The streams of one life. */
export class SimulatedStreams implements Streams {
  private readonly world: World;
  private readonly life: Life;
  private readonly listeners = new Map<number, Accept>();
  private readonly open = new Set<SimulatedStream>();
  private nextPort = FIRST_FREE_PORT;
  private connectCount = 0;

  constructor(world: World, life: Life) {
    this.world = world;
    this.life = life;
  }

  async listen(port: number, accept: Accept): Promise<Listener> {
    if (!Number.isInteger(port) || port < 0 || port > MAX_PORT) {
      throw new InvalidArgument('port', port, `an integer from 0 to ${MAX_PORT}`);
    }
    if (!this.life.isAlive) return never();
    while (port === 0 && this.listeners.has(this.nextPort)) this.nextPort += 1;
    const taken = port === 0 ? this.nextPort : port;
    if (this.listeners.has(taken)) {
      throw new StreamError('address-in-use', `port ${taken} has a listener`);
    }
    this.listeners.set(taken, accept);
    const close = async () => {
      if (this.listeners.get(taken) === accept) this.listeners.delete(taken);
    };
    return { address: `${this.life.machine.id}:${taken}`, port: taken, close };
  }

  connect(address: string, signal?: AbortSignal): Promise<ByteStream> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const { life, world } = this;
    const { machine } = life;
    if (!life.isAlive) return never();
    const [name = '', port = ''] = address.split(':');
    const target = world.machines.get(name as NodeId);
    world.engine.note('begin-stream', machine, this.connectCount, () => `connect ${address}`);
    this.connectCount += 1;
    const id = `stream/${machine.id}#${life.incarnation}/${this.connectCount}`;
    const random = world.book.stream(id);
    return new Promise((resolve, reject) => {
      let isSettled = false;
      const settle = (act: () => void) => {
        if (isSettled || !life.isAlive) return;
        isSettled = true;
        signal?.removeEventListener('abort', abort);
        act();
      };
      const abort = () => settle(() => reject(signal?.reason));
      signal?.addEventListener('abort', abort, { once: true });
      const refuse = (code: 'refused' | 'unreachable', delayUs: number) => {
        const { engine } = world;
        const text = `connecting to ${address}: ${code}`;
        engine.schedule('stream', engine.nowUs + delayUs, machine, life, () =>
          settle(() => reject(new StreamError(code, text))),
        );
      };
      if (target === undefined) return refuse('unreachable', drawLatencyUs(random));
      const link = target === machine ? undefined : world.network.link(machine, target.id);
      const back = target === machine ? undefined : world.network.link(target, machine.id);
      if (link?.isCut === true || back?.isCut === true) {
        return refuse('unreachable', CONNECT_TIMEOUT_US);
      }
      const atUs = world.engine.nowUs + drawLatencyUs(random) + (link?.extraUs() ?? 0);
      const nobody = () => refuse('refused', drawLatencyUs(random));
      world.engine.schedule(
        'stream',
        atUs,
        target,
        undefined,
        (other) => {
          const accept = other?.streams.listeners.get(Number(port));
          if (other === undefined || accept === undefined) return nobody();
          if (isSettled) return;
          const [near, far] = this.join(other, link, back, random);
          const answerUs = world.engine.nowUs + drawLatencyUs(random);
          world.engine.schedule('stream', answerUs, machine, life, () => {
            if (isSettled) near.destroy();
            settle(() => resolve(near));
          });
          accept(far);
        },
        nobody,
      );
    });
  }

  /** Tears down the streams between this life and `peer`, as a middle box does. */
  resetWith(peer: NodeId): void {
    const { engine } = this.world;
    const { life } = this;
    for (const stream of this.open) {
      if (stream.peer.machine.id !== peer) continue;
      engine.schedule('stream', engine.nowUs, life.machine, life, () => stream.reset());
    }
  }

  /** The life is over. Its machine tells the other ends, or lost power and tells nobody. */
  shut(isAnnounced: boolean, random: Random): void {
    const { engine } = this.world;
    for (const stream of [...this.open]) {
      const { other } = stream;
      const [from, to] = DETECTION_US;
      const delayUs = isAnnounced ? drawLatencyUs(random) : random.between(from, to);
      const { peer } = stream;
      engine.schedule('stream', engine.nowUs + delayUs, peer.machine, peer, () => other?.reset());
    }
    this.open.clear();
    this.listeners.clear();
  }

  /** For `SimulatedStream`: it is over on this side. */
  forget(stream: SimulatedStream): void {
    this.open.delete(stream);
  }

  private join(
    other: Life,
    link: Link | undefined,
    back: Link | undefined,
    random: Random,
  ): [near: SimulatedStream, far: SimulatedStream] {
    const { life, world } = this;
    const there = new StreamPipe(world, { writer: life, reader: other }, link, random);
    const here = new StreamPipe(world, { writer: other, reader: life }, back, random);
    const near = new SimulatedStream(world, { self: life, peer: other }, there, here);
    const far = new SimulatedStream(world, { self: other, peer: life }, here, there);
    near.other = far;
    far.other = near;
    this.open.add(near);
    other.streams.open.add(far);
    return [near, far];
  }
}

/** One end of a stream. */
class SimulatedStream implements ByteStream {
  readonly remote: string;
  readonly peer: Life;
  other: SimulatedStream | undefined;
  private readonly world: World;
  private readonly self: Life;
  private readonly outgoing: StreamPipe;
  private readonly incoming: StreamPipe;

  constructor(
    world: World,
    ends: { readonly self: Life; readonly peer: Life },
    outgoing: StreamPipe,
    incoming: StreamPipe,
  ) {
    this.world = world;
    this.self = ends.self;
    this.peer = ends.peer;
    this.remote = ends.peer.machine.id;
    this.outgoing = outgoing;
    this.incoming = incoming;
  }

  read(): Promise<Uint8Array | undefined> {
    if (!this.self.isAlive) return never();
    if (this.incoming.isReading) {
      const second = new InvalidArgument('read', 'a second read', 'one at a time');
      return Promise.reject(second);
    }
    return this.incoming.read();
  }

  write(bytes: Uint8Array): Promise<void> {
    if (!this.self.isAlive) return never();
    return this.outgoing.write(bytes);
  }

  end(): Promise<void> {
    if (!this.self.isAlive) return never();
    return this.outgoing.end();
  }

  destroy(): void {
    if (!this.self.isAlive) return;
    const { engine } = this.world;
    this.close('closed');
    const { other, peer } = this;
    engine.schedule('stream', engine.nowUs + 200, peer.machine, peer, () => other?.reset());
  }

  /** The other side, or the network, tore it down. */
  reset(): void {
    this.close('reset');
  }

  private close(how: 'closed' | 'reset'): void {
    this.outgoing.closeWriter(how);
    this.incoming.closeReader(how);
    this.self.streams.forget(this);
  }
}

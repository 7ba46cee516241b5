/**
 * The Host of one life on a simulated machine.
 */
import type {
  Clock,
  Disk,
  Host,
  Incarnation,
  Messages,
  NodeId,
  Random,
  Streams,
  Timers,
  Trace,
  TraceFields,
} from '@mangrove/host';
import { MetricRegistry } from '@mangrove/host';
import type { Life } from './life.ts';
import { simulatedClock } from './machine-clock.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import type { World } from './world.ts';

/** What a node sees of its simulated machine. */
export class SimulatedHost implements Host {
  readonly node: NodeId;
  readonly incarnation: Incarnation;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly messages: Messages;
  readonly streams: Streams;
  readonly disk: Disk;
  readonly trace: Trace;
  readonly metrics = new MetricRegistry();
  private readonly world: World;
  private readonly life: Life;

  constructor(world: World, life: Life) {
    const { machine, incarnation } = life;
    const name = `${machine.id}#${incarnation}`;
    this.world = world;
    this.life = life;
    this.node = machine.id;
    this.incarnation = incarnation;
    this.clock = simulatedClock(machine.clock, () => world.engine.nowUs, world.maxDriftPpm);
    this.timers = life.timers;
    this.random = world.book.stream(`node/${name}`);
    this.messages = life.messages;
    this.streams = life.streams;
    this.disk = new SimulatedDisk(world, life, world.book.stream(`disk/${name}`));
    this.trace = new SimulatedTrace(world, life);
  }

  run(task: () => Promise<void>): void {
    if (!this.life.isAlive) return;
    const fail = (cause: unknown) => this.fail(cause);
    try {
      task().catch(fail);
    } catch (cause) {
      fail(cause);
    }
  }

  fail(cause: unknown): void {
    this.world.fail(this.life, cause);
  }
}

/** Writes what a node tells into the trace of the run. */
class SimulatedTrace implements Trace {
  readonly isOn: boolean;
  private readonly world: World;
  private readonly life: Life;

  constructor(world: World, life: Life) {
    this.isOn = world.recorder.isOn;
    this.world = world;
    this.life = life;
  }

  event(name: string, fields: TraceFields = {}): void {
    const { engine, recorder } = this.world;
    if (!this.life.isAlive) return;
    recorder.add(engine.nowUs, this.life.machine.id, engine.cause, { type: 'event', name, fields });
  }

  state(fields: TraceFields): void {
    const { engine, recorder } = this.world;
    if (!this.life.isAlive) return;
    recorder.add(engine.nowUs, this.life.machine.id, engine.cause, { type: 'state', fields });
  }
}

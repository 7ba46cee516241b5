/**
 * Does to the simulated world what a fault says, from when until when.
 */
import {
  type ActionOutcome,
  type DiskFault,
  type Fault,
  hasRole,
  type NetworkFault,
  type RoleBook,
} from '@mangrove/experiment';
import { InvalidArgument, type NodeId } from '@mangrove/host';
import type { SimulationEvent } from './engine.ts';
import type { Link } from './link.ts';
import type { Machine } from './machine.ts';
import type { PeerLink } from './peer-link.ts';
import { Platter } from './platter.ts';
import { toMs } from './recorder.ts';
import type { World } from './world.ts';

/** What the simulation itself does, since it starts and ends lives. */
export interface FaultActor {
  crash(machine: Machine, disk: 'unsynced-lost' | 'kept' | 'wiped'): void;
  restart(machine: Machine, version?: number): void;
  /** Acts as an operator; tells when that has ended. */
  act(
    name: string,
    args: Readonly<Record<string, string | number | boolean>>,
    onEnd: (end: ActionEnd) => void,
  ): void;
  /** Who leads, as far as anybody knows. */
  leading(): NodeId | undefined;
  /** Whether anybody leads; true where nobody ever does. */
  isLed(): boolean;
  /** Whether the group outlives the loss of a disk by now. */
  isFounded(): boolean;
}

/** Told when a fault strikes: with nodes in the place of roles, and its moment. */
export type OnStrike = (fault: Fault, atMs: number) => void;

/** How an action ended, and why where it was refused. */
export interface ActionEnd {
  readonly outcome: ActionOutcome;
  readonly cause?: unknown;
}

/** Who is told of a fault. */
interface Told {
  readonly onStrike: OnStrike;
  readonly onEnd: (end: ActionEnd) => void;
}

/** How often a fault that waits asks who leads, or whether the group is founded, microseconds. */
const ASK_US = 5000;

/** Begins a fault; what it returns ends it. */
type Effect = () => () => void;

/** Faults of links that last. */
type LinkFault = Exclude<NetworkFault, { readonly type: 'reset-streams' }>;

/** Faults of one machine. */
type MachineFault = Extract<Fault, { readonly node: NodeId }>;

/** Schedules faults. */
export class FaultInjector {
  private readonly world: World;
  private readonly actor: FaultActor;
  /** What ends each fault that is in force, by the event that will do so. */
  private readonly inForce = new Map<SimulationEvent, () => void>();
  private readonly roles: RoleBook;
  private isFounded = false;
  /** Of the operator, and not answered yet. */
  private askedCount = 0;

  constructor(world: World, actor: FaultActor, roles: RoleBook) {
    this.world = world;
    this.actor = actor;
    this.roles = roles;
  }

  /**
   * Has the fault begin and end at its times; what is already past happens at once.
   *
   * @param onEnd told how an action ended, once it has
   */
  inject(
    fault: Fault,
    onStrike: OnStrike = () => {},
    onEnd: (end: ActionEnd) => void = () => {},
  ): void {
    this.plan(fault, { onStrike, onEnd });
  }

  private plan(fault: Fault, told: Told): void {
    if (hasRole(fault)) this.whenDue(fault, () => this.cast(fault, told));
    else if (damages(fault)) this.whenDue(fault, () => this.whenFounded(fault, told));
    else if (fault.type === 'action') this.whenDue(fault, () => this.whenLed(fault, told));
    else this.strike(fault, told);
  }

  /** The same for a fault that waits for nothing but its time. */
  private strike(fault: Fault, told: Told): void {
    const { world, actor } = this;
    const { onStrike } = told;
    if (fault.type === 'crash-at') {
      const machine = this.machineOf(fault);
      const arm = () =>
        machine.arm(fault.point, () => {
          world.count(`fault ${fault.type}`);
          onStrike(fault, toMs(world.engine.nowUs));
          actor.crash(machine, fault.disk);
          this.after(fault.downMs, () => actor.restart(machine));
        });
      this.whenDue(fault, arm);
      return;
    }
    const effect = this.effectOf(fault, told);
    const begin = () => {
      world.count(`fault ${fault.type}`);
      onStrike(fault, toMs(world.engine.nowUs));
      const end = effect();
      if ('untilMs' in fault) this.endAt(fault.untilMs * 1000, end);
    };
    this.whenDue(fault, begin);
  }

  /** Ends every fault that is in force, and the watch for crash points. */
  heal(): void {
    for (const machine of this.world.machines.values()) machine.disarm();
    for (const [event, end] of [...this.inForce]) {
      this.world.engine.cancel(event);
      end();
    }
    this.inForce.clear();
  }

  /** Has `begin` called at the fault's time; now, where that is past. */
  private whenDue(fault: Fault, begin: () => void): void {
    const { engine } = this.world;
    const atUs = 1000 * startOf(fault);
    if (atUs <= engine.nowUs) begin();
    else engine.schedule('fault', atUs, undefined, undefined, begin);
  }

  /** Puts nodes in the place of roles and injects; asks again while nobody leads. */
  private cast(fault: Fault, told: Told): void {
    const { engine } = this.world;
    const known = this.roles.resolve(fault, this.actor.leading());
    if (known !== undefined) {
      this.plan(startingAt(known, toMs(engine.nowUs)), told);
      return;
    }
    this.askAgain(fault, () => this.cast(fault, told));
  }

  /** Lets a disk be damaged once the group outlives that; asks again while it does not. */
  private whenFounded(fault: Fault, told: Told): void {
    this.isFounded ||= this.actor.isFounded();
    if (this.isFounded) this.strike(startingAt(fault, toMs(this.world.engine.nowUs)), told);
    else this.askAgain(fault, () => this.whenFounded(fault, told));
  }

  /**
   * Has the operator ask somebody who leads, where anybody ever does. What had to wait for that is
   * asked one after the other: all at once, most of it would be refused for the first.
   */
  private whenLed(fault: Fault, told: Told, hasWaited = false): void {
    if (!this.actor.isLed() || (hasWaited && this.askedCount > 0)) {
      this.askAgain(fault, () => this.whenLed(fault, told, true));
      return;
    }
    this.askedCount += 1;
    const onEnd = (end: ActionEnd) => {
      this.askedCount -= 1;
      told.onEnd(end);
    };
    this.strike(startingAt(fault, toMs(this.world.engine.nowUs)), { ...told, onEnd });
  }

  /** Has `ask` called a little later, unless the fault would be over by then. */
  private askAgain(fault: Fault, ask: () => void): void {
    const { engine } = this.world;
    const isOver = 'untilMs' in fault && engine.nowUs + ASK_US >= fault.untilMs * 1000;
    if (isOver) return;
    const again = engine.schedule('fault', engine.nowUs + ASK_US, undefined, undefined, () => {
      this.inForce.delete(again);
      ask();
    });
    this.inForce.set(again, () => {});
  }

  private effectOf(fault: Exclude<Fault, { readonly type: 'crash-at' }>, { onEnd }: Told): Effect {
    if (fault.type === 'action') {
      return moment(() => this.actor.act(fault.name, fault.args, onEnd));
    }
    if (fault.type === 'reset-streams') {
      return moment(() => this.resetStreams(fault.from, fault.to));
    }
    if ('node' in fault) {
      return this.machineEffect(fault, this.machineOf(fault));
    }
    const links = this.world.network.linksBetween(fault.from, fault.to);
    return () => {
      const ends = links.map((link) => this.linkEffect(fault, link));
      return () => {
        for (const end of ends) end();
      };
    };
  }

  private machineOf(fault: MachineFault): Machine {
    const machine = this.world.machines.get(fault.node);
    if (machine !== undefined) return machine;
    throw new InvalidArgument(`fault ${fault.type} node`, fault.node, 'one of the simulation');
  }

  /** Begins a fault of one link. */
  private linkEffect(fault: LinkFault, link: Link): () => void {
    if (fault.type === 'cut') return this.cut(link);
    if (fault.type === 'stall-links') return this.stall(link);
    if (fault.type === 'rough-links') return member(link.rough, fault);
    if (fault.type === 'corrupt-links') {
      return member(link.corrupt, { perMille: fault.corruptPerMille });
    }
    if (fault.type === 'slow-links') return member(link.slowUs, { us: fault.latencyMs * 1000 });
    return member(link.queueBounds, { bytes: fault.queueBytes });
  }

  private machineEffect(
    fault: Exclude<MachineFault, { readonly type: 'crash-at' }>,
    machine: Machine,
  ): Effect {
    const { actor } = this;
    switch (fault.type) {
      case 'crash':
        return () => {
          actor.crash(machine, fault.disk);
          return () => actor.restart(machine);
        };
      case 'upgrade':
        return moment(() => {
          actor.crash(machine, 'kept');
          this.after(fault.downMs, () => actor.restart(machine, fault.version));
        });
      case 'pause':
        return () => this.pause(machine);
      case 'slow-node':
        return () => added(machine, 'busyUs', fault.busyMs * 1000);
      case 'wall-jump':
        return moment(() => machine.clock.jumpWall(fault.byMs));
      case 'clock-drift':
        return () => {
          this.changeRate(machine, fault.ppm);
          return () => this.changeRate(machine, -fault.ppm);
        };
      default:
        return this.diskEffect(fault, machine);
    }
  }

  private diskEffect(fault: DiskFault, machine: Machine): Effect {
    const { diskFaults } = machine;
    switch (fault.type) {
      case 'disk-error': {
        const { operation, path, count } = fault;
        return () => member(diskFaults.errors, { operation, path, countLeft: count });
      }
      case 'disk-full':
        return () => added(diskFaults, 'fullCount', 1);
      case 'slow-disk':
        return () => member(diskFaults.slowUs, { us: fault.latencyMs * 1000 });
      case 'stall-disk':
        return () => {
          diskFaults.stallCount += 1;
          return () => diskFaults.endStall();
        };
      case 'bit-rot':
        return moment(() => this.rot(machine, fault.path, fault.positionPerMille));
    }
  }

  private cut(link: Link): () => void {
    link.cutCount += 1;
    link.cutEpoch += 1;
    this.linkOf(link.source, link.target)?.wasCut();
    this.linkOf(link.target, link.source)?.wasCut();
    return () => {
      link.cutCount -= 1;
    };
  }

  private stall(link: Link): () => void {
    link.stallCount += 1;
    return () => {
      link.stallCount -= 1;
      this.linkOf(link.source, link.target)?.flush();
    };
  }

  /** What the life on `source` knows of its link to `target`. */
  private linkOf(source: Machine, target: Machine): PeerLink | undefined {
    return source.life?.messages.peerLink(target.id);
  }

  private resetStreams(from: readonly NodeId[], to: readonly NodeId[]): void {
    const { machines } = this.world;
    for (const [near, far] of from.flatMap((a) => to.map((b) => [a, b] as const))) {
      machines.get(near)?.life?.streams.resetWith(far);
      machines.get(far)?.life?.streams.resetWith(near);
    }
  }

  private pause(machine: Machine): () => void {
    const { engine, recorder } = this.world;
    machine.pauseCount += 1;
    recorder.add(engine.nowUs, machine.id, -1, { type: 'pause' });
    return () => {
      machine.pauseCount -= 1;
      recorder.add(engine.nowUs, machine.id, -1, { type: 'resume' });
      engine.wake(machine);
    };
  }

  private changeRate(machine: Machine, byPpm: number): void {
    machine.clock.changeRate(this.world.engine.nowUs, byPpm);
    machine.life?.timers.reschedule();
  }

  /** Flips a bit of one of the files whose path begins so: which one is drawn. */
  private rot(machine: Machine, path: string, positionPerMille: number): void {
    const random = this.world.book.stream(`rot/${machine.id}/${this.world.engine.nowUs}`);
    const files = machine.platter.filesUnder(path).filter((file) => file.sizeBytes > 0);
    if (files.length === 0) return;
    const file = random.pick(files);
    const offset = Math.floor((file.sizeBytes * positionPerMille) / 1000);
    file.rot(Math.min(offset, file.sizeBytes - 1), random.below(8));
    this.world.count('bits rotten');
  }

  private after(delayMs: number, end: () => void): void {
    this.endAt(this.world.engine.nowUs + delayMs * 1000, end);
  }

  private endAt(atUs: number, end: () => void): void {
    const event = this.world.engine.schedule('fault', atUs, undefined, undefined, () => {
      this.inForce.delete(event);
      end();
    });
    this.inForce.set(event, end);
  }
}

/** When the fault is due, in milliseconds; for a crash point, when the counting begins. */
function startOf(fault: Fault): number {
  return fault.type === 'crash-at' ? (fault.point.fromMs ?? 0) : fault.atMs;
}

/** The fault, due at another time; its end stays. */
function startingAt(fault: Fault, atMs: number): Fault {
  if (fault.type !== 'crash-at') return { ...fault, atMs };
  return { ...fault, point: { ...fault.point, fromMs: atMs } };
}

/** Whether what a disk had synced is lost, or is not what it was. */
function damages(fault: Fault): boolean {
  return fault.type === 'bit-rot' || ('disk' in fault && fault.disk === 'wiped');
}

/** A fault that has no end of its own. */
function moment(strike: () => void): Effect {
  return () => {
    strike();
    return () => {};
  };
}

/** An empty disk, as after its replacement. */
export function wipe(machine: Machine): void {
  machine.platter = new Platter();
}

/** Puts an item into a set; what is returned takes it out. */
function member<Item extends object>(set: Set<Item>, item: Item): () => void {
  // A copy, since one fault may be on many links and be injected twice.
  const own = { ...item };
  set.add(own);
  return () => void set.delete(own);
}

/** Adds to a number; what is returned takes it off. */
function added<Name extends string>(
  owner: Record<Name, number>,
  name: Name,
  amount: number,
): () => void {
  owner[name] += amount;
  return () => {
    owner[name] -= amount;
  };
}

/**
 * A simulation: machines on which nodes are started, hurt and watched, in virtual time.
 *
 * Everything that happens is a function of the seed, the choices and what was asked for. Use it to
 * test one node or a few by hand; whole plans go through `simulate`.
 */
import {
  type Choices,
  type DiskFate,
  type Fault,
  MarkSums,
  type Marks,
  RoleBook,
  type RunTrace,
} from '@mangrove/experiment';
import { type Host, InvalidArgument, type NodeId, type RunningNode } from '@mangrove/host';
import type { Audit } from './audit.ts';
import { ChoiceBook } from './choice-book.ts';
import type { DrainMode } from './drain.ts';
import { Engine } from './engine.ts';
import { type ActionEnd, FaultInjector, type OnStrike, wipe } from './fault-injector.ts';
import { endOf, Life, type NodeEnd } from './life.ts';
import { Machine } from './machine.ts';
import { Network } from './network.ts';
import { Recorder, toMs } from './recorder.ts';
import type { World } from './world.ts';

/** How a simulation is set up. */
export interface SimulationOptions {
  readonly seed: number;
  /** Replicas and clients alike: each gets a machine of its own. */
  readonly nodes: readonly NodeId[];
  /** Choices of an earlier run, to be made again as far as they go. */
  readonly choices?: Choices | undefined;
  /** Default: `auto`. */
  readonly drain?: DrainMode | undefined;
  /** Whether `trace` is wanted. Default: no. */
  readonly isRecording?: boolean | undefined;
  /** Whether `choices` is wanted. Default: no. */
  readonly isRecordingChoices?: boolean | undefined;
  /** Whether globals are trapped while nodes run. Off only where a test plays the node. */
  readonly isTrapping?: boolean | undefined;
  readonly audit?: Audit | undefined;
  /** What every node is told as the bound of clock rates, ppm. Default: 200. */
  readonly maxDriftPpm?: number | undefined;
  /** A message in a few words, for the trace. Default: its size. */
  readonly describe?: ((message: Uint8Array) => string) | undefined;
  /** Called after every reaction, drained; what it throws ends the run, which rejects with it. */
  readonly invariant?: (() => void) | undefined;
  /**
   * After so long a node is started again that stopped, or refused to start, with an operating
   * error: what a supervisor does. Default: never. A broken one stays down.
   */
  readonly restartAfterMs?: number | undefined;
  /** Who may have a role in faults. Default: `nodes`. */
  readonly replicas?: readonly NodeId[] | undefined;
  /**
   * The term in which a node leads, if it does. Faults that name `@leader` need it, and what an
   * operator does waits for it.
   */
  readonly leads?: ((node: RunningNode) => number | undefined) | undefined;
  /** Whether disks may be damaged from now on. Default: they may from the start. */
  readonly isFounded?: ((nodes: ReadonlyMap<NodeId, RunningNode>) => boolean) | undefined;
  /** What `action` faults do. */
  readonly act?: (name: string, args: ActionArguments) => Promise<void>;
}

type ActionArguments = Readonly<Record<string, string | number | boolean>>;

/** The code of a node: what runs on a machine at every start. */
export type NodeCode = (host: Host, version: number) => Promise<RunningNode>;

/** The name of the machine on which actions run; no node can have it. */
const OPERATOR = '(operator)' as NodeId;

/** One simulation. Close it when it is no longer needed. */
export class Simulation {
  private readonly options: SimulationOptions;
  private readonly engine: Engine;
  private readonly book: ChoiceBook;
  private readonly recorder: Recorder;
  private readonly machines = new Map<NodeId, Machine>();
  private readonly codes = new Map<NodeId, { code: NodeCode; version: number }>();
  private readonly endList: NodeEnd[] = [];
  private readonly countMap = new Map<string, number>();
  private readonly pastMarks = new MarkSums();
  private readonly nodeMap = new Map<NodeId, RunningNode>();
  private readonly world: World;
  private readonly injector: FaultInjector;
  private operator: Life | undefined;

  constructor(options: SimulationOptions) {
    const { seed, choices, isRecordingChoices = false, isRecording = false } = options;
    this.options = options;
    this.book = new ChoiceBook({ seed, isRecording: isRecordingChoices, ...withChoices(choices) });
    this.recorder = new Recorder(isRecording);
    this.engine = new Engine({
      drain: options.drain,
      isTrapping: options.isTrapping,
      audit: options.audit,
      onError: (life, error) => this.fail(life, error),
      afterEvent: options.invariant,
    });
    for (const id of options.nodes) {
      if (this.machines.has(id)) throw new InvalidArgument('nodes', id, 'named once each');
      this.machines.set(id, new Machine(id, this.machines.size));
    }
    this.world = {
      engine: this.engine,
      book: this.book,
      recorder: this.recorder,
      network: new Network(this.book, this.machines),
      machines: this.machines,
      maxDriftPpm: options.maxDriftPpm ?? 200,
      describe: options.describe ?? ((message) => `${message.length} bytes`),
      count: (what, amount = 1) => {
        this.countMap.set(what, (this.countMap.get(what) ?? 0) + amount);
      },
      fail: (life, cause) => this.fail(life, cause),
    };
    const actor = {
      crash: (machine: Machine, disk: DiskFate) => this.crashMachine(machine, disk),
      restart: (machine: Machine, version?: number) => this.restartMachine(machine, version),
      act: (name: string, args: ActionArguments, onEnd: (end: ActionEnd) => void) =>
        this.act(name, args, onEnd),
      leading: () => this.leading(),
      isLed: () => options.leads === undefined || this.leading() !== undefined,
      isFounded: () => options.isFounded?.(this.nodeMap) ?? true,
    };
    const roles = new RoleBook(options.replicas ?? options.nodes);
    this.injector = new FaultInjector(this.world, actor, roles);
  }

  /** The virtual time, in milliseconds from the start of the run, to the microsecond. */
  get nowMs(): number {
    return toMs(this.engine.nowUs);
  }

  /** How many times a node reacted to something. */
  get eventCount(): number {
    return this.engine.eventCount;
  }

  /** Lives that ended by their own doing, in order. */
  get ends(): readonly NodeEnd[] {
    return this.endList;
  }

  /** What happened, by name: faults, lost messages, bytes lost at power failures. */
  get counts(): ReadonlyMap<string, number> {
    return this.countMap;
  }

  /** What nodes counted of themselves so far, over all of their lives. */
  marks(): Marks {
    const sums = new MarkSums();
    sums.addRun(this.pastMarks.marks());
    for (const { life } of this.machines.values()) {
      if (life?.isAlive === true) sums.addLife(life.host.metrics.snapshot());
    }
    return sums.marks();
  }

  /**
   * Starts a life of `node`, which must be down. The code runs when the simulation does; restarts
   * after a crash run it again.
   *
   * @param version which version of its code the node is to be; an upgrade raises it
   */
  start(node: NodeId, code: NodeCode, version = 1): void {
    const machine = this.machine(node);
    if (machine.life?.isAlive === true) throw new InvalidArgument('node', node, 'down');
    this.codes.set(node, { code, version });
    this.restartMachine(machine);
  }

  /** Has a fault happen at its times, in milliseconds from the start of the run. */
  inject(fault: Fault, onStrike?: OnStrike, onEnd?: (end: ActionEnd) => void): void {
    this.injector.inject(fault, onStrike, onEnd);
  }

  /** The node that leads in the greatest term; undefined where none does. */
  leading(): NodeId | undefined {
    let found: { readonly node: NodeId; readonly term: number } | undefined;
    for (const [node, running] of this.nodeMap) {
      const term = this.options.leads?.(running);
      if (term !== undefined && term > (found?.term ?? -1)) found = { node, term };
    }
    return found?.node;
  }

  /** Ends all faults that are in force; nodes that a fault keeps down come back. */
  heal(): void {
    this.injector.heal();
  }

  /** Ends the life of `node` now. Where it is down already only its disk is seen to. */
  crash(node: NodeId, disk: DiskFate): void {
    this.crashMachine(this.machine(node), disk);
  }

  /** Starts `node` again with the code of its last start; nothing happens where it is up. */
  restart(node: NodeId): void {
    this.restartMachine(this.machine(node));
  }

  /** What the start of each node that is up resolved to, once it has. */
  get nodes(): ReadonlyMap<NodeId, RunningNode> {
    return this.nodeMap;
  }

  /** What the node's start resolved to, while it is up. */
  running(node: NodeId): RunningNode | undefined {
    return this.nodeMap.get(node);
  }

  /** Whether a life of the node is up, be its start finished or not. */
  isUp(node: NodeId): boolean {
    return this.machine(node).life?.isAlive === true;
  }

  /** Has `callback` called at a time of the run, outside of all nodes. */
  at(atMs: number, callback: () => void): void {
    this.engine.schedule('fault', atMs * 1000, undefined, undefined, callback);
  }

  /** Lets virtual time pass until `untilMs` of the run, or until `isDone` says so. */
  run(untilMs: number, isDone?: () => boolean): Promise<void> {
    return this.engine.run(untilMs * 1000, isDone);
  }

  /** 64 bits that change when anything changes that a node did or met. */
  hash(): string {
    return this.engine.hash.digest();
  }

  /** The recorded run; empty unless it was recording. */
  trace(replicas: readonly NodeId[], clients: readonly NodeId[]): RunTrace {
    return this.recorder.finish(replicas, clients);
  }

  /** The choices that were made; empty unless they were recorded. */
  choices(): Choices {
    return this.book.recorded();
  }

  /** Writes a record of a client into the trace. */
  note(node: NodeId, body: Parameters<Recorder['add']>[3]): void {
    const index = this.recorder.add(this.engine.nowUs, node, this.engine.cause, body);
    if (index >= 0) this.engine.cause = index;
  }

  /** Adds to a count. */
  count(what: string): void {
    this.world.count(what);
  }

  close(): void {
    this.engine.close();
  }

  private restartMachine(machine: Machine, version?: number): void {
    const entry = this.codes.get(machine.id);
    if (entry === undefined || machine.life?.isAlive === true) return;
    if (version !== undefined) entry.version = version;
    const { engine, recorder } = this;
    const life = new Life(this.world, machine, entry.version);
    const { incarnation } = life;
    const body = { type: 'start', incarnation, version: entry.version } as const;
    const record = recorder.add(engine.nowUs, machine.id, -1, body);
    this.world.count('node starts');
    engine.schedule('start', engine.nowUs, machine, life, () => {
      engine.cause = record;
      entry.code(life.host, entry.version).then(
        (running) => {
          if (!life.isAlive) return;
          life.running = running;
          this.nodeMap.set(machine.id, running);
        },
        (cause: unknown) => this.fail(life, cause),
      );
    });
  }

  private crashMachine(machine: Machine, disk: DiskFate): void {
    this.endLife(machine, `crash (${disk})`, disk);
  }

  /** A life ends by its own doing: the process is gone, and the machine keeps what was written. */
  private fail(life: Life, cause: unknown): void {
    if (!life.isAlive) return;
    const { machine, incarnation } = life;
    const type = endOf(cause, life.running !== undefined);
    this.endList.push({ node: machine.id, incarnation, atMs: this.nowMs, type, cause });
    this.world.count(`node ${type}`);
    this.endLife(machine, type, 'kept');
    const { restartAfterMs } = this.options;
    if (restartAfterMs === undefined || type === 'broken') return;
    this.at(this.nowMs + restartAfterMs, () => this.restartMachine(machine));
  }

  private endLife(machine: Machine, reason: string, disk: DiskFate): void {
    const { life } = machine;
    const isUp = life?.isAlive === true;
    if (isUp) {
      life.isAlive = false;
      this.pastMarks.addLife(life.host.metrics.snapshot());
    }
    this.nodeMap.delete(machine.id);
    const random = this.book.stream(`crash/${machine.id}#${machine.lifeCount}`);
    let lostBytes = 0;
    if (disk === 'wiped') wipe(machine);
    else if (disk === 'kept') machine.platter.keep();
    else lostBytes = machine.platter.crash(random);
    this.world.count('bytes lost at power failure', lostBytes);
    if (!isUp) return;
    const { engine, recorder } = this;
    engine.note('fault', machine, lostBytes, () => `down: ${reason}`);
    const body = { type: 'down', reason, lostBytes } as const;
    recorder.add(engine.nowUs, machine.id, engine.cause, body);
    machine.busyUntilUs = 0;
    const isAnnounced = disk === 'kept';
    life.streams.shut(isAnnounced, random);
    for (const other of this.machines.values()) {
      other.life?.messages.peerLink(machine.id)?.peerEnded(life.incarnation, isAnnounced);
    }
  }

  /** Has the operator do something; it runs like a node that is always up. */
  private act(name: string, args: ActionArguments, onEnd: (end: ActionEnd) => void): void {
    const { act } = this.options;
    if (act === undefined) return;
    this.operator ??= new Life(this.world, new Machine(OPERATOR, this.machines.size), 1);
    const { operator, engine } = this;
    engine.schedule('start', engine.nowUs, operator.machine, operator, () => {
      act(name, args).then(
        () => onEnd({ outcome: 'done' }),
        (cause: unknown) => {
          this.world.count(`action ${name} refused`);
          onEnd({ outcome: 'refused', cause });
        },
      );
    });
  }

  private machine(node: NodeId): Machine {
    const machine = this.machines.get(node);
    if (machine === undefined) throw new InvalidArgument('node', node, 'one of the simulation');
    return machine;
  }
}

/** A node that does nothing, for code that only needs a Host. */
export function idleNode(): RunningNode {
  const close = async () => {};
  return { close, [Symbol.asyncDispose]: close };
}

function withChoices(choices: Choices | undefined): { choices?: Choices } {
  return choices === undefined ? {} : { choices };
}

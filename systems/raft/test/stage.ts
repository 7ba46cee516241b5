/**
 * A stage on which a test plays a story: every message, write and timer moves when the test says.
 *
 * Time stands still but for `elapse` and `timer`; the watchman looks at every event.
 */
import { type NodeId, toNodeId } from '@mangrove/host';
import {
  blankSnapshot,
  type Effect,
  type Entry,
  foundingSnapshot,
  type LogIndex,
  type Message,
  nextTimerAt,
  type RaftEvent,
  type RaftOptions,
  type RaftState,
  simpleConfiguration,
  snapshotAt,
  step,
  toRaftOptions,
} from '../src/index.ts';
import { Machine } from './machine.ts';
import { dataOf, Watchman } from './watchman.ts';

/** An event without its time. */
type Timeless<Event> = Event extends RaftEvent ? Omit<Event, 'now'> : never;

/** What a test makes happen: an event without its time, which the stage gives. */
export type Happening = Timeless<RaftEvent>;

/** Who is on the stage. */
export interface Cast {
  readonly voters: readonly string[];
  readonly learners?: readonly string[];
  /** Nodes that belong to no group yet. */
  readonly blank?: readonly string[];
  readonly options?: Partial<RaftOptions>;
  /** What single members have in the place of `options`, by name. */
  readonly ownOptions?: Readonly<Record<string, Partial<RaftOptions>>>;
  /** Whether the watchman looks; not where the test plays a leader that is not on the stage. */
  readonly isWatched?: boolean;
  /** Whether what is to be applied is at once; else when the test says `finishApply`. */
  readonly appliesByItself?: boolean;
}

/** Which messages are meant. */
export interface MessageFilter {
  readonly from?: string;
  readonly to?: string;
  readonly type?: Message['type'];
}

/** Members whose moves a test makes one by one. */
export class Stage {
  readonly machines = new Map<NodeId, Machine>();
  readonly watchman: Watchman;
  /** Everything that members wanted done, oldest first. */
  readonly seen: { readonly node: NodeId; readonly effect: Effect }[] = [];
  /** Messages under way, oldest first. */
  parcels: Message[] = [];
  now = 0;
  private readonly isWatched: boolean;
  private readonly appliesByItself: boolean;
  /** How far the clocks of members have jumped, in milliseconds. */
  private readonly ahead = new Map<NodeId, number>();
  private nextId = 1;

  constructor(cast: Cast) {
    const { voters, learners = [], blank = [], options = {}, ownOptions = {} } = cast;
    this.isWatched = cast.isWatched ?? true;
    this.appliesByItself = cast.appliesByItself ?? true;
    const short = { electionTimeoutMs: 100, heartbeatIntervalMs: 10, clockDriftPpmMax: 0 };
    const configuration = simpleConfiguration(voters.map(toNodeId), learners.map(toNodeId));
    const founding = foundingSnapshot(configuration);
    const start = (name: string, snapshot: typeof founding) => {
      const complete = toRaftOptions({ ...short, ...options, ...ownOptions[name] });
      this.machines.set(toNodeId(name), new Machine(toNodeId(name), complete, snapshot));
    };
    for (const name of [...voters, ...learners]) start(name, founding);
    for (const name of blank) start(name, blankSnapshot());
    this.watchman = new Watchman(this.machines);
    for (const machine of this.machines.values()) machine.start(0, 0);
  }

  machine(name: string): Machine {
    const machine = this.machines.get(toNodeId(name));
    if (machine === undefined) throw new Error(`${name} is not on the stage`);
    return machine;
  }

  state(name: string): RaftState {
    const { state } = this.machine(name);
    if (state === undefined) throw new Error(`${name} is down`);
    return state;
  }

  /** Makes one thing happen to a member, and does what it wants done but for writes and sends. */
  happen(name: string, happening: Happening): readonly Effect[] {
    const machine = this.machine(name);
    const state = this.state(name);
    const now = Math.max(machine.clock(this.now) + this.aheadOf(machine), state.now);
    const effects = step(state, { ...happening, now } as RaftEvent);
    const heard = happening.type === 'message' ? happening.message : undefined;
    if (this.isWatched) this.watchman.look(machine, state, effects, heard);
    for (const effect of effects) {
      this.seen.push({ node: machine.node, effect });
      this.perform(machine, effect);
    }
    return effects;
  }

  /** Lets time pass for everyone; no timer fires. */
  elapse(ms: number): void {
    this.now += ms;
  }

  /** Puts a member's clock ahead, by `ms` more; it sees so at its next event. */
  jump(name: string, ms: number): void {
    const machine = this.machine(name);
    this.ahead.set(machine.node, this.aheadOf(machine) + ms);
  }

  /** Lets time pass until the member's next timer, which fires. */
  timer(name: string, random = 0): readonly Effect[] {
    const machine = this.machine(name);
    const own = nextTimerAt(this.state(name)) - this.aheadOf(machine);
    this.now = Math.max(this.now, own / (1 + machine.driftPpm / 1_000_000));
    return this.happen(name, { type: 'timer', random });
  }

  /**
   * Completes the parts of snapshots that a member writes, then its first `count` writes; all of
   * them where `count` is not given.
   */
  sync(name: string, count = Number.POSITIVE_INFINITY): readonly Effect[] {
    const machine = this.machine(name);
    for (const chunk of machine.pendingChunks.splice(0)) {
      this.happen(name, machine.completeChunk(chunk));
    }
    const done = machine.pendingWrites.splice(0, count);
    for (const write of done) machine.complete(write);
    const sequence = done.at(-1)?.sequence;
    return sequence === undefined ? [] : this.happen(name, { type: 'persisted', sequence });
  }

  /** Delivers the messages under way that `filter` means; those that follow from it stay. */
  deliver(filter: MessageFilter = {}): void {
    for (const message of this.take(filter)) this.hand(message);
  }

  /** Takes messages away: they are lost, or kept by the test to be handed over later. */
  take(filter: MessageFilter = {}): readonly Message[] {
    const isMeant = (message: Message) =>
      (filter.from === undefined || message.from === filter.from) &&
      (filter.to === undefined || message.to === filter.to) &&
      (filter.type === undefined || message.type === filter.type);
    const taken = this.parcels.filter(isMeant);
    this.parcels = this.parcels.filter((message) => !isMeant(message));
    return taken;
  }

  /** Hands a message over, now or once more. */
  hand(message: Message): void {
    const machine = this.machine(message.to);
    if (machine.state === undefined) return;
    this.happen(message.to, { type: 'message', message });
  }

  /** Delivers and writes until nothing is under way; messages of and to `apart` are lost. */
  settle(apart: readonly string[] = []): void {
    for (let round = 0; round < 100; round++) {
      for (const name of apart) {
        this.take({ from: name });
        this.take({ to: name });
      }
      const isQuiet = this.parcels.length === 0 && !this.hasWrites();
      if (isQuiet) return;
      this.deliver();
      for (const [name, machine] of this.machines) if (machine.state) this.sync(name);
    }
    throw new Error('it does not settle in 100 rounds');
  }

  /** Makes a member the leader by its timer; the members of `apart` hear nothing. */
  elect(name: string, apart: readonly string[] = []): void {
    this.timer(name);
    this.settle(apart);
    if (this.state(name).role.type !== 'leader') throw new Error(`${name} was not elected`);
  }

  /** Proposes and says under which id. */
  propose(name: string, sizeBytes = 3): number {
    const id = this.nextId++;
    const data = new Uint8Array(sizeBytes);
    data.set(dataOf(id));
    this.watchman.began(id, data);
    this.happen(name, { type: 'propose', id, data });
    return id;
  }

  /** Proposes commands of these sizes in one event and says under which ids. */
  proposeBatch(name: string, sizesBytes: readonly number[]): number[] {
    const proposals = sizesBytes.map((sizeBytes) => {
      const id = this.nextId++;
      const data = new Uint8Array(sizeBytes);
      data.set(dataOf(id).subarray(0, sizeBytes));
      this.watchman.began(id, data);
      return { id, data };
    });
    this.happen(name, { type: 'propose-batch', proposals });
    return proposals.map(({ id }) => id);
  }

  /** Begins a read and says under which id. */
  read(name: string, mode: 'read-index' | 'lease' = 'read-index'): number {
    const id = this.nextId++;
    this.watchman.began(id);
    this.happen(name, { type: 'read', id, mode });
    return id;
  }

  /** A member's state machine has taken in what it was given; nothing where there was nothing. */
  finishApply(name: string): void {
    const machine = this.machine(name);
    if (!machine.isApplyPending) return;
    machine.isApplyPending = false;
    this.happen(name, { type: 'applied', index: machine.machineIndex as LogIndex });
  }

  /** An id for another request. */
  id(): number {
    return this.nextId++;
  }

  /** Loses a member's memory, and of its disk what was not durable. */
  crash(name: string): void {
    this.machine(name).crash(0);
  }

  restart(name: string): void {
    this.machine(name).start(this.now, 0);
  }

  /** Takes a snapshot of what a member has applied, and forgets the log before it. */
  snapshot(name: string): void {
    const machine = this.machine(name);
    const state = this.state(name);
    const index = state.appliedIndex;
    machine.keepSnapshot(snapshotAt(state, index));
    this.happen(name, { type: 'snapshot-taken', index, compactTo: index });
  }

  /** How a request ended, as the effects tell it; `undefined` while it is open. */
  outcome(id: number): Effect | undefined {
    const ends = ['committed', 'refused', 'read-ready', 'transferred'];
    return this.seen.find(({ effect }) => ends.includes(effect.type) && idIn(effect) === id)
      ?.effect;
  }

  /** The terms of a member's log behind its base, for a look at once: `1 1 2`. */
  terms(name: string): string {
    const { log } = this.state(name);
    const terms = [];
    for (let index = log.baseIndex + 1; index <= log.lastIndex; index++) {
      terms.push(log.termAt(index as LogIndex));
    }
    return terms.join(' ');
  }

  private apply(machine: Machine, entry: Entry): void {
    if (this.isWatched) this.watchman.applied(machine, entry);
    else machine.machineIndex = entry.index;
  }

  private aheadOf({ node }: Machine): number {
    return this.ahead.get(node) ?? 0;
  }

  private hasWrites(): boolean {
    return [...this.machines.values()].some(
      ({ pendingWrites, pendingChunks }) => pendingWrites.length > 0 || pendingChunks.length > 0,
    );
  }

  private perform(machine: Machine, effect: Effect): void {
    switch (effect.type) {
      case 'persist':
        machine.pendingWrites.push(effect);
        return;
      case 'send':
        this.parcels.push(effect.message);
        return;
      case 'apply':
      case 'apply-stored': {
        const entries =
          effect.type === 'apply'
            ? effect.entries
            : machine.read(effect.from, effect.to, effect.to);
        for (const entry of entries) this.apply(machine, entry);
        machine.isApplyPending = true;
        if (this.appliesByItself) this.finishApply(machine.node);
        return;
      }
      case 'restore':
        if (this.isWatched) this.watchman.restored(machine, effect.snapshot);
        else machine.machineIndex = effect.snapshot.index;
        machine.isApplyPending = true;
        if (this.appliesByItself) this.finishApply(machine.node);
        return;
      case 'load-entries': {
        const entries = machine.read(effect.from, effect.to, 10);
        this.happen(machine.node, { type: 'entries-loaded', peer: effect.peer, entries });
        return;
      }
      case 'load-chunk':
        this.happen(machine.node, machine.loadChunk(effect));
        return;
      case 'write-chunk':
        machine.pendingChunks.push(effect);
        return;
      case 'forget':
        machine.forget(effect.logIndex, effect.snapshotIndex);
        return;
      default:
        return;
    }
  }
}

function idIn(effect: Effect): number | undefined {
  return 'id' in effect ? effect.id : undefined;
}

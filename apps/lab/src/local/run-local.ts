/**
 * Runs a plan in the world `local`: real processes on loopback, real files, signals and fsync.
 *
 * Clients live in the lab's own process, each with a Host of its own, and write one history by one
 * clock. Whatever was started is ended, also when the run fails or is aborted.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  describeFault,
  driveClient,
  endOf,
  type Fault,
  type HistoryEvent,
  hasRole,
  type Links,
  MarkSums,
  type Marks,
  type Member,
  type Plan,
  type PlantedBug,
  RoleBook,
  type Topology,
} from '@mangrove/experiment';
import type { NodeId } from '@mangrove/host';
import { createProcessHost, type ProcessHost } from '@mangrove/host-process/node';
import type { CatalogEntry } from '../catalog.ts';
import { judge } from '../judge.ts';
import { missedFaults } from '../missed-faults.ts';
import { LEADERSHIPS_SEEN } from '../reigns.ts';
import { hurtCount, timingsOf } from '../report/latency.ts';
import type { FaultStrike, RunEnd, RunEvidence } from '../run-report.ts';
import { HISTORY_FILE, HistoryFile } from './history-file.ts';
import { betweenReplicas, isInjectable, toHostFaults } from './host-fault.ts';
import { type ReplicaEnd, ReplicaHandle } from './replica-handle.ts';
import { StallWatch } from './stall-watch.ts';

/** What is wanted of a run beside its evidence. */
export interface LocalOptions {
  readonly bug?: PlantedBug | undefined;
  /** Where processes find the experiment. Default: under its name in the catalog. */
  readonly place?: string | undefined;
  /** Told what happens, a sentence each: `n1 is killed`. */
  readonly onProgress?: ((sentence: string) => void) | undefined;
  /** Told how far the run is, about ten times a second. */
  readonly onFigures?: ((figures: LocalFigures) => void) | undefined;
  /**
   * Where the history is written as it grows. Default: in the run's own folder, which is there as
   * long as the run; a lab that is killed leaves it behind.
   */
  readonly historyPath?: string | undefined;
  /** Ends the run at once; it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How far a run is. */
export interface LocalFigures {
  /** Of the run's own time. */
  readonly atMs: number;
  readonly invokedCount: number;
  readonly okCount: number;
  /** Who leads, as far as the nodes that answer know. */
  readonly leader: NodeId | undefined;
}

/** How often it is asked who leads, and told how far the run is, in milliseconds. */
const FIGURES_MS = 100;

/** How long a supervisor waits before it starts a process again that ended by itself. */
const RESTART_AFTER_MS = 500;

/** Why nothing came of what an operator wanted. */
const NOBODY_LED = 'nobody led whom it could be asked of';

/** How often it is asked who leads, while a fault waits for a leader, in milliseconds. */
const ASK_MS = 20;

/**
 * Runs `plan` with one process a replica. Faults that need more than that are told, not injected.
 */
export async function runLocal(
  entry: CatalogEntry,
  plan: Plan,
  options: LocalOptions = {},
): Promise<RunEvidence> {
  const directory = await mkdtemp(join(tmpdir(), 'mangrove-local-'));
  try {
    const run = new LocalRun(entry, plan, options, directory);
    try {
      options.signal?.throwIfAborted();
      return await Promise.race([run.finish(), aborted(options.signal)]);
    } finally {
      await run.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

class LocalRun {
  private readonly entry: CatalogEntry;
  private readonly plan: Plan;
  private readonly options: LocalOptions;
  private readonly directory: string;
  private readonly replicas = new Map<NodeId, ReplicaHandle>();
  private readonly clients = new Map<NodeId, ProcessHost>();
  private readonly history: HistoryEvent[] = [];
  private readonly historyFile: HistoryFile;
  private readonly ends: RunEnd[] = [];
  private readonly counts = new Map<string, number>();
  private readonly notInjected: string[] = [];
  /** Those of the plan, with nodes in the place of roles once they are known. */
  private readonly faults: Fault[];
  private readonly roles: RoleBook;
  /** When each fault struck, by its place in the plan. */
  private readonly strikes = new Map<number, FaultStrike>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly stuck: Set<NodeId>;
  /** Who led in each term, as far as it was asked. */
  private readonly termsSeen = new Map<number, NodeId>();
  /** Of nodes that are down: the place of the crash in the plan. */
  private readonly crashes = new Map<NodeId, number>();
  /** What ends the faults in force. */
  /** Faults that are due, and not all in force yet. */
  private readonly beginning = new Set<Promise<void>>();
  private readonly inForce = new Set<() => Promise<void>>();
  private readonly restarts = new Set<Promise<void>>();
  private topology: Topology = { replicas: [], clients: [] };
  private startMs = 0;
  /** How long the machine let a process wait since the faults ended, as far as it was looked at. */
  private stallMs = 0;
  private isClosed = false;
  private failure: ((error: unknown) => void) | undefined;

  constructor(entry: CatalogEntry, plan: Plan, options: LocalOptions, directory: string) {
    this.entry = entry;
    this.plan = plan;
    this.options = options;
    this.directory = directory;
    this.historyFile = new HistoryFile(options.historyPath ?? join(directory, HISTORY_FILE));
    this.faults = [...plan.faults];
    this.roles = new RoleBook(plan.replicas);
    const late = plan.operations.filter(({ atMs }) => atMs >= plan.activeMs);
    this.stuck = new Set(late.map(({ client }) => client));
  }

  async finish(): Promise<RunEvidence> {
    const { plan } = this;
    await this.startAll();
    this.startMs = performance.now();
    for (const [index, fault] of plan.faults.entries()) this.inject(index, fault);
    this.at(plan.activeMs, () => this.heal());
    this.at(0, () => this.lookAround());
    const failed = new Promise<never>((_, reject) => {
      this.failure = reject;
    });
    const driving = Promise.all(plan.clients.map((client) => this.drive(client)));
    await Promise.race([driving, this.timeIsUp(), failed]);
    await Promise.race([Promise.all(this.restarts), failed]);
    const marks = new MarkSums();
    for (const replica of this.replicas.values()) marks.addLife(await replica.readings());
    return this.evidence(marks.marks());
  }

  private evidence(marks: Marks): RunEvidence {
    const { entry, history, ends, notInjected, faults } = this;
    const { activeMs, quietMs } = this.plan;
    const { slos = [], drawScript } = entry.experiment;
    const endMs = this.nowMs();
    const strikes = [...this.strikes.values()];
    const verdict = judge(entry.judges, {
      ...{ history, ends, stuck: [...this.stuck], activeMs, quietMs, endMs, slos },
      stallMs: this.stallMs,
      strikes,
      missed: drawScript && missedFaults(faults, strikes),
    });
    this.counts.set('operations during a fault', hurtCount(timingsOf(history, endMs), strikes));
    if (this.termsSeen.size > 0) this.counts.set(LEADERSHIPS_SEEN, this.termsSeen.size);
    const counts = Object.fromEntries(this.counts);
    const plan = { ...this.plan, faults };
    const seen = { plan, history, verdict, endMs, strikes, ends, counts, marks, notInjected };
    return { world: 'local', ...seen };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const timer of this.timers) clearTimeout(timer);
    await Promise.all([...this.replicas.values()].map((replica) => replica.signal('SIGKILL')));
    await Promise.all([...this.clients.values()].map((client) => client.close()));
    this.historyFile.close();
  }

  private async startAll(): Promise<void> {
    const { plan, entry, directory } = this;
    const experiment = this.options.place ?? entry.experiment.name;
    for (const node of plan.replicas) {
      const place = { experiment, node, dataDirectory: join(directory, node), port: 0 };
      const onEnd = (end: ReplicaEnd) => this.ended(end);
      this.replicas.set(node, new ReplicaHandle(place, this.options.bug, onEnd));
    }
    const opening = Promise.all([...this.replicas.values()].map((replica) => replica.open()));
    // Should one fail while the clients are still being made: it is heard of below.
    opening.catch(() => {});
    for (const node of plan.clients) {
      const host = await createProcessHost({ node, dataDirectory: join(directory, node) });
      this.clients.set(node, host);
    }
    await opening;
    const replicas = [...this.replicas.values()].map(memberOf);
    const clients = [...this.clients].map(
      ([node, { messageAddress }]): Member => ({ node, address: messageAddress }),
    );
    this.topology = { replicas, clients };
    const serving = [...this.replicas.values()].map(async (replica) => {
      const cause = await replica.serve(this.topology);
      if (cause !== undefined) throw new Error(`${replica.node} ended before it served: ${cause}`);
    });
    await Promise.all(serving);
    this.topology = { replicas: [...this.replicas.values()].map(memberOf), clients };
    this.say(replicas.length === 1 ? '1 process serves' : `${replicas.length} processes serve`);
  }

  private async drive(node: NodeId): Promise<void> {
    const host = this.clients.get(node) as ProcessHost;
    const { plan } = this;
    const operations = [...plan.operations.entries()].filter(([, { client }]) => client === node);
    operations.sort(([, a], [, b]) => a.atMs - b.atMs);
    const client = await this.entry.experiment.subject.openClient(host, this.topology);
    await driveClient(host, {
      client,
      operations,
      timeoutMs: plan.operationTimeoutMs,
      nowMs: () => this.nowMs(),
      record: (event, index) => {
        this.historyFile.add(event);
        this.history.push(event);
        this.count(`operation ${event.type}`);
        const isQuiet = (plan.operations[index]?.atMs ?? 0) >= plan.activeMs;
        if (isQuiet && event.type === 'ok') this.stuck.delete(node);
      },
    });
  }

  private inject(index: number, planned: Fault): void {
    if (!isInjectable(planned)) {
      this.notInjected.push(describeFault(planned));
      return;
    }
    const hasStreams = this.entry.experiment.subject.clientAddressOf !== undefined;
    const fault = hasStreams ? betweenReplicas(planned, this.plan.clients) : planned;
    if (fault !== planned) this.notInjected.push(`${describeFault(planned)} for clients' streams`);
    if (fault === undefined) return;
    this.at(startOf(fault), async () => {
      const begun = hasRole(fault) ? this.cast(index, fault) : this.begin(index, fault);
      if (fault.type !== 'action') this.beginning.add(begun);
      await begun.finally(() => this.beginning.delete(begun));
    });
  }

  /** Puts nodes in the place of roles; asks again while nobody leads. */
  private async cast(index: number, fault: Fault): Promise<void> {
    const known = this.roles.resolve(fault, await this.leading());
    if (known !== undefined) {
      await this.begin(index, known);
      return;
    }
    const untilMs = 'untilMs' in fault ? fault.untilMs : this.plan.activeMs;
    if (this.nowMs() + ASK_MS >= Math.min(untilMs, this.plan.activeMs)) return;
    this.at(this.nowMs() + ASK_MS, () => this.cast(index, fault));
  }

  /** The node that leads in the greatest term, of those that answer. */
  private async leading(): Promise<NodeId | undefined> {
    const asked = [...this.replicas.values()].map(async (replica) => {
      return { node: replica.node, term: await replica.leads() };
    });
    const [first] = (await Promise.all(asked))
      .flatMap(({ node, term }) => (term === undefined ? [] : [{ node, term }]))
      .sort((a, b) => b.term - a.term);
    if (first !== undefined) this.termsSeen.set(first.term, first.node);
    return first?.node;
  }

  private async begin(index: number, fault: Fault): Promise<void> {
    this.faults[index] = fault;
    if (fault.type === 'crash-at') {
      this.armCrash(index, fault);
      return;
    }
    this.count(`fault ${fault.type}`);
    if (fault.type === 'action') {
      // What was planned before it is in force by then: a cut takes a while until all know of it.
      await Promise.allSettled(this.beginning);
      await this.act(index, fault);
      return;
    }
    const begin = this.effectOf(fault);
    if (begin === undefined || !('untilMs' in fault)) return;
    const end = await begin();
    const atMs = this.nowMs();
    this.strikes.set(index, { fault: index, atMs, untilMs: Math.max(atMs, endOf(fault)) });
    if (fault.type === 'crash') this.crashes.set(fault.node, index);
    this.inForce.add(end);
    this.at(fault.untilMs, () => this.endOne(end));
    if (fault.type === 'cut') this.at(fault.untilMs, async () => this.say(sentenceOf(fault, true)));
  }

  private armCrash(index: number, fault: Extract<Fault, { readonly type: 'crash-at' }>): void {
    const replica = this.replicas.get(fault.node);
    replica?.arm(fault.point, () => {
      this.count(`fault ${fault.type}`);
      this.say(describeFault(fault));
      const atMs = this.nowMs();
      this.strikes.set(index, { fault: index, atMs, untilMs: atMs + fault.downMs });
      this.crashes.set(fault.node, index);
      this.at(atMs + fault.downMs, () => this.restart(replica));
    });
  }

  private async act(index: number, fault: Extract<Fault, { readonly type: 'action' }>) {
    const { name, args, atMs } = fault;
    const node = await this.leader();
    const replica = node && this.replicas.get(node);
    const end = (await replica?.act({ name, args })) ?? { outcome: 'refused', reason: NOBODY_LED };
    const nodes = Object.values(args).filter((value) => this.replicas.has(value as NodeId));
    this.say(`operator: ${name} ${nodes.join(' ')}: ${end.outcome ?? 'no answer'}`);
    if (end.outcome === 'refused') this.count(`action ${name} refused`);
    this.strikes.set(index, { fault: index, atMs, untilMs: this.nowMs(), ...end });
  }

  /** Who leads; waits for one until the faults end. */
  private async leader(): Promise<NodeId | undefined> {
    for (;;) {
      const node = await this.leading();
      if (node !== undefined || this.nowMs() + ASK_MS >= this.plan.activeMs) return node;
      await sleep(ASK_MS);
    }
  }

  /** What begins a fault, and returns what ends it; undefined where this world cannot. */
  private effectOf(fault: Fault): (() => Promise<() => Promise<void>>) | undefined {
    const replica = 'node' in fault ? this.replicas.get(fault.node) : undefined;
    if (fault.type === 'crash' && fault.disk === 'kept' && replica !== undefined) {
      return async () => {
        this.say(`${fault.node} is killed`);
        await replica.signal('SIGKILL');
        return () => this.restart(replica);
      };
    }
    if (fault.type === 'pause' && replica !== undefined) {
      return async () => {
        this.say(`${fault.node} is paused`);
        await replica.signal('SIGSTOP');
        return () => replica.signal('SIGCONT');
      };
    }
    const placed = toHostFaults(fault);
    if (placed === undefined) return undefined;
    return async () => {
      this.say(fault.type === 'cut' ? sentenceOf(fault, false) : describeFault(fault));
      const ends = await Promise.all(placed.map(({ node, fault: own }) => this.hurt(node, own)));
      return async () => {
        await Promise.all(ends.map((end) => end()));
      };
    };
  }

  private async hurt(
    node: NodeId,
    fault: Parameters<ReplicaHandle['hurt']>[0],
  ): Promise<() => Promise<void>> {
    const board = this.clients.get(node)?.faults;
    if (board === undefined)
      return (await this.replicas.get(node)?.hurt(fault)) ?? (async () => {});
    const id = board.set(fault);
    return async () => void board.heal(id);
  }

  /** Starts a replica that is down. A run does not end before it is back. */
  private restart(replica: ReplicaHandle): Promise<void> {
    const coming = this.comeBack(replica).finally(() => this.restarts.delete(coming));
    this.restarts.add(coming);
    return coming;
  }

  private async comeBack(replica: ReplicaHandle): Promise<void> {
    if (replica.isUp || this.isClosed) return;
    try {
      await replica.open();
      // Nobody else ends what came up after the end of the run.
      if (this.isClosed) return await replica.signal('SIGKILL');
      // One that ended instead was told to `ended`, and is started again or is broken.
      if ((await replica.serve(this.topology)) !== undefined) return;
    } catch (error) {
      // Another fault killed it as it started; the end of that one starts it again.
      if (replica.isKilled) return;
      throw error;
    }
    this.count('node starts');
    this.say(`${replica.node} is back`);
    this.endCrash(replica.node);
  }

  /** A crash is over when its process serves again: to start one takes a machine some time. */
  private endCrash(node: NodeId): void {
    const index = this.crashes.get(node);
    const span = index === undefined ? undefined : this.strikes.get(index);
    if (index === undefined || span === undefined) return;
    this.crashes.delete(node);
    this.strikes.set(index, { ...span, untilMs: Math.max(span.untilMs, this.nowMs()) });
  }

  /** Asks who leads, and tells how far the run is. */
  private async lookAround(): Promise<void> {
    const leader = await this.leading();
    if (this.isClosed) return;
    this.options.onFigures?.({
      atMs: this.nowMs(),
      invokedCount: this.counts.get('operation invoke') ?? 0,
      okCount: this.counts.get('operation ok') ?? 0,
      leader,
    });
    this.at(this.nowMs() + FIGURES_MS, () => this.lookAround());
  }

  private async endOne(end: () => Promise<void>): Promise<void> {
    if (this.inForce.delete(end)) await end();
  }

  private async heal(): Promise<void> {
    for (const replica of this.replicas.values()) replica.disarm();
    await Promise.all([...this.inForce].map((end) => this.endOne(end)));
    await Promise.all([...this.replicas.values()].map((replica) => this.restart(replica)));
  }

  /**
   * A process ended by itself: by an operating error, after which it is started again, or broken.
   */
  private ended({ node, incarnation, cause, code, hasServed }: ReplicaEnd): void {
    const type = code === undefined ? 'broken' : hasServed ? 'stopped' : 'refused';
    this.ends.push({ node, incarnation, atMs: this.nowMs(), type, cause });
    this.count(`node ${type}`);
    const replica = this.replicas.get(node);
    if (type === 'broken' || replica === undefined) return;
    this.at(this.nowMs() + RESTART_AFTER_MS, async () => {
      await replica.whenDown();
      await this.restart(replica);
    });
  }

  /** A machine that let processes wait gives that time to them, up to as much as was planned. */
  private async timeIsUp(): Promise<void> {
    const { activeMs, quietMs } = this.plan;
    const comes = (atMs: number) =>
      new Promise<void>((resolve) => this.at(atMs, async () => resolve()));
    await comes(activeMs);
    const watch = new StallWatch(this.processes());
    for (let endMs = activeMs + quietMs; this.nowMs() < endMs; ) {
      await comes(endMs);
      this.stallMs = watch.longestMs(this.processes());
      if (this.stuck.size > 0) endMs = activeMs + quietMs + Math.min(this.stallMs, quietMs);
    }
  }

  /** Those that run now: the lab itself, with all clients, and each replica that is up. */
  private processes(): readonly number[] {
    return [process.pid, ...[...this.replicas.values()].flatMap(({ pid }) => pid ?? [])];
  }

  private at(atMs: number, act: () => Promise<void>): void {
    const delayMs = Math.max(0, atMs - this.nowMs());
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (!this.isClosed) act().catch((error: unknown) => this.failure?.(error));
    }, delayMs);
    this.timers.add(timer);
  }

  private nowMs(): number {
    return performance.now() - this.startMs;
  }

  private count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  private say(sentence: string): void {
    this.options.onProgress?.(sentence);
  }
}

/** A replica as it is known so far. */
function memberOf({ node, address, clientAddress }: ReplicaHandle): Member {
  return { node, address, ...(clientAddress === undefined ? {} : { clientAddress }) };
}

/** What a cut does, or did: `n1 does not reach n2, n3`. */
function sentenceOf({ from, to }: Links, isOver: boolean): string {
  const verb =
    from.length > 1 ? (isOver ? 'reach' : 'do not reach') : isOver ? 'reaches' : 'does not reach';
  return `${from.join(', ')} ${verb} ${to.join(', ')}${isOver ? ' again' : ''}`;
}

/** When the fault is due, in milliseconds; for a crash point, when the counting begins. */
function startOf(fault: Fault): number {
  return fault.type === 'crash-at' ? (fault.point.fromMs ?? 0) : fault.atMs;
}

/** Rejects when `signal` is aborted; never resolves. */
function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

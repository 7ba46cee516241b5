/**
 * Runs a plan: nodes, clients, faults and the quiet phase, from its start to its verdictless end.
 *
 *     0 ........................... activeMs ................ activeMs + quietMs
 *     faults, load                  all healed, all up        every client has had its answer
 */
import {
  type Choices,
  driveClient,
  endOf,
  type Fault,
  type HistoryEvent,
  type Marks,
  type Plan,
  type RunTrace,
  type Subject,
  type Topology,
} from '@mangrove/experiment';
import type { NodeId, RunningNode } from '@mangrove/host';
import type { Audit } from './audit.ts';
import type { DrainMode } from './drain.ts';
import type { ActionEnd } from './fault-injector.ts';
import type { NodeEnd } from './life.ts';
import { idleNode, Simulation } from './simulation.ts';

/** What is wanted of a run beside its history. */
export interface SimulateOptions {
  readonly drain?: DrainMode | undefined;
  /** Whether the report holds a trace. Default: no. */
  readonly isRecording?: boolean | undefined;
  /** Whether the report's plan holds all choices, so that it needs no seed. Default: no. */
  readonly isRecordingChoices?: boolean | undefined;
  /** At these times the report tells which choices had been made; needs `isRecordingChoices`. */
  readonly choiceTimesMs?: readonly number[] | undefined;
  readonly audit?: Audit | undefined;
  /**
   * Throws where an invariant over all running nodes does not hold; called after every reaction.
   */
  readonly invariant?: ((nodes: ReadonlyMap<NodeId, RunningNode>) => void) | undefined;
}

/** What came of a run. */
export interface SimulationReport {
  /**
   * As it ran: with nodes in the place of roles, and with all choices where they were recorded.
   */
  readonly plan: Plan;
  /** When each fault struck, by its place in the plan; faults that did not strike are missing. */
  readonly strikes: readonly Strike[];
  readonly history: readonly HistoryEvent[];
  /** 64 bits that change when anything changes that a node did or met. */
  readonly hash: string;
  readonly eventCount: number;
  readonly endMs: number;
  /** Nodes that ended by their own doing, in order. */
  readonly ends: readonly NodeEnd[];
  /** The invariant that did not hold; the run ended there. */
  readonly violation: { readonly atMs: number; readonly cause: unknown } | undefined;
  /** Clients that were to do something in the quiet phase and saw not one `ok`. */
  readonly stuck: readonly NodeId[];
  /** What happened, by name: "did it test anything". */
  readonly counts: Readonly<Record<string, number>>;
  /** What the nodes counted of themselves, over all of their lives. */
  readonly marks: Marks;
  readonly trace: RunTrace | undefined;
  /** The choices that had been made by each of `choiceTimesMs` that came, in their order. */
  readonly choicesUntil: readonly Choices[];
}

/** From when until when a fault of the plan was in force. */
export interface Strike {
  /** Its place in the plan, from 0. */
  readonly fault: number;
  readonly atMs: number;
  readonly untilMs: number;
  /** Of an action: how it ended. Missing where nobody heard. */
  readonly end?: ActionEnd;
}

/** How long a supervisor waits before it starts a node again that stopped, in milliseconds. */
const RESTART_AFTER_MS = 500;

/** Where every replica serves clients by byte streams: each is a machine of its own. */
const CLIENT_PORT = 2379;

/** Runs a plan of a subject. The same plan gives the same report, on every engine. */
export async function simulate(
  subject: Subject,
  plan: Plan,
  options: SimulateOptions = {},
): Promise<SimulationReport> {
  const run = new PlannedRun(subject, plan, options);
  try {
    await run.finish();
    return run.report();
  } finally {
    run.close();
  }
}

/** A plan that runs. */
class PlannedRun {
  private readonly subject: Subject;
  private readonly plan: Plan;
  private readonly options: SimulateOptions;
  private readonly topology: Topology;
  private readonly simulation: Simulation;
  private readonly history: HistoryEvent[] = [];
  private readonly stuck: Set<NodeId>;
  private busyClientCount: number;
  private violation: SimulationReport['violation'];
  private readonly faults: Fault[];
  private readonly strikes: Strike[] = [];
  private readonly choicesUntil: Choices[] = [];

  constructor(subject: Subject, plan: Plan, options: SimulateOptions) {
    const { replicas, clients } = plan;
    const { invariant } = options;
    this.subject = subject;
    this.plan = plan;
    this.options = options;
    this.topology = {
      replicas: replicas.map((node) => {
        return { node, address: node, clientAddress: `${node}:${CLIENT_PORT}` };
      }),
      clients: clients.map((node) => ({ node, address: node })),
    };
    const isLate = ({ atMs }: { readonly atMs: number }) => atMs >= plan.activeMs;
    this.stuck = new Set(plan.operations.filter(isLate).map(({ client }) => client));
    this.busyClientCount = clients.length;
    this.faults = [...plan.faults];
    this.simulation = new Simulation({
      ...options,
      seed: plan.seed ?? 0,
      nodes: [...replicas, ...clients],
      choices: plan.choices,
      restartAfterMs: RESTART_AFTER_MS,
      describe: subject.describe?.bind(subject),
      replicas,
      leads: subject.leads?.bind(subject),
      isFounded: subject.isFounded?.bind(subject),
      invariant: invariant && (() => this.check(invariant)),
      act: async (name, args) => subject.act?.(name, args, this.simulation.nodes),
    });
  }

  async finish(): Promise<void> {
    const { simulation, plan, subject, topology } = this;
    const { eventCountMin = 0 } = plan;
    for (const { node } of topology.replicas) {
      simulation.start(node, (host, version) =>
        subject.start(host, { topology, version, clientPort: CLIENT_PORT }),
      );
    }
    for (const { node } of topology.clients) this.startClient(node);
    for (const [index, fault] of plan.faults.entries()) {
      simulation.inject(
        fault,
        (known, atMs) => this.struck(index, known, atMs),
        (end) => this.acted(index, end),
      );
    }
    simulation.at(plan.activeMs, () => {
      simulation.heal();
      const broken = new Set(simulation.ends.filter(isBroken).map(({ node }) => node));
      for (const { node } of topology.replicas) if (!broken.has(node)) simulation.restart(node);
    });
    for (const atMs of this.options.choiceTimesMs ?? []) {
      simulation.at(atMs, () => this.choicesUntil.push(copyOf(simulation.choices())));
    }
    try {
      const isDone = () => this.busyClientCount === 0 && simulation.eventCount >= eventCountMin;
      await simulation.run(plan.activeMs + plan.quietMs, isDone);
    } catch (error) {
      if (this.violation === undefined) throw error;
    }
  }

  report(): SimulationReport {
    const { simulation, plan, options } = this;
    const choices: Choices = options.isRecordingChoices ? simulation.choices() : plan.choices;
    const isRecording = options.isRecording === true;
    return {
      plan: { ...plan, faults: this.faults, choices },
      strikes: this.strikes,
      choicesUntil: this.choicesUntil,
      history: this.history,
      hash: simulation.hash(),
      eventCount: simulation.eventCount,
      endMs: simulation.nowMs,
      ends: simulation.ends,
      violation: this.violation,
      stuck: this.violation === undefined ? [...this.stuck] : [],
      counts: Object.fromEntries(simulation.counts),
      marks: simulation.marks(),
      trace: isRecording ? simulation.trace(plan.replicas, plan.clients) : undefined,
    };
  }

  close(): void {
    this.simulation.close();
  }

  private struck(fault: number, known: Fault, atMs: number): void {
    this.faults[fault] = known;
    const end = known.type === 'crash-at' ? atMs + known.downMs : endOf(known);
    // Whatever lasts is healed when the faults end.
    const untilMs = Math.max(atMs, Math.min(end, this.plan.activeMs));
    this.strikes.push({ fault, atMs, untilMs });
  }

  private acted(fault: number, end: ActionEnd): void {
    const place = this.strikes.findIndex((strike) => strike.fault === fault);
    const strike = this.strikes[place];
    if (strike !== undefined) this.strikes[place] = { ...strike, end };
  }

  private startClient(node: NodeId): void {
    const { simulation, plan } = this;
    const operations = [...plan.operations.entries()].filter(([, { client }]) => client === node);
    operations.sort(([, a], [, b]) => a.atMs - b.atMs);
    simulation.start(node, async (host) => {
      const client = await this.subject.openClient(host, this.topology);
      host.run(async () => {
        await driveClient(host, {
          client,
          operations,
          timeoutMs: plan.operationTimeoutMs,
          nowMs: () => simulation.nowMs,
          record: (event, index) => this.record(node, event, index),
        });
        this.busyClientCount -= 1;
      });
      return idleNode();
    });
  }

  private record(client: NodeId, event: HistoryEvent, operation: number): void {
    const { type, process } = event;
    this.history.push(event);
    this.simulation.count(`operation ${type}`);
    if (type === 'invoke') {
      this.simulation.note(client, { type, operation, process });
      return;
    }
    this.simulation.note(client, { type: 'return', operation, outcome: type });
    const isQuiet = (this.plan.operations[operation]?.atMs ?? 0) >= this.plan.activeMs;
    if (isQuiet && type === 'ok') this.stuck.delete(client);
  }

  private check(invariant: (nodes: ReadonlyMap<NodeId, RunningNode>) => void): void {
    try {
      invariant(this.simulation.nodes);
    } catch (cause) {
      this.violation = { atMs: this.simulation.nowMs, cause };
      throw cause;
    }
  }
}

/** What a run goes on to choose is added to the lists that it told of. */
function copyOf({ links, draws }: Choices): Choices {
  const copy = <Item>(lists: Readonly<Record<string, readonly Item[]>>) =>
    Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, [...list]]));
  return { links: copy(links), draws: copy(draws) };
}

function isBroken({ type }: NodeEnd): boolean {
  return type === 'broken';
}

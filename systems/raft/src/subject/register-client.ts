/**
 * A client of the replicated register: finds the leader, and does each write once.
 *
 * It reads at a node of its own, so that one of them stays with a leader that was deposed. Clients
 * have manners, see `Manner`, so that each way of writing is tried in every run.
 *
 * It opens a session and numbers its writes, so it may send one again, to any node, as long as it
 * sees no answer: the log may have it twice, the register takes it in once. What the driver gives
 * up is abandoned: the client's next operation has a higher number, so a late copy does nothing.
 */
import type { Operation, Outcome, SubjectClient, Topology } from '@mangrove/experiment';
import type { Host, NodeId } from '@mangrove/host';
import { encodeSessionCommand } from '../shell/session-machine.ts';
import {
  type ClientOperation,
  type ClientOutcome,
  type ClientResponse,
  decodeResponse,
  encodeRequest,
} from './client-codec.ts';
import { encodeCommand, type RegisterCommand } from './register-machine.ts';

/** How long a client waits for a node, in milliseconds. */
const PATIENCE_MS = 200;

/** How long one waits that asks once, in milliseconds: longer than any operation may take. */
const TRUST_MS = 60_000;

/** After so many silences and nothing done a client holds the node where it is at home for lost. */
const SILENCES_MAX = 10;

/** How long it waits before it asks the next node, in milliseconds. */
const PAUSE_MS = 20;

/**
 * How a client writes: it `follows` the leader that it is told of and asks again until it knows the
 * outcome; it asks first the node where it is `at-home`, which hands the proposal on or says who
 * leads; or it is `trusting`: it asks once and believes what a refusal says of the outcome.
 */
type Manner = 'follows' | 'at-home' | 'trusting';

/** The manners, by the place of a client in the topology. */
const MANNERS: readonly Manner[] = Object.freeze(['follows', 'at-home', 'trusting']);

/** How all clients of an experiment read. */
export interface ReadingWays {
  /** Every other read goes by the lease, or all do where there is one, or none does. */
  readonly reads: 'by-both' | 'by-lease' | 'by-round';
  /**
   * Whether a client reads at its own node or nowhere, so that it sees when that node never gets
   * well. It may where every replica is a member for good.
   */
  readonly staysAtHome: boolean;
}

const USUAL_WAYS: ReadingWays = Object.freeze({ reads: 'by-both', staysAtHome: false });

/** Whom a client asks. */
export interface ClientSetting {
  /** The members of the group. */
  readonly nodes: readonly NodeId[];
  /** The place of the client among all of them. */
  readonly home: number;
  readonly ways?: Partial<ReadingWays>;
  /** The group that it asks; 0 where processes have only one. */
  readonly group?: number;
}

/** Opens a client of the nodes in `topology`. */
export async function openRegisterClient(
  host: Host,
  { replicas, clients }: Topology,
  ways: Partial<ReadingWays> = {},
): Promise<SubjectClient> {
  const nodes = replicas.map(({ node }) => node);
  const home = clients.findIndex(({ node }) => node === host.node);
  const client = new RegisterClient(host, { nodes, home, ways });
  host.messages.onMessage(({ bytes }) => client.answered(decodeResponse(bytes)));
  for (const { node, address } of replicas) host.messages.addPeer(node, address);
  return client;
}

/** A client of one register; whoever opens it gives it the answers that come. */
export class RegisterClient implements SubjectClient {
  private readonly host: Host;
  private readonly group: number;
  private readonly nodes: readonly NodeId[];
  private home: number;
  private silenceCount = 0;
  private readonly ways: ReadingWays;
  private readonly manner: Manner;
  private readonly waiting = new Map<number, (outcome: ClientOutcome) => void>();
  private requestCount = 0;
  private place: number;
  private leader: NodeId | undefined;
  private session: number | undefined;
  private sequence = 0;
  private operationCount = 0;

  constructor(host: Host, { nodes, home, ways = {}, group = 0 }: ClientSetting) {
    this.host = host;
    this.group = group;
    this.nodes = nodes;
    this.ways = { ...USUAL_WAYS, ...ways };
    this.home = home;
    this.place = home;
    this.manner = MANNERS[home % MANNERS.length] ?? 'follows';
  }

  /** Takes in an answer to it. */
  answered({ id, outcome }: ClientResponse): void {
    this.waiting.get(id)?.(outcome);
  }

  async invoke(operation: Operation): Promise<Outcome> {
    this.operationCount += 1;
    const turn = this.operationCount;
    const command = toCommand(operation);
    if (command === undefined) {
      // Whether it goes by the lease or by a round of heartbeats, it must be linearizable.
      const { reads } = this.ways;
      const isLease = reads === 'by-lease' || (reads === 'by-both' && turn % 2 === 0);
      const outcome = await this.insist(turn, { type: 'read', isLease });
      if (outcome?.type === 'value') return { type: 'ok', value: outcome.value ?? null };
      return { type: 'fail', error: 'abandoned' };
    }
    const session = await this.openSession(turn);
    // Nothing of the write itself has left yet.
    if (session === undefined) return { type: 'fail', error: 'abandoned' };
    this.sequence += 1;
    const data = encodeCommand(command);
    const { sequence } = this;
    const wanted = encodeSessionCommand({ type: 'command', session, sequence, data });
    const proposal = { type: 'propose', command: wanted } as const;
    if (this.manner === 'trusting') return this.tryOnce(proposal);
    const outcome = await this.insist(turn, proposal);
    return this.conclude(outcome);
  }

  /**
   * Asks one node once, and waits for its answer as long as the driver does. Where it stays silent
   * the next operation asks another: a node whose disk is damaged is silent for ever.
   */
  private async tryOnce(proposal: ClientOperation): Promise<Outcome> {
    const node = this.nodeFor(proposal, 0);
    if (node === undefined) return { type: 'fail', error: 'abandoned' };
    this.leader = undefined;
    this.place += 1;
    const outcome = await this.ask(node, proposal, TRUST_MS);
    if (outcome?.type !== 'refused') {
      if (outcome !== undefined) this.leader = node;
      return this.conclude(outcome);
    }
    const { leader, code, isDefinite } = outcome;
    this.leader = leader === node ? undefined : leader;
    return { type: isDefinite ? 'fail' : 'info', error: code };
  }

  private conclude(outcome: ClientOutcome | undefined): Outcome {
    if (outcome?.type === 'applied') {
      return outcome.result[0] === 1 ? { type: 'ok' } : { type: 'fail', error: 'mismatch' };
    }
    if (outcome?.type === 'expired') this.session = undefined;
    return { type: 'info', error: outcome?.type ?? 'abandoned' };
  }

  private async openSession(turn: number): Promise<number | undefined> {
    if (this.session !== undefined) return this.session;
    const command = encodeSessionCommand({ type: 'open' });
    const outcome = await this.insist(turn, { type: 'propose', command });
    if (outcome?.type !== 'opened') return undefined;
    this.session = outcome.session;
    this.sequence = 0;
    return this.session;
  }

  /** Asks one node after the other until one has an answer; `undefined` where a new turn began. */
  private async insist(
    turn: number,
    wanted: ClientOperation,
  ): Promise<Exclude<ClientOutcome, { type: 'refused' }> | undefined> {
    for (let attempt = 0; turn === this.operationCount; attempt++) {
      const node = this.nodeFor(wanted, attempt);
      if (node === undefined) return undefined;
      const outcome = await this.ask(node, wanted);
      this.mindHome(node, outcome);
      if (outcome !== undefined && outcome.type !== 'refused') {
        return turn === this.operationCount ? outcome : undefined;
      }
      this.leader = outcome?.leader === node ? undefined : outcome?.leader;
      this.place += 1;
      await this.host.timers.sleep(PAUSE_MS);
    }
    return undefined;
  }

  /**
   * Moves to the next node when the one where it is at home has been silent for long. One that
   * refuses what it is asked is no better: a voter that has lost its disk refuses every write.
   */
  private mindHome(node: NodeId, outcome: ClientOutcome | undefined): void {
    if (node !== this.nodes[this.home % this.nodes.length] || outcome?.type === 'refused') return;
    this.silenceCount = outcome === undefined ? this.silenceCount + 1 : 0;
    if (this.silenceCount < SILENCES_MAX || this.ways.staysAtHome) return;
    this.home += 1;
    this.silenceCount = 0;
  }

  /** Each client reads at a node of its own first, whoever leads; it writes as its manner is. */
  private nodeFor({ type }: ClientOperation, attempt: number): NodeId | undefined {
    const { nodes } = this;
    if (type === 'read' && this.ways.staysAtHome) return nodes[this.home % nodes.length];
    if (type === 'read') return nodes[(this.home + attempt) % nodes.length];
    if (this.manner === 'at-home' && (attempt === 0 || this.leader === undefined)) {
      return nodes[(this.home + attempt) % nodes.length];
    }
    return this.leader ?? nodes[this.place % nodes.length];
  }

  /** The node's outcome; `undefined` where it does not answer in time. */
  private ask(
    node: NodeId,
    operation: ClientOperation,
    patienceMs = PATIENCE_MS,
  ): Promise<ClientOutcome | undefined> {
    this.requestCount += 1;
    const id = this.requestCount;
    return new Promise((resolve) => {
      const end = (outcome: ClientOutcome | undefined) => {
        this.waiting.delete(id);
        timer.cancel();
        resolve(outcome);
      };
      const timer = this.host.timers.after(patienceMs, () => end(undefined));
      this.waiting.set(id, end);
      this.host.messages.send(node, encodeRequest({ id, operation, group: this.group }));
    });
  }
}

/** What an operation writes; `undefined` for a read. */
function toCommand({ f, value }: Operation): RegisterCommand | undefined {
  if (f === 'write') return { type: 'write', value: Number(value) };
  if (f !== 'cas') return undefined;
  const [expected, next] = value as readonly [number, number];
  return { type: 'cas', expected, value: next };
}

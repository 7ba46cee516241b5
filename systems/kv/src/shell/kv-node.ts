/**
 * A member: the replicated state under Raft, and requests and watchers served from it.
 *
 *     serve --> RequestDesk -- changes --> Raft ---> KvMachine ---> WatchDesk ---> doors
 *                 |   `------- reads ----> ReadDesk: round, then slices |`--> Sweeper
 *                 `----- keep-alives ----> LeaseOffice                  `--> Inspector
 *
 * It decides nothing about terms or leases: it carries requests to where they are decided, and says
 * truly what became of them.
 */
import type { Host, NodeId, RunningNode } from '@mangrove/host';
import { RaftError, type RaftNode, type RaftState, startRaftNode } from '@mangrove/raft';
import { Freshness } from '../core/freshness.ts';
import type { KvReply, KvRequest } from '../core/kv-request.ts';
import type { LogCommand } from '../core/log-command.ts';
import { operationBytes } from '../core/operation-kind.ts';
import type { Applied, ReplicatedState } from '../core/replicated-state.ts';
import type { WatchSessionOptions } from '../core/watch-session.ts';
import { Ask } from './ask.ts';
import { readBackup, writeBackup } from './backup.ts';
import { CommandCounts } from './command-counts.ts';
import { ContactKeeper } from './contact-keeper.ts';
import { Housekeeper } from './housekeeper.ts';
import { Inspector } from './inspector.ts';
import { KvMachine } from './kv-machine.ts';
import { type KvBounds, type KvNodeConfig, toKvBounds } from './kv-node-config.ts';
import type { KvService, WatchDoor } from './kv-service.ts';
import { LeaseOffice } from './lease-office.ts';
import { MemberMessages } from './member-messages.ts';
import { QuotaKeeper } from './quota-keeper.ts';
import { ReadDesk } from './read-desk.ts';
import { RequestDesk, type Served } from './request-desk.ts';
import { RequestFailure } from './request-failure.ts';
import { RequestGate } from './request-gate.ts';
import { RevisionQuestions } from './revision-questions.ts';
import { Serving, type ServingPlace } from './serving.ts';
import { Sweeper } from './sweeper.ts';
import { WatchDesk } from './watch-desk.ts';

/** Opens the storage, recovers, and takes part. Rejects where the storage is damaged. */
export async function startKvNode(host: Host, config: KvNodeConfig): Promise<KvNode> {
  const { raft: options, bounds: given, backup, ...place } = config;
  const bounds = toKvBounds(given);
  const machine = new KvMachine(host);
  const watches = new WatchDesk(host, machine, bounds.progressMs);
  const sweeper = new Sweeper(host, machine);
  new CommandCounts(host, machine);
  const messages = new MemberMessages(host);
  const raft: RaftNode<Applied, LogCommand> = await startRaftNode(host, {
    ...place,
    ...(backup === undefined ? {} : { foundingState: () => readBackup(backup()) }),
    stateMachine: machine,
    options: { hasForwarding: true, ...options },
    onOther: (envelope) => messages.receive(envelope),
  });
  const { peers } = config;
  return new KvNode(host, { raft, machine, watches, sweeper, messages, bounds, peers });
}

/** What a member consists of. */
interface KvNodeParts {
  readonly raft: RaftNode<Applied, LogCommand>;
  readonly machine: KvMachine;
  readonly watches: WatchDesk;
  readonly sweeper: Sweeper;
  readonly messages: MemberMessages;
  readonly bounds: KvBounds;
  readonly peers: KvNodeConfig['peers'];
}

type PeerAddress = KvNodeConfig['peers'][number];

/** A member that takes part in a cluster. */
export class KvNode implements RunningNode, KvService {
  private readonly host: Host;
  private readonly raft: RaftNode<Applied, LogCommand>;
  private readonly machine: KvMachine;
  private readonly watches: WatchDesk;
  private readonly freshness: Freshness;
  private readonly desk: RequestDesk;
  private readonly gate: RequestGate;
  private readonly servingPlace: ServingPlace;
  private readonly leases: LeaseOffice;
  private readonly inspector: Inspector;
  private readonly housekeeper: Housekeeper;
  private readonly contact: ContactKeeper;
  private readonly backupMs: number;
  private readonly peers: PeerAddress[];
  private clientAddress: string | undefined;
  private isClosed = false;

  constructor(host: Host, given: KvNodeParts) {
    const { raft, machine, watches, sweeper, messages, bounds, peers } = given;
    this.host = host;
    this.raft = raft;
    this.machine = machine;
    this.watches = watches;
    const freshness = new Freshness(host.clock.maxDriftPpm);
    this.freshness = freshness;
    const { answerBytesMax, requestCountMax, requestBytesMax } = bounds;
    const questions = new RevisionQuestions(host, raft, machine, messages);
    const reads = new ReadDesk(host, { raft, machine, freshness, questions, answerBytesMax });
    const leases = new LeaseOffice(host, raft, machine, bounds.leaseCheckpointMs);
    const quota = new QuotaKeeper(host, raft, machine, bounds.quotaBytes);
    this.peers = [...peers];
    const { leasesMax } = bounds;
    const keepers = { watches, leases, quota, sweeper };
    const parts = { raft, machine, freshness, reads, peers: this.peers, leasesMax };
    this.desk = new RequestDesk(host, { ...parts, ...keepers });
    this.gate = new RequestGate(requestCountMax, requestBytesMax);
    this.servingPlace = {
      host,
      desk: this.desk,
      leave: (sizeBytes) => this.gate.leave(sizeBytes),
      replyTo: (served) => this.done(served),
      refusalFor: (failure) => this.failed(failure),
    };
    this.leases = leases;
    const inspector = new Inspector(host, raft, machine, messages);
    this.inspector = inspector;
    this.housekeeper = new Housekeeper(host, { raft, machine, quota, inspector }, bounds);
    this.contact = new ContactKeeper(host, raft, watches);
    this.backupMs = bounds.backupMs;
  }

  serve(request: KvRequest, ask: Ask): void {
    const sizeBytes = request.type === 'operation' ? operationBytes(request.operation) : 0;
    if (this.isClosed) {
      ask.reply(this.failed(new RequestFailure('closed', true)));
    } else if (this.gate.enter(sizeBytes)) {
      new Serving(this.servingPlace, ask, sizeBytes).begin(request);
    } else {
      ask.reply(this.failed(new RequestFailure('too-many-requests', true)));
    }
  }

  /** The same for a caller in this process: resolves to the reply, and never rejects. */
  handle(request: KvRequest): Promise<KvReply> {
    return new Promise((resolve) => this.serve(request, new Ask(resolve)));
  }

  openWatch(options: WatchSessionOptions, onMessages: () => void): WatchDoor {
    return this.watches.open(options, onMessages);
  }

  /** Has all members know where clients reach this one; the last address counts. */
  announce(clientAddress: string): void {
    const isUnderWay = this.clientAddress !== undefined;
    this.clientAddress = clientAddress;
    if (!isUnderWay) this.host.run(() => this.announceAgain());
  }

  /** Tells where another member is, one that may join; a later address counts. */
  addPeer(node: NodeId, address: string): void {
    this.raft.addPeer(node, address);
    const place = this.peers.findIndex((each) => each.node === node);
    if (place >= 0) this.peers.splice(place, 1);
    this.peers.push({ node, address });
  }

  async *backup(): AsyncGenerator<Uint8Array, void, undefined> {
    const { timers } = this.host;
    const chunks = writeBackup(this.machine.state);
    let isOverdue = false;
    // A taker that does not even ask for more must not hold back compaction either.
    const timer = timers.after(this.backupMs, () => {
      isOverdue = true;
      chunks.return(undefined);
    });
    try {
      for (const chunk of chunks) {
        yield chunk;
        // Where the taker does not wait for anything, others still have to run.
        await timers.sleep(0);
      }
    } finally {
      timer.cancel();
      chunks.return(undefined);
    }
    if (isOverdue) throw new RequestFailure('timeout', true, overdue(this.backupMs));
  }

  /** What there is inside, to be looked at; never to be written to. */
  inspect(): {
    readonly raft: Readonly<RaftState>;
    readonly state: ReplicatedState;
    /** How often it led and had the digests of all members. */
    readonly comparisonCount: number;
    readonly watcherCount: number;
  } {
    const { comparisonCount } = this.inspector;
    const { watcherCount } = this.watches;
    return { raft: this.raft.inspect(), state: this.machine.state, comparisonCount, watcherCount };
  }

  /** Refuses what it owes, as not known, and stops. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.watches.stop();
    this.leases.stop();
    this.housekeeper.stop();
    this.contact.stop();
    await this.raft.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private done({ revision, result }: Served): KvReply {
    const { term } = this.raft.inspect();
    const stalenessMs = this.freshness.stalenessMs(this.host.clock.now());
    const header = { member: this.host.node, term, revision, stalenessMs };
    return { type: 'done', header, result };
  }

  private failed(failure: RequestFailure): KvReply {
    const { compactRevision } = this.machine.state.store;
    return failure.toReply(this.raft.inspect().leader, compactRevision);
  }

  private async announceAgain(): Promise<void> {
    const member = this.host.node;
    for (;;) {
      const { clientAddress } = this;
      if (clientAddress === undefined || this.isClosed) return;
      if (this.machine.state.clientAddresses.get(member) === clientAddress) break;
      try {
        await this.raft.propose({ type: 'announce', member, clientAddress });
      } catch (error) {
        // Nobody leads yet; or who knows.
        if (!(error instanceof RaftError)) throw error;
        await this.host.timers.sleep(this.raft.inspect().options.electionTimeoutMs);
      }
    }
    this.clientAddress = undefined;
  }
}

function overdue(backupMs: number): string {
  return `the backup was given up since it was not taken within ${backupMs / 1000} s`;
}

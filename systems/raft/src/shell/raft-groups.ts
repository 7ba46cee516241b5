/**
 * Many groups in one process: they share connections, one journal with its syncs, and timers.
 *
 *     orders: RaftNode   users: RaftNode   ...        one a group
 *         |                  |
 *     messages of one turn in one  ·  timers on one  ·  logs in one journal
 *         |
 *       Host
 *
 * A group in which nothing happens falls asleep and costs neither ticks nor messages. For all
 * sleeping groups together, two processes exchange one pulse an interval; the rules of that are in
 * `core/pulse.ts`. A group can be removed from the disk, or be recovered without a quorum, while
 * the others go on.
 */
import type { Envelope, Host, NodeId, RunningNode, Timer } from '@mangrove/host';
import { InvalidArgument } from '@mangrove/host';
import { openSharedJournal, type SharedJournal } from '@mangrove/journal';
import type { Crc32c } from '@mangrove/wire';
import { membersOf } from '../core/configuration.ts';
import { type RaftOptions, toRaftOptions } from '../core/options.ts';
import { PeerPulse, type PulseEffect } from '../core/pulse.ts';
import type { RaftStatus } from '../core/status.ts';
import { isNoSpace } from './disk-room.ts';
import { GroupHost } from './group-host.ts';
import { finishRemoval, removeGroup } from './group-removal.ts';
import { type GroupsOverview, GroupTally } from './group-tally.ts';
import { type CodecTools, createCodecTools } from './peer-codec.ts';
import { RaftError } from './raft-error.ts';
import { type RaftNode, startRaftNode } from './raft-node.ts';
import type { RaftNodeConfig } from './raft-node-config.ts';
import type { JournalHold } from './raft-storage.ts';
import { SharedMessages } from './shared-messages.ts';
import { SharedTimers } from './shared-timers.ts';
import {
  inspectStore,
  type StorePlace,
  type StoreReport,
  type UnsafeRecovery,
  unsafeRecoverQuorum,
} from './unsafe-recovery.ts';

/** How the groups of one process are set up. */
export interface RaftGroupsConfig {
  /** Where the other processes are, those that may join included. */
  readonly peers: readonly { readonly node: NodeId; readonly address: string }[];
  /** Of all groups. `quiesceAfterMs` is two election timeouts where it is not given. */
  readonly options?: Partial<RaftOptions>;
  /** The checksum of all groups; see `RaftNodeConfig`. */
  readonly crc32c?: Crc32c;
  /** Where on the Host's disk. Default: `raft`. */
  readonly directory?: string;
  /** From how many files on the journal is compacted. Default: 8. */
  readonly journalFilesMax?: number;
  /** Gets messages that are not of groups. */
  readonly onOther?: (envelope: Envelope) => void;
}

/** How one group is set up: what `RaftGroups` does not give it. */
export type GroupConfig<Result, Command = Uint8Array> = Omit<
  RaftNodeConfig<Result, Command>,
  'peers' | 'options' | 'crc32c' | 'directory' | 'onOther'
>;

/** Names of groups: they name logs and directories. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** How many names `overview` gives where it is not told. */
const NAMED_COUNT = 10;

/** Opens what the groups of a process share. Rejects where it is damaged. */
export async function startRaftGroups(host: Host, config: RaftGroupsConfig): Promise<RaftGroups> {
  const { directory = 'raft' } = config;
  const ofCrc32c = config.crc32c === undefined ? {} : { crc32c: config.crc32c };
  const place = { directory: `${directory}/journal`, ...ofCrc32c };
  const journal = await openSharedJournal(host, place);
  // A crash may have cut removals short.
  const finish = (name: string) =>
    finishRemoval(host, journal, name, `${directory}/groups/${name}`);
  await Promise.all(journal.names.map(finish));
  return new RaftGroups(host, config, journal);
}

/** The groups of one process. */
export class RaftGroups implements RunningNode {
  private readonly host: Host;
  private readonly config: RaftGroupsConfig;
  private readonly options: RaftOptions;
  private readonly journal: SharedJournal;
  private readonly messages: SharedMessages;
  private readonly timers: SharedTimers;
  private readonly pulse: PeerPulse;
  private readonly tally: GroupTally;
  private readonly nodes = new Map<string, RaftNode<unknown, never>>();
  private readonly hosts = new Map<string, GroupHost>();
  /** Groups that are being opened, removed or recovered. */
  private readonly busy = new Set<string>();
  private readonly tools: CodecTools;
  private openCount = 0;
  private pulseTimer: Timer | undefined;
  private isCompacting = false;
  private isClosed = false;

  constructor(host: Host, config: RaftGroupsConfig, journal: SharedJournal) {
    this.host = host;
    this.config = config;
    const given = toRaftOptions(config.options);
    const quiesceAfterMs = config.options?.quiesceAfterMs ?? 2 * given.electionTimeoutMs;
    this.options = { ...given, quiesceAfterMs };
    this.journal = journal;
    this.tally = new GroupTally(host);
    this.timers = new SharedTimers(host);
    this.pulse = new PeerPulse(this.options.electionTimeoutMs);
    this.tools = createCodecTools(config.crc32c);
    this.messages = new SharedMessages(
      host,
      (peer, incarnation) => this.perform(this.pulse.heard(peer, incarnation, host.clock.now())),
      config.onOther,
    );
    for (const { node, address } of config.peers) {
      if (node !== host.node) host.messages.addPeer(node, address);
    }
  }

  /** The names of the groups that are open. */
  get names(): readonly string[] {
    return [...this.nodes.keys()];
  }

  /** How many of them are asleep. */
  get asleepCount(): number {
    return this.tally.asleepCount;
  }

  /** How one group stands; `undefined` where it is not open. */
  status(name: string): RaftStatus | undefined {
    return this.nodes.get(name)?.status();
  }

  /**
   * How the groups stand together, and which need a look: those without a leader, and the followers
   * that are furthest behind in those that are led here, `namedCount` at most of either.
   */
  overview(namedCount: number = NAMED_COUNT): GroupsOverview {
    return this.tally.overview((name) => this.status(name), namedCount);
  }

  /**
   * Takes part in the group `name`: 1 to 63 of `a-z 0-9 _ -`, beginning with a letter or digit.
   * Rejects where its log or snapshot is damaged; throws `InvalidArgument` where it is open.
   */
  async open<Result, Command = Uint8Array>(
    name: string,
    config: GroupConfig<Result, Command>,
  ): Promise<RaftNode<Result, Command>> {
    return await this.whileClosed(name, async () => {
      const { host, journal } = this;
      const directory = this.directoryOf(name);
      await finishRemoval(host, journal, name, directory);
      const isKnown = (await host.disk.list(directory)).includes('identity');
      if (!isKnown && journal.log(name) !== undefined) throw new RaftError('identity-lost', true);
      this.tally.opened(name);
      try {
        const node = await this.begin(name, config);
        this.nodes.set(name, node as unknown as RaftNode<unknown, never>);
        return node;
      } catch (error) {
        this.messages.close(name);
        this.tally.closed(name);
        throw error;
      }
    });
  }

  /** Leaves the group; what it has on disk stays. Nothing happens where it is not open. */
  async leave(name: string): Promise<void> {
    const node = this.nodes.get(name);
    this.nodes.delete(name);
    this.messages.close(name);
    this.pulse.woke(name);
    this.tally.closed(name);
    await node?.close();
  }

  /**
   * Leaves the group and frees what it has on disk, its identity included: opened again it is a
   * node with a new store, which its group lets in only where it was added anew. Remove the node
   * from the members before, or the others count on what is gone.
   *
   * Nothing happens where there is no such group. After a crash in between all of it is there or,
   * when the groups are started again, nothing. Rejects where the disk fails; waits while it is
   * full.
   */
  async remove(name: string): Promise<void> {
    await this.leave(name);
    await this.whileClosed(name, async () => {
      await removeGroup(this.host, this.journal, name, this.directoryOf(name));
    });
  }

  /** Tells what is on disk of a group that is not open, and changes nothing. */
  async inspect(name: string, place: Pick<StorePlace, 'cluster'> = {}): Promise<StoreReport> {
    return await this.whileClosed(name, async () => {
      return await inspectStore(this.host, { ...place, ...this.placeOf(name) });
    });
  }

  /**
   * Makes this node the only voter of a group that has lost its quorum for good and is not open
   * here; the other groups go on meanwhile. It is to be opened with `cluster: newCluster` then.
   * Read what may be lost at `unsafeRecoverQuorum`.
   */
  async unsafeRecoverQuorum(
    name: string,
    recovery: Omit<UnsafeRecovery, 'directory'>,
  ): Promise<StoreReport> {
    return await this.whileClosed(name, async () => {
      return await unsafeRecoverQuorum(this.host, { ...recovery, ...this.placeOf(name) });
    });
  }

  /** Leaves all groups and closes what they share. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.pulseTimer?.cancel();
    await Promise.all(this.names.map((name) => this.leave(name)));
    await this.journal.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Does `task` with a group that is not open, and not busy otherwise. */
  private async whileClosed<Value>(name: string, task: () => Promise<Value>): Promise<Value> {
    if (!NAME.test(name)) throw new InvalidArgument('name', name, `of the form ${NAME.source}`);
    if (this.busy.has(name) || this.nodes.has(name)) {
      throw new InvalidArgument('name', name, 'not open, nor being opened or removed');
    }
    this.busy.add(name);
    try {
      // What it had begun in its last life here may still look for its files.
      await this.hosts.get(name)?.idle();
      this.hosts.delete(name);
      return await task();
    } finally {
      this.busy.delete(name);
    }
  }

  private directoryOf(name: string): string {
    return `${this.config.directory ?? 'raft'}/groups/${name}`;
  }

  /** Where what a stopped group has is found. */
  private placeOf(name: string): StorePlace {
    if (this.journal.log(name) === undefined) throw new RaftError('no-store', true);
    const openLog = (firstIndex: number) => this.openLog(name, firstIndex);
    return { directory: this.directoryOf(name), openLog };
  }

  private begin<Result, Command>(
    name: string,
    config: GroupConfig<Result, Command>,
  ): Promise<RaftNode<Result, Command>> {
    const { peers } = this.config;
    const messages = this.messages.open(name);
    this.openCount += 1;
    // Opened again after its removal it must not draw the same store.
    const random = this.host.random.stream(`group ${name} ${this.openCount}`);
    const host = new GroupHost(this.host, { messages, random, timers: this.timers });
    this.hosts.set(name, host);
    const place = { peers, options: this.options, directory: this.directoryOf(name) };
    return startRaftNode(
      host,
      { ...config, ...place },
      {
        openLog: (firstIndex) => this.openLog(name, firstIndex),
        tools: this.tools,
        onAsleep: (leader) => this.fellAsleep(name, leader),
        onAwake: () => this.wokeUp(name),
        onRole: (role, leader) => {
          const hasLeader = leader !== undefined;
          this.tally.change(name, { isLed: role === 'leader', hasLeader });
        },
      },
    );
  }

  private async openLog(name: string, firstIndex: number): Promise<JournalHold> {
    const journal = this.journal.log(name) ?? (await this.journal.createLog(name, firstIndex));
    return {
      journal,
      release: async () => undefined,
      onForgotten: () => this.compactIfDue(),
    };
  }

  /** A group that sleeps holds the files behind its records: they are written again, in time. */
  private compactIfDue(): void {
    const { journalFilesMax = 8 } = this.config;
    if (this.isCompacting || this.journal.sizes.segmentCount <= journalFilesMax) return;
    this.isCompacting = true;
    this.host.run(async () => {
      try {
        await this.journal.compact();
      } catch (error) {
        // Nothing is harmed by it; there may be room the next time.
        if (!isNoSpace(error)) throw error;
      } finally {
        this.isCompacting = false;
      }
    });
  }

  private wokeUp(name: string): void {
    this.pulse.woke(name);
    this.tally.change(name, { isAsleep: false });
  }

  private fellAsleep(name: string, leader: NodeId): void {
    this.tally.change(name, { isAsleep: true });
    const { node: self } = this.host;
    const configuration = this.nodes.get(name)?.status().configuration;
    if (leader !== self) this.pulse.follow(name, leader, this.host.clock.now());
    else if (configuration !== undefined) {
      this.pulse.lead(
        name,
        membersOf(configuration).filter((member) => member !== self),
      );
    }
    this.setPulseTimer();
  }

  private setPulseTimer(): void {
    if (this.pulseTimer !== undefined || !this.pulse.isNeeded || this.isClosed) return;
    this.pulseTimer = this.timers.after(this.options.heartbeatIntervalMs, () => {
      this.pulseTimer = undefined;
      this.perform(this.pulse.tick(this.host.clock.now()));
      this.setPulseTimer();
    });
  }

  private perform(effects: readonly PulseEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'send-pulse') this.messages.sendPulse(effect.to);
      else {
        for (const group of this.pulse.groupsBehind(effect.leader)) this.nodes.get(group)?.wake();
      }
    }
  }
}

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
 * `core/pulse.ts`.
 */
import type { Envelope, Host, NodeId, RunningNode, Timer } from '@mangrove/host';
import { InvalidArgument } from '@mangrove/host';
import { openSharedJournal, type SharedJournal } from '@mangrove/journal';
import type { Crc32c } from '@mangrove/wire';
import { membersOf } from '../core/configuration.ts';
import { type RaftOptions, toRaftOptions } from '../core/options.ts';
import { PeerPulse, type PulseEffect } from '../core/pulse.ts';
import { isNoSpace } from './disk-room.ts';
import { groupHost } from './group-host.ts';
import { type RaftNode, startRaftNode } from './raft-node.ts';
import type { RaftNodeConfig } from './raft-node-config.ts';
import type { JournalHold } from './raft-storage.ts';
import { SharedMessages } from './shared-messages.ts';
import { SharedTimers } from './shared-timers.ts';

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

/** Opens what the groups of a process share. Rejects where it is damaged. */
export async function startRaftGroups(host: Host, config: RaftGroupsConfig): Promise<RaftGroups> {
  const { directory = 'raft' } = config;
  const ofCrc32c = config.crc32c === undefined ? {} : { crc32c: config.crc32c };
  const place = { directory: `${directory}/journal`, ...ofCrc32c };
  const journal = await openSharedJournal(host, place);
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
  private readonly nodes = new Map<string, RaftNode<unknown, never>>();
  private readonly opening = new Set<string>();
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
    this.timers = new SharedTimers(host);
    this.pulse = new PeerPulse(this.options.electionTimeoutMs);
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
    return [...this.nodes.values()].filter((node) => node.isAsleep).length;
  }

  /**
   * Takes part in the group `name`: 1 to 63 of `a-z 0-9 _ -`, beginning with a letter or digit.
   * Rejects where its log or snapshot is damaged; throws `InvalidArgument` where it is open.
   */
  async open<Result, Command = Uint8Array>(
    name: string,
    config: GroupConfig<Result, Command>,
  ): Promise<RaftNode<Result, Command>> {
    if (!NAME.test(name)) throw new InvalidArgument('name', name, `of the form ${NAME.source}`);
    if (this.opening.has(name) || this.nodes.has(name)) {
      throw new InvalidArgument('name', name, 'not open yet');
    }
    this.opening.add(name);
    try {
      const node = await this.begin(name, config);
      this.nodes.set(name, node as unknown as RaftNode<unknown, never>);
      return node;
    } catch (error) {
      this.messages.close(name);
      throw error;
    } finally {
      this.opening.delete(name);
    }
  }

  /** Leaves the group; what it has on disk stays. */
  async leave(name: string): Promise<void> {
    const node = this.nodes.get(name);
    this.nodes.delete(name);
    this.messages.close(name);
    this.pulse.woke(name);
    await node?.close();
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

  private begin<Result, Command>(
    name: string,
    config: GroupConfig<Result, Command>,
  ): Promise<RaftNode<Result, Command>> {
    const { directory = 'raft', peers, crc32c } = this.config;
    const messages = this.messages.open(name);
    const host = groupHost(this.host, name, { messages, timers: this.timers });
    const place = { peers, options: this.options, directory: `${directory}/groups/${name}` };
    const ofCrc32c = crc32c === undefined ? {} : { crc32c };
    return startRaftNode(
      host,
      { ...config, ...place, ...ofCrc32c },
      {
        openLog: (firstIndex) => this.openLog(name, firstIndex),
        onAsleep: (leader) => this.fellAsleep(name, leader),
        onAwake: () => this.pulse.woke(name),
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

  private fellAsleep(name: string, leader: NodeId): void {
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

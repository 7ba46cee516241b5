/**
 * Compares members: now and then all take the digest of their state at the same place of the log,
 * and the leader raises an alarm where they differ.
 *
 *     leader -- take-digest, through the log --> all: digest, in slices --> leader: compare
 *
 * A digest that is lost, or of a member that got a snapshot instead, is missed this time.
 */
import type { Host, NodeId } from '@mangrove/host';
import { membersOf, type PlacedCommand, RaftError, type RaftNode } from '@mangrove/raft';
import { suspectsOf } from '../core/digest-comparison.ts';
import type { LogCommand } from '../core/log-command.ts';
import type { Applied } from '../core/replicated-state.ts';
import { StateDigest } from '../core/state-digest.ts';
import type { KvMachine, MachineListener } from './kv-machine.ts';
import type { MemberMessages } from './member-messages.ts';
import { SliceClock } from './slice-clock.ts';

/** How many keys or versions are looked at between two looks at the clock. */
const COUNT_PER_STEP = 128;

/** How many such steps one slice has at most. */
const STEPS_MAX = 16;

/** The inspector of one member. */
export class Inspector implements MachineListener {
  private readonly host: Host;
  private readonly raft: RaftNode<Applied, LogCommand>;
  private readonly machine: KvMachine;
  private readonly messages: MemberMessages;
  private underWay: StateDigest | undefined;
  private fullCount = 0;
  // What was told of the newest place.
  private told = { index: 0, digests: new Map<NodeId, number>() };

  constructor(
    host: Host,
    raft: RaftNode<Applied, LogCommand>,
    machine: KvMachine,
    messages: MemberMessages,
  ) {
    this.host = host;
    this.raft = raft;
    this.machine = machine;
    this.messages = messages;
    machine.listen(this);
    messages.listen((from, message) => {
      if (message.type === 'digest') this.hear(from, message.index, message.digest);
    });
  }

  /** How often the digests of all members were here. */
  get comparisonCount(): number {
    return this.fullCount;
  }

  /** Has all members take a digest; the leader calls it. */
  begin(): void {
    this.host.run(() => this.propose({ type: 'take-digest' }));
  }

  applied({ command, index }: PlacedCommand<LogCommand>): void {
    if (command.type !== 'take-digest') return;
    this.giveUp();
    const digest = new StateDigest(this.machine.state);
    this.underWay = digest;
    this.host.run(() => this.take(digest, index));
  }

  replaced(): void {
    this.giveUp();
  }

  private giveUp(): void {
    this.underWay?.close();
    this.underWay = undefined;
  }

  private async take(digest: StateDigest, index: number): Promise<void> {
    let result: number | undefined;
    while (result === undefined) {
      await this.host.timers.sleep(0);
      if (this.underWay !== digest) return;
      const slice = new SliceClock(this.host, STEPS_MAX);
      do result = digest.step(COUNT_PER_STEP);
      while (result === undefined && !slice.isOver());
    }
    this.underWay = undefined;
    const { leader } = this.raft.inspect();
    if (leader === this.host.node) this.hear(leader, index, result);
    else if (leader !== undefined) {
      this.messages.send(leader, { type: 'digest', index, digest: result });
    }
  }

  private hear(from: NodeId, index: number, digest: number): void {
    const members = membersOf(this.raft.inspect().log.configurations.latest.configuration);
    if (!members.includes(from) || index < this.told.index) return;
    if (index > this.told.index) this.told = { index, digests: new Map() };
    this.told.digests.set(from, digest);
    if (this.told.digests.size === members.length) this.fullCount += 1;
    const { alarms } = this.machine.state;
    for (const member of suspectsOf(this.told.digests, members.length)) {
      const isKnown = alarms
        .all()
        .some((each) => each.alarm === 'corrupt' && each.member === member);
      if (!isKnown)
        this.host.run(() => this.propose({ type: 'raise-alarm', alarm: 'corrupt', member }));
    }
  }

  private async propose(command: LogCommand): Promise<void> {
    try {
      await this.raft.propose(command);
    } catch (error) {
      // The next comparison finds it again.
      if (!(error instanceof RaftError)) throw error;
    }
  }
}

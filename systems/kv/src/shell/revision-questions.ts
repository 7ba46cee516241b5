/**
 * Asks the leader at which revision the cluster is, for reads that may be so many revisions behind.
 *
 * The leader makes sure that it leads before it answers. So whoever asked knows how far its own
 * state is behind everything that was acknowledged before it asked, without waiting to catch up.
 */
import type { Host, NodeId, Timer } from '@mangrove/host';
import { RaftError, type RaftNode } from '@mangrove/raft';
import type { LogCommand } from '../core/log-command.ts';
import type { Applied } from '../core/replicated-state.ts';
import type { Revision } from '../core/revision.ts';
import type { KvMachine } from './kv-machine.ts';
import type { MemberMessages } from './member-messages.ts';

/** The questions of one member, and its answers to those of others. */
export class RevisionQuestions {
  private readonly host: Host;
  private readonly raft: RaftNode<Applied, LogCommand>;
  private readonly machine: KvMachine;
  private readonly messages: MemberMessages;
  private readonly waiting = new Map<number, (revision: Revision | undefined) => void>();
  private count = 0;

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
    messages.listen((from, message) => {
      if (message.type === 'tell-revision') this.waiting.get(message.id)?.(message.revision);
      else if (message.type === 'ask-revision') this.host.run(() => this.answer(from, message.id));
    });
  }

  /** At which revision the cluster is; `undefined` where the leader does not say so in time. */
  ask(): Promise<Revision | undefined> {
    const { leader, options } = this.raft.inspect();
    if (leader === undefined || leader === this.host.node) return Promise.resolve(undefined);
    this.count += 1;
    const id = this.count;
    return new Promise((resolve) => {
      const end = (revision: Revision | undefined): void => {
        this.waiting.delete(id);
        timer.cancel();
        resolve(revision);
      };
      const timer: Timer = this.host.timers.after(options.electionTimeoutMs, () => end(undefined));
      this.waiting.set(id, end);
      this.messages.send(leader, { type: 'ask-revision', id });
    });
  }

  private async answer(from: NodeId, id: number): Promise<void> {
    if (this.raft.inspect().role.type !== 'leader') return;
    try {
      await this.raft.read();
    } catch (error) {
      // Who asked finds out by its timeout.
      if (error instanceof RaftError) return;
      throw error;
    }
    const { revision } = this.machine.state.store;
    this.messages.send(from, { type: 'tell-revision', id, revision });
  }
}

/**
 * Looks whether the member is in touch with the cluster, and has its watchers told when it is not.
 */
import type { Host, Timer } from '@mangrove/host';
import type { RaftNode } from '@mangrove/raft';
import { LeaderContact } from '../core/leader-contact.ts';
import type { LogCommand } from '../core/log-command.ts';
import type { Applied } from '../core/replicated-state.ts';
import type { WatchDesk } from './watch-desk.ts';

/** How many looks there are in an election timeout. */
const LOOKS = 2;

/** The contact of one member. */
export class ContactKeeper {
  private readonly host: Host;
  private readonly raft: RaftNode<Applied, LogCommand>;
  private readonly watches: WatchDesk;
  private readonly contact: LeaderContact;
  private timer: Timer;

  constructor(host: Host, raft: RaftNode<Applied, LogCommand>, watches: WatchDesk) {
    this.host = host;
    this.raft = raft;
    this.watches = watches;
    this.contact = new LeaderContact(this.electionTimeoutMs, host.clock.now());
    this.timer = this.nextLook();
  }

  stop(): void {
    this.timer.cancel();
  }

  private get electionTimeoutMs(): number {
    return this.raft.inspect().options.electionTimeoutMs;
  }

  private nextLook(): Timer {
    return this.host.timers.after(this.electionTimeoutMs / LOOKS, () => {
      this.look();
      this.timer = this.nextLook();
    });
  }

  private look(): void {
    const { role, loyalUntil } = this.raft.inspect();
    // A member is loyal to a leader for one election timeout from when it heard of it.
    const heardMs = loyalUntil - this.electionTimeoutMs;
    const view = { isLeader: role.type === 'leader', heardMs };
    this.watches.setInTouch(this.contact.observe(view, this.host.clock.now()));
  }
}

/**
 * Whether a member is in touch with the cluster: it leads, or has heard a leader not long ago.
 *
 * One that is cut off hears of no change, so its watchers would wait for ever beside members that
 * have much to tell. An election in an otherwise healthy cluster is over well before the bound.
 * Source: etcd server/etcdserver/api/v3rpc/interceptor.go (`maxNoLeaderCnt`).
 */

/** For so many election timeouts a member may go without a leader. */
const TIMEOUTS_MAX = 3;

/** How a member stands to its leader at a moment. */
export interface LeaderView {
  readonly isLeader: boolean;
  /** When it heard of a leader last, while it did not lead. */
  readonly heardMs: number;
}

/** The contact of one member. */
export class LeaderContact {
  private readonly boundMs: number;
  private contactMs: number;

  /** A member that starts counts as in touch. */
  constructor(electionTimeoutMs: number, nowMs: number) {
    this.boundMs = TIMEOUTS_MAX * electionTimeoutMs;
    this.contactMs = nowMs;
  }

  /** Takes in how it stands at `nowMs`; whether it is in touch. */
  observe({ isLeader, heardMs }: LeaderView, nowMs: number): boolean {
    this.contactMs = Math.max(this.contactMs, isLeader ? nowMs : heardMs);
    return nowMs - this.contactMs <= this.boundMs;
  }
}

/**
 * The pulse between processes: while groups sleep, each pair of processes exchanges one sign of
 * life an interval for all of them together.
 *
 * A process that leads sleeping groups sends its pulse to their members. One whose groups sleep
 * behind a leader listens for that leader's process: where it is silent for too long, or has begun
 * a new life, the groups behind it are woken and see for themselves.
 */
import type { Incarnation, NodeId } from '@mangrove/host';

/** What is to be done. */
export type PulseEffect =
  | { readonly type: 'send-pulse'; readonly to: NodeId }
  /** The process of `leader` is silent, or is another life: wake all that sleep behind it. */
  | { readonly type: 'wake-groups'; readonly leader: NodeId };

/** What is known of the process of a peer. */
interface PeerWatch {
  heardAt: number;
  incarnation: Incarnation | undefined;
}

/** The pulse of one process. */
export class PeerPulse {
  private readonly silenceMsMax: number;
  private readonly peers = new Map<NodeId, PeerWatch>();
  /** The leader behind which each group sleeps, and who sleeps behind us. */
  private readonly behind = new Map<string, NodeId>();
  private readonly led = new Map<string, readonly NodeId[]>();

  /** @param silenceMsMax how long a process may be silent */
  constructor(silenceMsMax: number) {
    this.silenceMsMax = silenceMsMax;
  }

  /** Whether `tick` is needed, once an interval: no group sleeps, or no one else is in it. */
  get isNeeded(): boolean {
    return this.behind.size > 0 || this.led.size > 0;
  }

  /** A group fell asleep behind the process of `leader`. */
  follow(group: string, leader: NodeId, now: number): void {
    this.behind.set(group, leader);
    const watch = this.watch(leader, now);
    // It was heard a moment ago, in the group.
    watch.heardAt = now;
  }

  /** A group that we lead fell asleep; `members` are the others in it. */
  lead(group: string, members: readonly NodeId[]): void {
    if (members.length > 0) this.led.set(group, members);
  }

  /** A group woke up, or was closed. */
  woke(group: string): void {
    this.behind.delete(group);
    this.led.delete(group);
  }

  /** Something came from the process of `peer`. */
  heard(peer: NodeId, incarnation: Incarnation, now: number): readonly PulseEffect[] {
    const watch = this.watch(peer, now);
    const isReborn = watch.incarnation !== undefined && watch.incarnation !== incarnation;
    watch.heardAt = now;
    watch.incarnation = incarnation;
    return isReborn && this.isFollowed(peer) ? [{ type: 'wake-groups', leader: peer }] : [];
  }

  /** An interval has passed. */
  tick(now: number): readonly PulseEffect[] {
    const effects: PulseEffect[] = [];
    for (const to of new Set([...this.led.values()].flat())) {
      effects.push({ type: 'send-pulse', to });
    }
    for (const leader of new Set(this.behind.values())) {
      const isSilent = now - this.watch(leader, now).heardAt >= this.silenceMsMax;
      if (isSilent) effects.push({ type: 'wake-groups', leader });
    }
    return effects;
  }

  /** The groups that sleep behind `leader`. */
  groupsBehind(leader: NodeId): readonly string[] {
    return [...this.behind].filter(([, each]) => each === leader).map(([group]) => group);
  }

  private isFollowed(peer: NodeId): boolean {
    return [...this.behind.values()].includes(peer);
  }

  private watch(peer: NodeId, now: number): PeerWatch {
    const known = this.peers.get(peer);
    if (known !== undefined) return known;
    const watch = { heardAt: now, incarnation: undefined };
    this.peers.set(peer, watch);
    return watch;
  }
}

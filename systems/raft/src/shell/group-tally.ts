/**
 * How the groups of one process stand, counted as it changes: four gauges for all of them, since a
 * label a group would be more than a node may have. What is to be known of single groups is asked
 * for, and its length is bounded.
 */
import type { Gauge, Host, NodeId } from '@mangrove/host';
import type { LogIndex } from '../core/positions.ts';
import type { RaftStatus } from '../core/status.ts';

/** What is counted of one group. */
interface Standing {
  isAsleep: boolean;
  isLed: boolean;
  hasLeader: boolean;
}

/** A follower that is behind in a group that this process leads. */
export interface GroupLag {
  readonly group: string;
  readonly follower: NodeId;
  readonly matchIndex: LogIndex;
  /** How many entries it is behind, at least 1. */
  readonly lagCount: number;
}

/** How the groups of one process stand. */
export interface GroupsOverview {
  /** How many are open. */
  readonly groupCount: number;
  readonly asleepCount: number;
  /** How many this process leads. */
  readonly ledCount: number;
  /** How many know of no leader. */
  readonly leaderlessCount: number;
  /** Some of those, in the order in which they were opened. */
  readonly leaderless: readonly string[];
  /** The followers that are furthest behind in the groups that this process leads. */
  readonly furthestBehind: readonly GroupLag[];
}

/** The count of the groups of one process. */
export class GroupTally {
  private readonly standings = new Map<string, Standing>();
  private readonly counts = { open: 0, asleep: 0, led: 0, leaderless: 0 };
  private readonly gauges: Readonly<Record<'open' | 'asleep' | 'led' | 'leaderless', Gauge>>;

  constructor(host: Host) {
    const gauge = (name: string, help: string) => host.metrics.gauge(name, { help, unit: '1' });
    this.gauges = {
      open: gauge('raft_groups_open', 'Groups that are open in this process.'),
      asleep: gauge('raft_groups_asleep', 'Groups of this process that are asleep.'),
      led: gauge('raft_groups_led', 'Groups that this process leads.'),
      leaderless: gauge('raft_groups_leaderless', 'Groups of this process that know no leader.'),
    };
  }

  get asleepCount(): number {
    return this.counts.asleep;
  }

  /** A group was opened. */
  opened(group: string): void {
    this.standings.set(group, { isAsleep: false, isLed: false, hasLeader: false });
    this.counts.open += 1;
    this.counts.leaderless += 1;
    this.show();
  }

  /** A group was closed; nothing happens where it was before. */
  closed(group: string): void {
    this.change(group, { isAsleep: false, isLed: false, hasLeader: false });
    if (!this.standings.delete(group)) return;
    this.counts.open -= 1;
    this.counts.leaderless -= 1;
    this.show();
  }

  /** Something about a group is otherwise now. */
  change(group: string, now: Partial<Standing>): void {
    const standing = this.standings.get(group);
    if (standing === undefined) return;
    const { counts } = this;
    const { isAsleep, isLed, hasLeader } = Object.assign({ ...standing }, now);
    counts.asleep += Number(isAsleep) - Number(standing.isAsleep);
    counts.led += Number(isLed) - Number(standing.isLed);
    counts.leaderless += Number(standing.hasLeader) - Number(hasLeader);
    Object.assign(standing, now);
    this.show();
  }

  /**
   * The counts, with the names that need a look: `countMax` at most of either kind. Costs a look at
   * the status of every group that this process leads.
   */
  overview(statusOf: (group: string) => RaftStatus | undefined, countMax: number): GroupsOverview {
    const { open, asleep, led, leaderless } = this.counts;
    const without: string[] = [];
    const behind: GroupLag[] = [];
    for (const [group, { isLed, hasLeader }] of this.standings) {
      if (!hasLeader && without.length < countMax) without.push(group);
      for (const follower of (isLed ? statusOf(group)?.followers : undefined) ?? []) {
        const { node, matchIndex, lagCount } = follower;
        if (lagCount > 0) behind.push({ group, follower: node, matchIndex, lagCount });
      }
    }
    behind.sort((a, b) => b.lagCount - a.lagCount);
    return {
      groupCount: open,
      asleepCount: asleep,
      ledCount: led,
      leaderlessCount: leaderless,
      leaderless: without,
      furthestBehind: behind.slice(0, countMax),
    };
  }

  private show(): void {
    const { gauges, counts } = this;
    gauges.open.set(counts.open);
    gauges.asleep.set(counts.asleep);
    gauges.led.set(counts.led);
    gauges.leaderless.set(counts.leaderless);
  }
}

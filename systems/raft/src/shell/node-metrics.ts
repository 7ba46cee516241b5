/**
 * What a node counts and measures of itself, in the Host's metrics.
 *
 * The indexes are set whenever the core has settled, which costs an assignment each; the lag of
 * followers with every timer of the core, which on a leader is every heartbeat.
 */
import type { Counter, Gauge, Histogram, Host, NodeId } from '@mangrove/host';
import type { RaftState } from '../core/state.ts';

/** A timer that fires later than this after its time tells of a loop that was busy, ms. */
const LATE_MS = 5;

/** The instruments of one node. */
export class NodeMetrics {
  /** From the call of `propose` to the result, ms. */
  readonly proposalMs: Histogram;
  /** From the core's wish to write to the write's being durable, ms: what a commit waits for. */
  readonly appendMs: Histogram;
  /** One batch of writes with its syncs, ms. */
  readonly syncMs: Histogram;
  readonly snapshotTakenBytes: Counter;
  readonly snapshotSentBytes: Counter;
  readonly snapshotReceivedBytes: Counter;
  private readonly host: Host;
  private readonly elections: Counter;
  private readonly leaderships: Counter;
  private readonly stallMs: Histogram;
  private readonly term: Gauge;
  private readonly isLeader: Gauge;
  private readonly commitIndex: Gauge;
  private readonly appliedIndex: Gauge;
  private readonly lags = new Map<NodeId, Gauge>();

  constructor(host: Host) {
    this.host = host;
    const ms = (name: string, help: string) => host.metrics.histogram(name, { help, unit: 'ms' });
    const gauge = (name: string, help: string) => host.metrics.gauge(name, { help, unit: '1' });
    const count = (name: string, help: string) => host.metrics.counter(name, { help, unit: '1' });
    const bytes = (way: string) =>
      host.metrics.counter('raft_snapshot_bytes_total', {
        help: 'Bytes of snapshots, by what was done with them.',
        unit: 'bytes',
        labels: { way },
      });
    this.proposalMs = ms('raft_proposal_ms', 'From a proposal to its result.');
    this.appendMs = ms('raft_append_ms', 'From the wish to write to its being durable.');
    this.syncMs = ms('raft_sync_ms', 'One batch of writes with its syncs.');
    this.stallMs = ms('raft_loop_stall_ms', 'How late timers fired that were more than 5 ms late.');
    this.elections = count('raft_elections_total', 'Elections that this node began.');
    this.leaderships = count('raft_leaderships_total', 'Elections that this node won.');
    this.term = gauge('raft_term', 'The current term.');
    this.isLeader = gauge('raft_is_leader', '1 while this node leads.');
    this.commitIndex = gauge('raft_commit_index', 'All up to here is known to be committed.');
    this.appliedIndex = gauge('raft_applied_index', 'All up to here is in the state machine.');
    this.snapshotTakenBytes = bytes('taken');
    this.snapshotSentBytes = bytes('sent');
    this.snapshotReceivedBytes = bytes('received');
  }

  /** Sets what changes with most events. */
  settled(state: RaftState): void {
    this.term.set(state.term);
    this.commitIndex.set(state.commitIndex);
    this.appliedIndex.set(state.appliedIndex);
  }

  /** Counts a change of role. */
  became(state: RaftState): void {
    const { type } = state.role;
    this.isLeader.set(type === 'leader' ? 1 : 0);
    if (type === 'leader') this.leaderships.add();
    if (type === 'pre-candidate' || (type === 'candidate' && !state.options.hasPreVote)) {
      this.elections.add();
    }
    if (type !== 'leader') for (const lag of this.lags.values()) lag.set(0);
  }

  /** Takes in that a timer fired so late, and looks at the followers. */
  timerFired(state: RaftState, lateMs: number): void {
    if (lateMs > LATE_MS) this.stallMs.record(lateMs);
    if (state.role.type !== 'leader') return;
    for (const [node, { matchIndex }] of state.role.progress) {
      this.lagOf(node).set(state.log.lastIndex - matchIndex);
    }
  }

  private lagOf(peer: NodeId): Gauge {
    const known = this.lags.get(peer);
    if (known !== undefined) return known;
    const help = 'How many entries a follower is behind, as its leader sees it.';
    const labels = { peer };
    const made = this.host.metrics.gauge('raft_follower_lag_entries', { help, unit: '1', labels });
    this.lags.set(peer, made);
    return made;
  }
}

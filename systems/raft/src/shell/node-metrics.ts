/**
 * What a node counts and measures of itself, in the Host's metrics.
 *
 * The indexes are set whenever the core has settled, which costs an assignment each; the lag of
 * followers with every timer of the core, which on a leader is every heartbeat.
 */
import type { Counter, Gauge, Histogram, Host, NodeId } from '@mangrove/host';
import type { Effect } from '../core/effect.ts';
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
  private readonly depositions: Counter;
  private readonly snapshotsInstalled: Counter;
  private readonly truncations: Counter;
  private readonly appendsRefused: Counter;
  private readonly votesRefused: Counter;
  private readonly configurations: Counter;
  private readonly jointConfigurations: Counter;
  private readonly transfers: Counter;
  private wasLeader = false;
  /** The last entry that was written, or is being written. */
  private lastIndex: number;

  /** @param lastIndex of the log as it was found */
  constructor(host: Host, lastIndex: number) {
    this.host = host;
    this.lastIndex = lastIndex;
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
    this.elections = count('raft_elections_total', 'Elections begun.');
    this.leaderships = count('raft_leaderships_total', 'Elections won.');
    this.depositions = count('raft_depositions_total', 'Leaders that ceased to lead.');
    this.snapshotsInstalled = count('raft_snapshots_installed_total', 'Snapshots installed.');
    this.truncations = count('raft_truncations_total', 'Ends of logs replaced.');
    this.appendsRefused = count('raft_appends_refused_total', 'Appends refused.');
    this.votesRefused = count('raft_votes_refused_total', 'Votes refused.');
    this.configurations = count('raft_configurations_total', 'Changes of members written.');
    this.jointConfigurations = count(
      'raft_joint_configurations_total',
      'Joint configurations written.',
    );
    this.transfers = count('raft_transfers_total', 'Leaderships handed over on demand.');
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
    else if (this.wasLeader) this.depositions.add();
    this.wasLeader = type === 'leader';
    if (type === 'pre-candidate' || (type === 'candidate' && !state.options.hasPreVote)) {
      this.elections.add();
    }
    if (type !== 'leader') for (const lag of this.lags.values()) lag.set(0);
  }

  /** Counts what the core asks for. */
  asked(effect: Effect): void {
    if (effect.type === 'persist') this.written(effect);
    else if (effect.type === 'transferred') this.transfers.add();
    else if (effect.type === 'send') {
      const { message } = effect;
      if (message.type === 'append-rejected') this.appendsRefused.add();
      if (message.type === 'vote-response' && !message.isGranted) this.votesRefused.add();
    }
  }

  private written({ entries, snapshot }: Extract<Effect, { readonly type: 'persist' }>): void {
    if (snapshot !== undefined) {
      this.snapshotsInstalled.add();
      this.lastIndex = snapshot.index;
    }
    for (const entry of entries) {
      if (entry.index <= this.lastIndex) this.truncations.add();
      this.lastIndex = entry.index;
      if (entry.type !== 'configuration') continue;
      this.configurations.add();
      if (entry.configuration.outgoing.length > 0) this.jointConfigurations.add();
    }
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

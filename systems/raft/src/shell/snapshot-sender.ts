/**
 * How a leader brings its newest snapshot to a follower.
 */
import type { Host, NodeId } from '@mangrove/host';
import type { Message } from '../core/message.ts';
import type { RaftState } from '../core/state.ts';
import type { TimelessEvent } from './core-loop.ts';
import type { NodeMetrics } from './node-metrics.ts';
import type { PeerPort } from './peer-port.ts';
import type { RaftStorage } from './raft-storage.ts';

/** How long a snapshot may be on its way before it counts as lost, in election timeouts. */
const SNAPSHOT_PATIENCE = 5;

/** What sends the snapshots of one node. */
export class SnapshotSender {
  private readonly host: Host;
  private readonly storage: RaftStorage;
  private readonly state: RaftState;
  private readonly port: PeerPort;
  private readonly metrics: NodeMetrics;
  private readonly dispatch: (event: TimelessEvent) => void;

  constructor(
    host: Host,
    parts: {
      readonly storage: RaftStorage;
      readonly state: RaftState;
      readonly port: PeerPort;
      readonly metrics: NodeMetrics;
    },
    dispatch: (event: TimelessEvent) => void,
  ) {
    this.host = host;
    this.storage = parts.storage;
    this.state = parts.state;
    this.port = parts.port;
    this.metrics = parts.metrics;
    this.dispatch = dispatch;
  }

  /** Sends the newest snapshot to `peer`. */
  send(peer: NodeId): void {
    const { metadata, data } = this.storage.newestSnapshot();
    const message: Message = {
      type: 'install-snapshot',
      from: this.host.node,
      to: peer,
      term: this.state.term,
      snapshot: metadata,
    };
    const isQueued = this.port.send({ message, data }, 'bulk');
    if (isQueued) this.metrics.snapshotSentBytes.add(data.length);
    const { electionTimeoutMs } = this.state.options;
    // Its acceptance is the follower's to tell; without one, the core shall try again.
    this.host.timers.after(isQueued ? SNAPSHOT_PATIENCE * electionTimeoutMs : 0, () => {
      this.dispatch({ type: 'snapshot-sent', peer, isDone: false });
    });
  }
}

/**
 * What the leader does now and then: it watches the quota, compacts, has members compared.
 */
import type { Host, Timer } from '@mangrove/host';
import { RaftError, type RaftNode } from '@mangrove/raft';
import { AutoCompaction } from '../core/auto-compaction.ts';
import type { LogCommand } from '../core/log-command.ts';
import type { Applied } from '../core/replicated-state.ts';
import type { Revision } from '../core/revision.ts';
import type { Inspector } from './inspector.ts';
import type { KvMachine } from './kv-machine.ts';
import type { KvBounds } from './kv-node-config.ts';
import type { QuotaKeeper } from './quota-keeper.ts';

/** How many heartbeats lie between two looks. */
const HEARTBEATS_PER_LOOK = 10;

/** What a housekeeper looks after. */
export interface HousekeeperParts {
  readonly raft: RaftNode<Applied, LogCommand>;
  readonly machine: KvMachine;
  readonly quota: QuotaKeeper;
  readonly inspector: Inspector;
}

/** The housekeeper of one member. */
export class Housekeeper {
  private readonly host: Host;
  private readonly parts: HousekeeperParts;
  private readonly compaction: AutoCompaction;
  private readonly corruptionCheckMs: number;
  private nextCheckAtMs: number;
  private isCompacting = false;
  private timer: Timer;

  constructor(host: Host, parts: HousekeeperParts, bounds: KvBounds) {
    this.host = host;
    this.parts = parts;
    this.compaction = new AutoCompaction(bounds.keptRevisions, bounds.keptMs);
    this.corruptionCheckMs = bounds.corruptionCheckMs;
    this.nextCheckAtMs = host.clock.now() + bounds.corruptionCheckMs;
    this.timer = this.nextLook();
  }

  stop(): void {
    this.timer.cancel();
  }

  private nextLook(): Timer {
    const { heartbeatIntervalMs } = this.parts.raft.inspect().options;
    return this.host.timers.after(HEARTBEATS_PER_LOOK * heartbeatIntervalMs, () => {
      this.look();
      this.timer = this.nextLook();
    });
  }

  private look(): void {
    const { raft, machine, quota, inspector } = this.parts;
    const nowMs = this.host.clock.now();
    const { revision, compactRevision } = machine.state.store;
    this.compaction.observe(nowMs, revision);
    if (raft.inspect().role.type !== 'leader') {
      this.nextCheckAtMs = nowMs + this.corruptionCheckMs;
      return;
    }
    quota.check();
    const target = this.compaction.due(nowMs, revision, compactRevision);
    if (target !== undefined && !this.isCompacting) this.host.run(() => this.compact(target));
    if (this.corruptionCheckMs === 0 || nowMs < this.nextCheckAtMs) return;
    this.nextCheckAtMs = nowMs + this.corruptionCheckMs;
    inspector.begin();
  }

  private async compact(revision: Revision): Promise<void> {
    this.isCompacting = true;
    try {
      const command = { type: 'compact', revision } as const;
      await this.parts.raft.propose({ type: 'change', place: undefined, command });
    } catch (error) {
      // The next look tries it again.
      if (!(error instanceof RaftError)) throw error;
    } finally {
      this.isCompacting = false;
    }
  }
}

/**
 * Keeps a store within its quota: what would go beyond it is refused at the door, and raises the
 * alarm, which passes through the log so that all members refuse alike.
 */
import type { Host } from '@mangrove/host';
import { RaftError, type RaftNode } from '@mangrove/raft';
import type { LogCommand } from '../core/log-command.ts';
import type { Applied } from '../core/replicated-state.ts';
import type { KvMachine } from './kv-machine.ts';
import { RequestFailure } from './request-failure.ts';

/** The quota of one member. */
export class QuotaKeeper {
  readonly quotaBytes: number;
  private readonly host: Host;
  private readonly raft: RaftNode<Applied, LogCommand>;
  private readonly machine: KvMachine;
  private isRaising = false;

  constructor(
    host: Host,
    raft: RaftNode<Applied, LogCommand>,
    machine: KvMachine,
    quotaBytes: number,
  ) {
    this.host = host;
    this.raft = raft;
    this.machine = machine;
    this.quotaBytes = quotaBytes;
  }

  /** Lets `bytes` more in, or throws `RequestFailure`: `no-space`. */
  admit(bytes: number): void {
    const { sizeBytes } = this.machine.state.store;
    if (sizeBytes + bytes <= this.quotaBytes) return;
    this.raise();
    const detail = `${sizeBytes} bytes are there, ${bytes} come, ${this.quotaBytes} may be`;
    throw new RequestFailure('no-space', true, detail);
  }

  /** Raises the alarm where the store is beyond its quota: what was under way came in as well. */
  check(): void {
    if (this.machine.state.store.sizeBytes > this.quotaBytes) this.raise();
  }

  private raise(): void {
    if (this.isRaising || this.machine.state.alarms.has('no-space')) return;
    this.isRaising = true;
    this.host.run(async () => {
      try {
        const member = this.host.node;
        await this.raft.propose({ type: 'raise-alarm', alarm: 'no-space', member });
      } catch (error) {
        // It is tried again with the next write, or the next check.
        if (!(error instanceof RaftError)) throw error;
      } finally {
        this.isRaising = false;
      }
    });
  }
}

/**
 * The leases of a member while it leads: clocks, keep-alives, and proposals to end what is over.
 */
import type { Host, Timer } from '@mangrove/host';
import type { PlacedCommand, RaftNode } from '@mangrove/raft';
import { RaftError } from '@mangrove/raft';
import type { LeaseId } from '../core/key-value.ts';
import { LeaseKeeper, type LeaseRest } from '../core/lease-keeper.ts';
import type { Lease } from '../core/leases.ts';
import type { LogCommand } from '../core/log-command.ts';
import type { Applied } from '../core/replicated-state.ts';
import type { KvMachine, MachineListener } from './kv-machine.ts';
import { RequestFailure } from './request-failure.ts';

/** The most leases that one command ends: each is a revision with all its keys. */
const EXPIRED_MAX = 64;

/** The most leases that one command checkpoints, or that are taken over in one slice. */
const LEASES_PER_SLICE = 1_000;

/** The office of one member. */
export class LeaseOffice implements MachineListener {
  private readonly host: Host;
  private readonly raft: RaftNode<Applied, LogCommand>;
  private readonly machine: KvMachine;
  private readonly checkpointMs: number;
  private keeper: LeaseKeeper | undefined;
  private entering: { readonly term: number; readonly done: Promise<void> } | undefined;
  // The proposal to end leases that is under way.
  private ending: Promise<void> | undefined;
  private nextCheckpointAtMs: number;
  private timer: Timer;

  /** @param checkpointMs how often replicas are told what is left of leases */
  constructor(
    host: Host,
    raft: RaftNode<Applied, LogCommand>,
    machine: KvMachine,
    checkpointMs: number,
  ) {
    this.host = host;
    this.raft = raft;
    this.machine = machine;
    this.checkpointMs = checkpointMs;
    this.nextCheckpointAtMs = host.clock.now() + checkpointMs;
    this.timer = this.nextTick();
    machine.listen(this);
  }

  applied({ command }: PlacedCommand<LogCommand>): void {
    const { keeper } = this;
    if (keeper === undefined || command.type !== 'change') return;
    const change = command.command;
    const { leases } = this.machine.state.store;
    if (change.type === 'grant-lease') {
      const lease = leases.get(change.lease);
      if (lease !== undefined) keeper.granted(lease, this.host.clock.now());
    } else if (change.type === 'revoke-lease') {
      if (!leases.has(change.lease)) keeper.ended(change.lease);
    } else if (change.type === 'expire-leases') {
      for (const lease of change.leases) if (!leases.has(lease)) keeper.ended(lease);
    }
  }

  replaced(): void {
    this.keeper = undefined;
  }

  stop(): void {
    this.timer.cancel();
  }

  /**
   * Lets a lease live for its whole time again. Rejects with `RequestFailure` or `RaftError`, also
   * where this member does not lead, or cannot make sure that it does.
   */
  async renew(id: LeaseId, signal: AbortSignal | undefined): Promise<Lease> {
    const keeper = await this.inOffice(signal);
    const lease = this.machine.state.store.leases.get(id);
    if (lease === undefined) throw new RequestFailure('lease-not-found', true);
    if (!keeper.canRenew(id)) {
      // Its keys are still there, and stay where another leader makes the proposal void.
      await this.ending;
      const hasEnded = !this.machine.state.store.leases.has(id);
      throw hasEnded ? new RequestFailure('lease-not-found', true) : notLeading(true);
    }
    keeper.renew(lease, this.host.clock.now());
    if (keeper.mustTell(lease)) {
      await this.tell(keeper, [{ lease: id, remainingMs: lease.ttlMs }]);
      // Another term may have begun before the command was taken in: then it was void.
      const after = this.machine.state.store.leases.get(id);
      if (this.keeper !== keeper || after?.remainingMs !== lease.ttlMs) throw notLeading(false);
    }
    return lease;
  }

  /** How much is left of a lease. Rejects as `renew`. */
  async timeToLive(
    id: LeaseId,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly lease: Lease; readonly remainingMs: number }> {
    const keeper = await this.inOffice(signal);
    const lease = this.machine.state.store.leases.get(id);
    if (lease === undefined) throw new RequestFailure('lease-not-found', true);
    return { lease, remainingMs: Math.ceil(keeper.remainingMs(id, this.host.clock.now())) };
  }

  /** The keeper of the term in which this member leads, as it knows after it was asked. */
  private async inOffice(signal: AbortSignal | undefined): Promise<LeaseKeeper> {
    if (!this.isLeader) throw notLeading(true);
    await this.enter();
    const { keeper } = this;
    await this.raft.read(signal === undefined ? {} : { signal });
    const isSame = keeper !== undefined && this.keeper === keeper;
    if (!isSame || !this.isLeader || this.raft.inspect().term !== keeper.term) {
      throw notLeading(true);
    }
    return keeper;
  }

  /** Takes over the leases of a new term, once all that was granted before is known. */
  private async enter(): Promise<void> {
    const { term } = this.raft.inspect();
    // Who renews before all leases are taken over would be counted from before the renewal.
    if (this.entering?.term !== term) this.entering = { term, done: this.takeOver(term) };
    await this.entering.done;
  }

  private async takeOver(term: number): Promise<void> {
    try {
      await this.raft.read();
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      if (this.entering?.term === term) this.entering = undefined;
      return;
    }
    if (!this.isLeader || this.raft.inspect().term !== term) return;
    const keeper = new LeaseKeeper(term);
    // From now on it hears of grants and ends.
    this.keeper = keeper;
    const extensionMs = this.raft.inspect().options.electionTimeoutMs;
    let count = 0;
    for (const lease of this.machine.state.store.leases.all()) {
      keeper.take(lease, this.host.clock.now(), extensionMs);
      count += 1;
      if (count % LEASES_PER_SLICE === 0) await this.host.timers.sleep(0);
      if (this.keeper !== keeper) return;
    }
    this.nextCheckpointAtMs = this.host.clock.now() + this.checkpointMs;
  }

  private nextTick(): Timer {
    const { heartbeatIntervalMs } = this.raft.inspect().options;
    return this.host.timers.after(heartbeatIntervalMs, () => {
      this.tick();
      this.timer = this.nextTick();
    });
  }

  private tick(): void {
    const { keeper } = this;
    if (!this.isLeader) {
      this.keeper = undefined;
      this.entering = undefined;
      return;
    }
    if (keeper?.term !== this.raft.inspect().term) {
      this.host.run(() => this.enter());
      return;
    }
    const nowMs = this.host.clock.now();
    if (this.ending === undefined) {
      const expired = keeper.takeExpired(nowMs, EXPIRED_MAX);
      if (expired.length > 0) this.end(keeper, expired);
    }
    if (nowMs < this.nextCheckpointAtMs) return;
    this.nextCheckpointAtMs = nowMs + this.checkpointMs;
    this.host.run(() => this.checkpoint(keeper));
  }

  private end(keeper: LeaseKeeper, leases: readonly LeaseId[]): void {
    const ending = this.propose({ type: 'expire-leases', leases, term: keeper.term }).then(() => {
      this.ending = undefined;
      // What was applied is known to have ended; the rest is tried again.
      keeper.notEnded(leases, this.host.clock.now());
    });
    this.ending = ending;
    this.host.run(() => ending);
  }

  private async checkpoint(keeper: LeaseKeeper): Promise<void> {
    let some: Lease[] = [];
    const flush = async (): Promise<void> => {
      const rests = keeper.checkpoint(some, this.host.clock.now());
      some = [];
      if (rests.length > 0) await this.tell(keeper, rests);
    };
    for (const lease of this.machine.state.store.leases.all()) {
      // One that lives shorter than the time between two checkpoints is over before the second.
      if (lease.ttlMs > this.checkpointMs) some.push(lease);
      if (some.length < LEASES_PER_SLICE) continue;
      await flush();
      if (this.keeper !== keeper) return;
    }
    await flush();
  }

  private async tell(keeper: LeaseKeeper, rests: readonly LeaseRest[]): Promise<void> {
    const isDone = await this.propose({
      type: 'checkpoint-leases',
      leases: rests,
      term: keeper.term,
    });
    if (isDone) keeper.told(rests);
  }

  /** Whether the command is known to be applied. */
  private async propose(command: (LogCommand & { type: 'change' })['command']): Promise<boolean> {
    try {
      await this.raft.propose({ type: 'change', place: undefined, command });
      return true;
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      return false;
    }
  }

  private get isLeader(): boolean {
    return this.raft.inspect().role.type === 'leader';
  }
}

function notLeading(isDefinite: boolean): RequestFailure {
  return new RequestFailure('no-leader', isDefinite, 'only the leader keeps leases alive');
}

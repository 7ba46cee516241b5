/**
 * A lease that is kept alive as long as its holder lives: its keys go soon after that.
 *
 * The holder counts by its own clock from when it *sent* the renewal that was answered, so it
 * knows that a lease may be over before any member ends it.
 */
import { MAX_DELAY_MS, type Timer } from '@mangrove/host';
import type { LeaseId } from '../core/key-value.ts';
import { type Caller, type CallOptions, unexpected } from './caller.ts';
import { KvError } from './kv-error.ts';

/** How a lease is granted. */
export interface LeaseOptions extends CallOptions {
  /** Whether it is renewed by itself. Default true. */
  readonly keepAlive?: boolean;
}

/** What is left of a lease. */
export interface LeaseTime {
  readonly grantedMs: number;
  readonly remainingMs: number;
  /** The keys on it, where they were wanted. */
  readonly keys: readonly Uint8Array[];
}

/** A lease that was granted. */
export class KvLease implements AsyncDisposable {
  readonly id: LeaseId;
  /** How long it lives without being renewed, in milliseconds. */
  readonly ttlMs: number;
  private readonly caller: Caller;
  private readonly lost = new AbortController();
  private heldUntilMs: number;
  private timer: Timer | undefined;
  private isOver = false;

  /** @param sentMs when its grant was sent, by the caller's clock */
  constructor(caller: Caller, id: LeaseId, ttlMs: number, sentMs: number) {
    this.caller = caller;
    this.id = id;
    this.ttlMs = ttlMs;
    this.heldUntilMs = sentMs + ttlMs;
  }

  /** Aborted as soon as the lease may be over, renewed or not; `reason` is a `KvError`. */
  get signal(): AbortSignal {
    // Who never looks at it pays no timer.
    if (this.timer === undefined && !this.isOver) this.loseWhenOver();
    return this.lost.signal;
  }

  /** Whether it surely lives, by the clock of its holder. */
  get isHeld(): boolean {
    return !this.isOver && this.caller.host.clock.now() < this.heldUntilMs;
  }

  /** Renews it from now on, three times in its time to live. */
  keepAlive(): void {
    this.timer?.cancel();
    this.renewAfter(this.ttlMs / 3);
  }

  /** Renews it once. */
  async renew(options: CallOptions = {}): Promise<void> {
    const sentMs = this.caller.host.clock.now();
    const request = { type: 'keep-lease-alive', lease: this.id } as const;
    const done = await this.caller.repeatable(request, options, true);
    if (done.result.type !== 'lease') throw unexpected(done);
    this.heldUntilMs = Math.max(this.heldUntilMs, sentMs + done.result.ttlMs);
  }

  /** How much is left of it, and what hangs on it. */
  async timeToLive({ keys = false, ...options }: CallOptions & { keys?: boolean } = {}) {
    const request = { type: 'lease-time-to-live', lease: this.id, wantsKeys: keys } as const;
    const done = await this.caller.repeatable(request, options, true);
    if (done.result.type !== 'lease-time') throw unexpected(done);
    const { grantedMs, remainingMs, keys: found } = done.result;
    const time: LeaseTime = { grantedMs, remainingMs, keys: found };
    return time;
  }

  /** Ends it with all its keys; one that has ended already is left at that. */
  async revoke(options: CallOptions = {}): Promise<void> {
    this.end(new KvError('closed', { isDefinite: true, detail: 'the lease was revoked' }));
    try {
      const lease = this.id;
      await this.caller.change((place) => ({ type: 'revoke-lease', lease, place }), options);
    } catch (error) {
      if (!(error instanceof KvError && error.code === 'lease-not-found')) throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.revoke();
  }

  private get leftMs(): number {
    return Math.max(0, this.heldUntilMs - this.caller.host.clock.now());
  }

  private loseWhenOver(): void {
    const { leftMs } = this;
    if (leftMs === 0) {
      const detail = 'not renewed in time';
      this.end(new KvError('lease-not-found', { isDefinite: false, detail }));
      return;
    }
    const delayMs = Math.min(leftMs, MAX_DELAY_MS);
    this.timer = this.caller.host.timers.after(delayMs, () => this.loseWhenOver());
  }

  private renewAfter(delayMs: number): void {
    this.timer = this.caller.host.timers.after(Math.min(delayMs, MAX_DELAY_MS), () => {
      this.caller.host.run(() => this.renewOrLose());
    });
  }

  private async renewOrLose(): Promise<void> {
    const { leftMs } = this;
    if (this.isOver) return;
    if (leftMs === 0) {
      this.loseWhenOver();
      return;
    }
    try {
      await this.renew({ timeoutMs: Math.min(leftMs, MAX_DELAY_MS) });
      if (!this.isOver) this.renewAfter(this.ttlMs / 3);
    } catch (error) {
      if (!(error instanceof KvError)) throw error;
      const isGone = error.code === 'lease-not-found' || error.code === 'closed';
      if (isGone) this.end(error);
      // Nobody answered so far; what is left of its time is for trying.
      else if (!this.isOver) this.renewAfter(Math.min(100, this.ttlMs / 10, this.leftMs));
    }
  }

  private end(reason: KvError): void {
    if (this.isOver) return;
    this.isOver = true;
    this.timer?.cancel();
    this.lost.abort(reason);
  }
}

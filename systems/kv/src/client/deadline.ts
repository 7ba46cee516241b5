/**
 * Until when a call may take: its timeout, or its caller gives it up before.
 */
import type { Timer } from '@mangrove/host';
import type { ClientHost } from './client-host.ts';
import { KvError } from './kv-error.ts';

/** The end of one call. Must be ended, so that it leaves no timer. */
export class Deadline {
  private readonly host: ClientHost;
  private readonly endMs: number;
  private readonly signal: AbortSignal | undefined;
  private readonly timer: Timer;
  private readonly onAbort: () => void;
  private readonly listeners = new Set<() => void>();
  private code: 'timeout' | 'aborted' | undefined;

  /** @param signal ends the call before `timeoutMs` has passed */
  constructor(host: ClientHost, timeoutMs: number, signal: AbortSignal | undefined) {
    this.host = host;
    this.endMs = host.clock.now() + timeoutMs;
    this.signal = signal;
    this.timer = host.timers.after(Math.max(0, timeoutMs), () => this.fire('timeout'));
    this.onAbort = () => this.fire('aborted');
    signal?.addEventListener('abort', this.onAbort, { once: true });
    if (signal?.aborted === true) this.code = 'aborted';
    else if (timeoutMs <= 0) this.code = 'timeout';
  }

  /** Whether the call is to end now. */
  get isOver(): boolean {
    return this.code !== undefined;
  }

  /** Whether its caller gave it up. */
  get isAborted(): boolean {
    return this.code === 'aborted';
  }

  /** How much is left, in milliseconds. */
  get remainingMs(): number {
    return Math.max(0, this.endMs - this.host.clock.now());
  }

  /** The error of a call that came to its end. */
  error(isDefinite: boolean, cause?: unknown): KvError {
    return new KvError(this.code ?? 'timeout', { isDefinite, cause: this.signal?.reason ?? cause });
  }

  /** Has `listener` called when the call is to end; returns how to take that back. */
  onOver(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Waits, or less where the call ends before. */
  sleep(delayMs: number): Promise<void> {
    if (this.isOver) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        timer.cancel();
        forget();
        resolve();
      };
      const timer = this.host.timers.after(delayMs, end);
      const forget = this.onOver(end);
    });
  }

  /** The call is done. */
  end(): void {
    this.timer.cancel();
    this.signal?.removeEventListener('abort', this.onAbort);
    this.listeners.clear();
  }

  private fire(code: 'timeout' | 'aborted'): void {
    if (this.code !== undefined) return;
    this.code = code;
    for (const listener of [...this.listeners]) listener();
  }
}

/**
 * Leases and locks of a client that uses the library.
 */
import type { Outcome, Value } from '@mangrove/experiment';
import type { Host } from '@mangrove/host';
import type { KvClient } from '../client/kv-client.ts';
import { KvError } from '../client/kv-error.ts';
import type { KvLease } from '../client/lease.ts';
import type { Claim } from '../client/lock.ts';
import { op } from '../client/operations.ts';

/** How long a client queues for a lock: less than an operation may take. */
const QUEUE_MS = 350;

/** The leases and locks of one client. */
export class LibraryLocks {
  private readonly host: Host;
  private readonly kv: KvClient;
  private grantCount = 0;
  private granted: { readonly lease: KvLease; readonly name: string } | undefined;
  private readonly claims = new Map<string, Claim>();

  constructor(host: Host, kv: KvClient) {
    this.host = host;
    this.kv = kv;
  }

  /** Does what `f` says; `undefined` where it is about neither leases nor locks. */
  perform(f: string, key: string, value: Value): Promise<Outcome> | undefined {
    switch (f) {
      case 'grant':
        return this.grant(Number(value));
      case 'keep':
        return this.keep();
      case 'look':
        return this.look();
      case 'look-at-all':
        return this.lookAtAll();
      case 'acquire':
        return this.acquire(key, Number(value));
      case 'guarded-write':
        return this.write(key, value);
      case 'release':
        return this.release(key);
      default:
        return undefined;
    }
  }

  private async grant(ttlMs: number): Promise<Outcome> {
    this.granted = undefined;
    this.grantCount += 1;
    const name = `${this.host.node}/${this.grantCount}`;
    const lease = await this.kv.grantLease(ttlMs, { keepAlive: false });
    const puts = ['a', 'b'].map((last) => op.put(`e/${name}/${last}`, `${ttlMs}`, { lease }));
    const { revision } = await this.kv
      .txn()
      .then(...puts)
      .commit();
    this.granted = { lease, name };
    return { type: 'ok', value: { name, ttlMs, revision } };
  }

  private async keep(): Promise<Outcome> {
    if (this.granted === undefined) return { type: 'fail', error: 'no lease' };
    const { lease, name } = this.granted;
    const { ttlMs } = lease;
    try {
      await lease.renew();
      return { type: 'ok', value: { name, ttlMs, isKept: true } };
    } catch (error) {
      if (!(error instanceof KvError && error.code === 'lease-not-found')) throw error;
      return { type: 'ok', value: { name, ttlMs, isKept: false } };
    }
  }

  private async look(): Promise<Outcome> {
    if (this.granted === undefined) return { type: 'fail', error: 'no lease' };
    const { lease, name } = this.granted;
    const count = await this.kv.count({ prefix: `e/${name}/` });
    return { type: 'ok', value: { name, ttlMs: lease.ttlMs, count } };
  }

  /** Locks are held, and renewed by the library, until they are released: only keys count. */
  private async lookAtAll(): Promise<Outcome> {
    const keyCount = await this.kv.count({ prefix: 'e/' });
    return { type: 'ok', value: { keyCount, leaseCount: 0, saved: [] } };
  }

  private async acquire(lock: string, ttlMs: number): Promise<Outcome> {
    const giveUp = new AbortController();
    const timer = this.host.timers.after(QUEUE_MS, () => giveUp.abort());
    try {
      const claim = await this.kv.lock(lock, {
        ttlMs,
        signal: giveUp.signal,
        value: JSON.stringify(this.host.node),
      });
      this.claims.set(lock, claim);
      return { type: 'ok', value: { token: claim.token, ttlMs } };
    } catch (error) {
      // Whatever it was that failed, the lock is not held; what is left of it ends with its lease.
      if (!(error instanceof KvError)) throw error;
      return { type: 'fail', error: error.code };
    } finally {
      timer.cancel();
    }
  }

  private async write(lock: string, value: Value): Promise<Outcome> {
    const claim = this.claims.get(lock);
    if (claim === undefined) return { type: 'fail', error: 'no token' };
    const { token } = claim;
    const { succeeded, revision } = await this.kv
      .txn()
      .if(claim.isHeld())
      .then(op.put(`g/${lock}`, JSON.stringify([token, value])))
      .commit();
    if (!succeeded) return { type: 'fail', error: 'stale token' };
    return { type: 'ok', value: { token, value, revision } };
  }

  private async release(lock: string): Promise<Outcome> {
    const claim = this.claims.get(lock);
    if (claim === undefined) return { type: 'fail', error: 'no token' };
    this.claims.delete(lock);
    await claim.release();
    return { type: 'ok' };
  }
}

/**
 * Locks with fencing tokens: a queue of keys on leases, of which the oldest holds the lock.
 *
 *     name/lease -> created once, in order of revisions -> the first one holds
 *     each other waits for the deletion of the one before it
 *
 * A holder that was paused may believe in a lock that another one has by now. So the lock has a
 * token, which grows from holder to holder: whatever is guarded refuses smaller tokens than it has
 * seen, or, for keys of the same store, `isHeld` is a condition of the transaction.
 */
import type { Compare } from '../core/request.ts';
import type { Revision } from '../core/revision.ts';
import type { CallOptions } from './caller.ts';
import type { KeySelector } from './key.ts';
import { KvError } from './kv-error.ts';
import type { KvOperations } from './kv-operations.ts';
import type { KvLease } from './lease.ts';
import { op, when } from './operations.ts';
import type { Watch, WatchOptions } from './watch.ts';

/** What a queue of claims needs of its client. */
export interface Claimant extends KvOperations {
  watch(keys: KeySelector, options: WatchOptions): Watch;
  grantLease(ttlMs: number, options?: CallOptions): Promise<KvLease>;
}

/** How a lock is taken. */
export interface LockOptions {
  /** How long it stays taken after its holder died, in milliseconds. Default 10,000. */
  readonly ttlMs?: number;
  /** Gives up waiting. */
  readonly signal?: AbortSignal;
  /** What the key of the holder says, for people. Default: nothing. */
  readonly value?: string;
}

/** A place in a queue that came to its turn. */
export class Claim implements AsyncDisposable {
  /** The key that stands for it. */
  readonly key: string;
  /** Grows from holder to holder: the revision in which the claim was made. */
  readonly token: Revision;
  readonly lease: KvLease;
  private readonly client: Claimant;

  constructor(client: Claimant, key: string, token: Revision, lease: KvLease) {
    this.client = client;
    this.key = key;
    this.token = token;
    this.lease = lease;
  }

  /** Aborted as soon as it may have been lost. */
  get signal(): AbortSignal {
    return this.lease.signal;
  }

  /** The condition that it is held still: `kv.txn().if(lock.isHeld()).then(...)`. */
  isHeld(): Compare {
    return when(this.key).createRevision('=', this.token);
  }

  /** Writes its value; false where it is held no longer. */
  async write(value: string, options: CallOptions = {}): Promise<boolean> {
    const put = op.put(this.key, value, { lease: this.lease });
    const { succeeded } = await this.client.txn().if(this.isHeld()).then(put).commit(options);
    return succeeded;
  }

  /** Gives it up. */
  async release(options: CallOptions = {}): Promise<void> {
    await this.lease.revoke(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}

/** Queues for `name`, and resolves when everybody before has gone. */
export async function claim(
  client: Claimant,
  name: string,
  { ttlMs = 10_000, signal, value = '' }: LockOptions,
): Promise<Claim> {
  const call = signal === undefined ? {} : { signal };
  const lease = await client.grantLease(ttlMs, call);
  try {
    const key = `${name}/${lease.id.toString(16)}`;
    const { revision } = await client.put(key, value, { ...call, lease });
    const entry = await client.get(key, call);
    if (entry === undefined) throw lost(lease);
    const token = entry.createRevision;
    await waitForTurn(client, name, token, revision, lease, signal);
    return new Claim(client, key, token, lease);
  } catch (error) {
    // Whoever is behind must not wait for the end of the lease.
    await lease.revoke().catch(() => {});
    throw error;
  }
}

async function waitForTurn(
  client: Claimant,
  name: string,
  token: Revision,
  revision: Revision,
  lease: KvLease,
  signal: AbortSignal | undefined,
): Promise<void> {
  const call = signal === undefined ? {} : { signal };
  const before = { prefix: `${name}/` };
  for (;;) {
    const { entries, header } = await client.read(before, {
      ...{ sortBy: 'create', order: 'descend', limit: 1, keysOnly: true },
      ...call,
      maxCreateRevision: token - 1,
    });
    const [ahead] = entries;
    if (ahead === undefined) {
      if (!lease.isHeld) throw lost(lease);
      return;
    }
    await whenGone(client, ahead.key, Math.max(header.revision, revision) + 1, lease, signal);
  }
}

// Watches the one key ahead and no other, so that a release wakes one waiter and not all.
async function whenGone(
  client: Claimant,
  key: string,
  from: number,
  lease: KvLease,
  signal: AbortSignal | undefined,
): Promise<void> {
  const watch = client.watch(key, { from, only: 'deletes', onCompacted: 'skip' });
  const stop = () => watch.close();
  for (const each of [signal, lease.signal]) each?.addEventListener('abort', stop, { once: true });
  try {
    if (signal?.aborted !== true && lease.isHeld) {
      for await (const batch of watch.batches()) {
        if (batch.events.length > 0 || batch.isAfterGap) break;
      }
    }
  } finally {
    watch.close();
    for (const each of [signal, lease.signal]) each?.removeEventListener('abort', stop);
  }
  if (signal?.aborted === true) {
    throw new KvError('aborted', { isDefinite: true, cause: signal.reason });
  }
  if (!lease.isHeld) throw lost(lease);
}

function lost(lease: KvLease): KvError {
  const detail = 'the lease ended while its holder waited';
  return new KvError('lease-not-found', { isDefinite: true, detail, cause: lease.signal.reason });
}

/**
 * Optimistic transactions: a function reads and writes, and is run again where somebody else
 * changed what it had read.
 *
 * All reads see one revision. What was read is a condition of the one transaction that writes, so
 * the whole is serializable.
 */
import type { Compare, Operation } from '../core/request.ts';
import type { CallOptions } from './caller.ts';
import { givenInteger } from './given.ts';
import { type Bytes, type KvEntry, toKey } from './key.ts';
import { KvError } from './kv-error.ts';
import type { KvOperations } from './kv-operations.ts';
import { op, when } from './operations.ts';
import type { TxnAnswer } from './txn.ts';

/** How often, and for how long, a function is run. */
export interface StmOptions extends CallOptions {
  /** The most runs. Default 100; then the call fails with `too-many-requests`. */
  readonly attemptsMax?: number;
}

/** What the function of an optimistic transaction is given. */
export class StmView {
  private readonly client: KvOperations;
  private readonly options: CallOptions;
  private readonly reads = new Map<string, { readonly key: Bytes; readonly modRevision: number }>();
  private readonly writes = new Map<
    string,
    { readonly key: Bytes; readonly value: Bytes | null }
  >();
  private revision: number | undefined;

  constructor(client: KvOperations, options: CallOptions) {
    this.client = client;
    this.options = options;
  }

  /** The value of a key as text, with what was written here; `undefined` where there is none. */
  async get(key: Bytes): Promise<string | undefined> {
    const written = this.writes.get(nameOf(key));
    if (written !== undefined) {
      const { value } = written;
      if (value === null) return undefined;
      return typeof value === 'string' ? value : new TextDecoder().decode(value);
    }
    return (await this.entry(key))?.value;
  }

  /** The entry of a key as it is in the store. */
  async entry(key: Bytes): Promise<KvEntry | undefined> {
    const past = this.revision === undefined ? {} : { revision: this.revision };
    const { entries, header } = await this.client.read(key, { ...this.options, ...past });
    this.revision ??= header.revision;
    const [found] = entries;
    this.reads.set(nameOf(key), { key, modRevision: found?.modRevision ?? 0 });
    return found;
  }

  /** Writes a key, when the function is done. */
  put(key: Bytes, value: Bytes): void {
    this.writes.set(nameOf(key), { key, value });
  }

  /** Deletes a key, when the function is done. */
  delete(key: Bytes): void {
    this.writes.set(nameOf(key), { key, value: null });
  }

  /** Writes all at once, if nothing that was read has changed. */
  commit(): Promise<TxnAnswer> {
    const compares: Compare[] = [...this.reads.values()].map(({ key, modRevision }) =>
      when(key).modRevision('=', modRevision),
    );
    const operations: Operation[] = [...this.writes.values()].map(({ key, value }) =>
      value === null ? op.delete(key) : op.put(key, value),
    );
    return this.client
      .txn()
      .if(...compares)
      .then(...operations)
      .commit(this.options);
  }
}

/** Runs `work` until what it read is what it finds when it writes. */
export async function runStm<Result>(
  client: KvOperations,
  work: (view: StmView) => Promise<Result>,
  { attemptsMax = 100, ...options }: StmOptions,
  pause: (attempt: number) => Promise<void>,
): Promise<Result> {
  givenInteger('attemptsMax', attemptsMax, 1);
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    if (attempt > 1) await pause(attempt);
    const view = new StmView(client, options);
    try {
      const result = await work(view);
      if ((await view.commit()).succeeded) return result;
    } catch (error) {
      // The revision of its reads was compacted meanwhile: a new one.
      if (!(error instanceof KvError && error.code === 'compacted')) throw error;
    }
  }
  const detail = `others changed what was read, ${attemptsMax} times`;
  throw new KvError('too-many-requests', { isDefinite: true, detail });
}

function nameOf(key: Bytes): string {
  return toKey(key).join();
}

/**
 * Reads and changes of keys: what a client and its sessions offer alike.
 */
import { InvalidArgument } from '@mangrove/host';
import type { AnswerHeader, ReadConsistency } from '../core/consistency.ts';
import { keyAfter } from '../core/key-range.ts';
import type { Operation, OperationResult, TxnRequest } from '../core/request.ts';
import { type Caller, type CallOptions, type Done, unexpected } from './caller.ts';
import { type Bytes, type KeySelector, KvEntry } from './key.ts';
import { KvError } from './kv-error.ts';
import {
  type Consistency,
  type DeleteAnswer,
  type DeleteOptions,
  type GetOptions,
  op,
  type PutAnswer,
  type PutOptions,
  type ReadAnswer,
  toAnswer,
  toConsistency,
} from './operations.ts';
import { Txn, type TxnAnswer } from './txn.ts';

/** What a read, and a transaction that reads only, may say of how it is done. */
export interface ReadOptions extends CallOptions {
  /** How current it must be. Default: that of the client or session. */
  readonly consistency?: Consistency;
}

/** How many entries `getAll` asks for at once. */
const PAGE_ENTRIES = 1000;

/** Reads and changes keys. */
export class KvOperations {
  protected readonly caller: Caller;

  constructor(caller: Caller) {
    this.caller = caller;
  }

  /** The entry of a key; `undefined` where there is none. */
  async get(
    key: Bytes,
    options: ReadOptions & { readonly revision?: number } = {},
  ): Promise<KvEntry | undefined> {
    const { entries } = await this.read(key, options);
    return entries[0];
  }

  /** Writes a key. */
  async put(key: Bytes, value: Bytes, options: PutOptions & CallOptions = {}): Promise<PutAnswer> {
    const done = await this.change(op.put(key, value, options), options);
    const { header } = done;
    this.note(header);
    const result = resultOf<'put'>(done, 'put');
    const previous = result.previous === undefined ? undefined : new KvEntry(result.previous);
    return { revision: header.revision, previous, header };
  }

  /** Deletes a key, or all of a range, at once. */
  async delete(
    keys: KeySelector,
    options: DeleteOptions & CallOptions = {},
  ): Promise<DeleteAnswer> {
    const done = await this.change(op.delete(keys, options), options);
    const { header } = done;
    this.note(header);
    const result = resultOf<'delete'>(done, 'delete');
    const previous = result.previous.map((kv) => new KvEntry(kv));
    return { revision: header.revision, deletedCount: result.deletedCount, previous, header };
  }

  /** One read of a range, with its header; a limit bounds how much comes. */
  async read(keys: KeySelector, options: GetOptions & ReadOptions = {}): Promise<ReadAnswer> {
    const { timeoutMs, signal, consistency, ...what } = options;
    const operation = op.get(keys, what);
    const done = await this.look(operation, this.consistencyOf(consistency), {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(signal === undefined ? {} : { signal }),
    });
    this.note(done.header);
    const { kvs, count, hasMore } = resultOf<'range'>(done, 'range');
    return { entries: kvs.map((kv) => new KvEntry(kv)), count, hasMore, header: done.header };
  }

  /** How many keys there are in a range. */
  async count(keys: KeySelector, options: ReadOptions = {}): Promise<number> {
    return (await this.read(keys, { ...options, countOnly: true })).count;
  }

  /** All entries of a range as they are at one revision, in the order of their keys. */
  async getAll(keys: KeySelector, options: ReadOptions = {}): Promise<KvEntry[]> {
    const all: KvEntry[] = [];
    for await (const entry of this.entries(keys, options)) all.push(entry);
    return all;
  }

  /**
   * The entries of a range as they are at one revision, in the order of their keys, read as they
   * are taken: a range of any size costs little memory.
   */
  async *entries(keys: KeySelector, options: ReadOptions = {}): AsyncGenerator<KvEntry, void> {
    let { range } = op.get(keys);
    let limit = PAGE_ENTRIES;
    let revision: number | undefined;
    for (;;) {
      const from = { from: range.from, ...(range.to === undefined ? {} : { to: range.to }) };
      const page = { limit, ...(revision === undefined ? {} : { revision }) };
      const answer = await orTooLarge(this.read(from, { ...options, ...page }), limit);
      if (answer === 'too-large') {
        limit = Math.ceil(limit / 8);
        continue;
      }
      yield* answer.entries;
      const last = answer.entries.at(-1);
      if (!answer.hasMore || last === undefined) return;
      revision ??= answer.header.revision;
      range = { from: keyAfter(last.keyBytes), to: range.to };
    }
  }

  /** Begins a transaction. */
  txn(): Txn {
    return new Txn((txn, options) => this.transact(txn, options));
  }

  /** Does a transaction that is made already. */
  async transact(txn: TxnRequest, options: ReadOptions = {}): Promise<TxnAnswer> {
    const { consistency } = options;
    const readsOnly = isReadOnly(txn);
    if (!readsOnly && consistency !== undefined) {
      throw new InvalidArgument('consistency', consistency, 'left out where something is written');
    }
    const done = await (readsOnly
      ? this.look(txn, this.consistencyOf(consistency), options)
      : this.change(txn, options));
    this.note(done.header);
    const { succeeded, results } = resultOf<'txn'>(done, 'txn');
    const { header } = done;
    return { succeeded, revision: header.revision, results: results.map(toAnswer), header };
  }

  /** How current a read is to be. */
  protected consistencyOf(given: Consistency | undefined): ReadConsistency {
    return toConsistency(given ?? 'linearizable');
  }

  /** Sees every answer. */
  protected note(_header: AnswerHeader): void {}

  private change(operation: Operation, options: CallOptions): Promise<Done> {
    return this.caller.change(
      (place) => ({ type: 'operation', operation, consistency: LINEARIZABLE, place }),
      options,
    );
  }

  private look(
    operation: Operation,
    consistency: ReadConsistency,
    options: CallOptions,
  ): Promise<Done> {
    const wantsLeader = consistency.type === 'linearizable' || consistency.type === 'lease';
    const request = { type: 'operation', operation, consistency, place: undefined } as const;
    return this.caller.repeatable(request, options, wantsLeader);
  }
}

const LINEARIZABLE: ReadConsistency = { type: 'linearizable' };

/** The result of `done`, which is of `type` unless the member broke the protocol. */
function resultOf<Type extends OperationResult['type']>(
  done: Done,
  type: Type,
): Extract<OperationResult, { type: Type }> {
  if (done.result.type !== type) throw unexpected(done);
  return done.result as Extract<OperationResult, { type: Type }>;
}

function isReadOnly({ success, failure }: TxnRequest): boolean {
  return [...success, ...failure].every(
    (each) => each.type === 'range' || (each.type === 'txn' && isReadOnly(each)),
  );
}

/** The answer, unless it is larger than the bound and might be smaller. */
async function orTooLarge(
  reading: Promise<ReadAnswer>,
  limit: number,
): Promise<ReadAnswer | 'too-large'> {
  try {
    return await reading;
  } catch (error) {
    const isTooLarge = error instanceof KvError && error.code === 'answer-too-large';
    if (isTooLarge && limit > 1) return 'too-large';
    throw error;
  }
}

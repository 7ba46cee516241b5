/**
 * A twin of the store that keeps a full copy of everything for each revision, written from the
 * rules alone: slow, and too simple to be wrong in the same way.
 */
import type {
  Answer,
  Command,
  CommandResult,
  Compare,
  KeyRange,
  KeyValue,
  Lease,
  LeaseId,
  Operation,
  OperationResult,
  PutRequest,
  RangeRequest,
  RangeResult,
  Refusal,
  Revision,
} from '@mangrove/kv';

/** A change, as watchers see it. */
export interface NaiveEvent {
  readonly type: 'put' | 'delete';
  readonly key: string;
  readonly value: string;
  readonly revision: number;
}

type State = ReadonlyMap<string, KeyValue>;

/** The twin. */
export class NaiveStore {
  readonly states: State[] = [new Map(), new Map()];
  readonly events: NaiveEvent[] = [];
  readonly leases = new Map<LeaseId, Lease>();
  compacted = 0;
  // What the revision that is being made holds, and what has changed in it.
  private draft = new Map<string, KeyValue>();
  private changes: NaiveEvent[] = [];

  get revision(): number {
    return this.states.length - 1;
  }

  apply(command: Command, term: number): Answer<CommandResult> {
    this.draft = new Map(this.stateAt(this.revision));
    this.changes = [];
    const result = this.resultOf(command, term);
    if (typeof result !== 'string' && this.changes.length > 0) this.commit();
    const revision = this.revision as Revision;
    return typeof result === 'string'
      ? { type: 'refused', revision, refusal: result }
      : { type: 'done', revision, result };
  }

  /** Another twin that goes on from here by itself. */
  copy(): NaiveStore {
    const copy = new NaiveStore();
    copy.states.splice(0, copy.states.length, ...this.states);
    copy.events.push(...this.events);
    for (const [id, lease] of this.leases) copy.leases.set(id, lease);
    copy.compacted = this.compacted;
    return copy;
  }

  stateAt(revision: number): State {
    const state = this.states[revision];
    if (state === undefined) throw new Error(`no state ${revision}`);
    return state;
  }

  /** The keys that hang on a lease, in order. */
  keysOf(lease: LeaseId): readonly string[] {
    const all = sorted(this.stateAt(this.revision));
    return all.filter((kv) => kv.lease === lease).map(({ key }) => text(key));
  }

  private commit(): void {
    this.events.push(...this.changes);
    this.states.push(this.draft);
    this.draft = new Map(this.draft);
    this.changes = [];
  }

  private resultOf(command: Command, term: number): CommandResult | Refusal {
    switch (command.type) {
      case 'operation': {
        const refusal = this.check(command.operation);
        return refusal ?? this.run(command.operation);
      }
      case 'compact':
        if (command.revision <= this.compacted) return 'compacted';
        if (command.revision > this.revision) return 'future-revision';
        this.compacted = command.revision;
        return { type: 'applied' };
      case 'grant-lease':
        if (this.leases.has(command.lease)) return 'lease-exists';
        this.leases.set(command.lease, leaseOf(command.lease, command.ttlMs, command.ttlMs));
        return { type: 'applied' };
      case 'revoke-lease':
        if (!this.leases.has(command.lease)) return 'lease-not-found';
        this.revoke(command.lease);
        return { type: 'applied' };
      case 'expire-leases':
        if (command.term === term) this.expire(command.leases);
        return { type: 'applied' };
      case 'checkpoint-leases':
        if (command.term === term) this.checkpoint(command.leases);
        return { type: 'applied' };
    }
  }

  private check(operation: Operation): Refusal | undefined {
    if (operation.type === 'txn') {
      for (const each of this.taken(operation)) {
        const refusal = this.check(each);
        if (refusal !== undefined) return refusal;
      }
      return undefined;
    }
    if (operation.type === 'range') {
      if (operation.revision === 0) return undefined;
      if (operation.revision > this.revision) return 'future-revision';
      return operation.revision < this.compacted ? 'compacted' : undefined;
    }
    if (operation.type !== 'put') return undefined;
    const { lease, value, key } = operation;
    if (lease !== undefined && lease !== 0n && !this.leases.has(lease)) return 'lease-not-found';
    const keeps = lease === undefined || value === undefined;
    return keeps && !this.stateAt(this.revision).has(text(key)) ? 'key-not-found' : undefined;
  }

  private taken(txn: Operation & { type: 'txn' }): readonly Operation[] {
    return this.allHold(txn.compares) ? txn.success : txn.failure;
  }

  private allHold(compares: readonly Compare[]): boolean {
    const before = this.stateAt(this.revision);
    return compares.every((compare) => {
      const keys = [...before.values()].filter(({ key }) => isIn(compare.range, text(key)));
      if (keys.length > 0) return keys.every((kv) => naiveHolds(kv, compare));
      return compare.operand.target !== 'value' && naiveHolds(ABSENT, compare);
    });
  }

  private run(operation: Operation): OperationResult {
    switch (operation.type) {
      case 'put':
        return this.put(operation);
      case 'delete': {
        const doomed = sorted(this.draft).filter(({ key }) => isIn(operation.range, text(key)));
        for (const kv of doomed) this.remove(text(kv.key));
        const previous = operation.wantsPrevious ? doomed : [];
        return { type: 'delete', deletedCount: doomed.length, previous };
      }
      case 'range':
        return naiveRange(
          operation.revision === 0 ? this.draft : this.stateAt(operation.revision),
          operation,
        );
      case 'txn': {
        const succeeded = this.allHold(operation.compares);
        const results = this.taken(operation).map((each) => this.run(each));
        return { type: 'txn', succeeded, results };
      }
    }
  }

  private put({ key, value, lease, wantsPrevious }: PutRequest): OperationResult {
    const before = this.draft.get(text(key));
    const revision = (this.revision + 1) as Revision;
    const kv: KeyValue = {
      key,
      value: value ?? before?.value ?? new Uint8Array(0),
      createRevision: before?.createRevision ?? revision,
      modRevision: revision,
      version: (before?.version ?? 0) + 1,
      lease: lease ?? before?.lease ?? (0n as LeaseId),
    };
    this.draft.set(text(key), kv);
    this.changes.push({ type: 'put', key: text(key), value: text(kv.value), revision });
    return { type: 'put', previous: wantsPrevious ? before : undefined };
  }

  private remove(key: string): void {
    this.draft.delete(key);
    this.changes.push({ type: 'delete', key, value: '', revision: this.revision + 1 });
  }

  private expire(leases: readonly LeaseId[]): void {
    for (const lease of leases) {
      if (!this.leases.has(lease)) continue;
      this.revoke(lease);
      if (this.changes.length > 0) this.commit();
    }
  }

  private checkpoint(rests: (Command & { type: 'checkpoint-leases' })['leases']): void {
    for (const { lease, remainingMs } of rests) {
      const ttlMs = this.leases.get(lease)?.ttlMs;
      if (ttlMs !== undefined) this.leases.set(lease, leaseOf(lease, ttlMs, remainingMs));
    }
  }

  private revoke(lease: LeaseId): void {
    this.leases.delete(lease);
    for (const kv of sorted(this.draft)) if (kv.lease === lease) this.remove(text(kv.key));
  }
}

function leaseOf(id: LeaseId, ttlMs: number, remainingMs: number): Lease {
  return { id, ttlMs, remainingMs };
}

/** Bytes as a string with one character for each, which compares as they do. */
export function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** What `request` finds in `state`. */
export function naiveRange(state: State, request: RangeRequest): RangeResult {
  const all = sorted(state).filter(({ key }) => isIn(request.range, text(key)));
  const count = all.length;
  if (request.countOnly) return { type: 'range', kvs: [], count, hasMore: false };
  let kvs = all.filter(
    (kv) =>
      kv.modRevision >= request.minModRevision &&
      kv.createRevision >= request.minCreateRevision &&
      (request.maxModRevision === 0 || kv.modRevision <= request.maxModRevision) &&
      (request.maxCreateRevision === 0 || kv.createRevision <= request.maxCreateRevision),
  );
  if (request.sort !== undefined) {
    const { by, order } = request.sort;
    const sign = order === 'ascend' ? 1 : -1;
    kvs = kvs.toSorted((left, right) => sign * compare(sortKey(left, by), sortKey(right, by)));
  }
  const hasMore = request.limit > 0 && kvs.length > request.limit;
  if (request.limit > 0) kvs = kvs.slice(0, request.limit);
  if (request.keysOnly) kvs = kvs.map((kv) => ({ ...kv, value: new Uint8Array(0) }));
  return { type: 'range', kvs, count, hasMore };
}

function sortKey(kv: KeyValue, by: string): number | string {
  if (by === 'key') return text(kv.key);
  if (by === 'value') return text(kv.value);
  if (by === 'version') return kv.version;
  return by === 'create' ? kv.createRevision : kv.modRevision;
}

function compare(left: number | string, right: number | string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

const ABSENT: KeyValue = {
  key: new Uint8Array(0),
  value: new Uint8Array(0),
  createRevision: 0 as Revision,
  modRevision: 0 as Revision,
  version: 0,
  lease: 0n as LeaseId,
};

function naiveHolds(kv: KeyValue, { relation, operand }: Compare): boolean {
  const [left, right] = sides(kv, operand);
  if (relation === 'equal') return left === right;
  if (relation === 'not-equal') return left !== right;
  return relation === 'greater' ? left > right : left < right;
}

function sides(
  kv: KeyValue,
  operand: Compare['operand'],
): [number, number] | [string, string] | [bigint, bigint] {
  if (operand.target === 'value') return [text(kv.value), text(operand.value)];
  if (operand.target === 'lease') return [kv.lease, operand.lease];
  if (operand.target === 'version') return [kv.version, operand.number];
  return [operand.target === 'create' ? kv.createRevision : kv.modRevision, operand.number];
}

function isIn(range: KeyRange, key: string): boolean {
  return key >= text(range.from) && (range.to === undefined || key < text(range.to));
}

function sorted(state: State): KeyValue[] {
  return [...state.entries()].sort(([left], [right]) => compare(left, right)).map(([, kv]) => kv);
}

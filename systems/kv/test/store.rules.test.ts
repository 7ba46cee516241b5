/**
 * The rules of DESIGN.md that a story shows better than the comparison with the twin does.
 */
import {
  type Answer,
  applyCommand,
  type Command,
  type CommandResult,
  commandWork,
  execute,
  finish,
  hashKv,
  invalidity,
  KvStore,
  type LeaseId,
  NO_LEASE,
  type Operation,
  prefixRange,
  RangeRead,
  type RangeRequest,
  type Revision,
  readAll,
  singleKey,
  TXN_OPERATIONS_MAX,
  TXN_TOTAL_MAX,
} from '@mangrove/kv';
import { crc32c } from '@mangrove/wire';
import { expect, test } from 'vitest';
import { OperationRead } from '../src/core/operation-read.ts';
import { TXN_DEPTH_MAX } from '../src/core/request.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const words = (given: Uint8Array): string => new TextDecoder().decode(given);

test('R1: only what changes something moves the revision on', () => {
  const store = new KvStore();
  expect(store.revision).toBe(1);
  expect(apply(store, del('a')).revision).toBe(1);
  expect(apply(store, put('a', '1')).revision).toBe(2);
  expect(apply(store, txn([], [range('a')])).revision).toBe(2);
  expect(apply(store, txn([], [put('a', '2'), put('b', '2')])).revision).toBe(3);
  expect(apply(store, del('a', 'z')).revision).toBe(4);
});

test('R2: the changes of a transaction share a revision and are numbered in it', () => {
  const store = new KvStore();
  apply(store, txn([], [put('b', '1'), put('a', '1'), del('x'), put('c', '1')]));
  apply(store, put('a', '2'));
  const { log, versions } = store;
  const numbers = [0, 1, 2, 3].map((place) => [
    log.revisionAt(place),
    versions.sub.at(log.at(place)),
  ]);
  expect(numbers).toEqual([
    [2, 0],
    [2, 1],
    [2, 2],
    [3, 0],
  ]);
});

test('R3: a deletion ends what a key was, and the next put begins anew', () => {
  const store = new KvStore();
  for (const value of ['1', '2']) apply(store, put('a', value));
  expect(store.get(bytes('a'))).toMatchObject({ createRevision: 2, modRevision: 3, version: 2 });
  apply(store, del('a'));
  apply(store, put('a', '3'));
  expect(store.get(bytes('a'))).toMatchObject({ createRevision: 5, modRevision: 5, version: 1 });
});

test('R4: what is older than the compaction is refused, the compaction itself is not', () => {
  const store = new KvStore();
  for (const value of ['1', '2', '3']) apply(store, put('a', value));
  expect(applyCommand(store, { type: 'compact', revision: 3 as Revision }, 1).type).toBe('done');
  sweepAll(store);
  const at = (revision: number): Answer<CommandResult> =>
    apply(store, { ...range('a'), revision: revision as Revision });
  expect(at(2)).toMatchObject({ refusal: 'compacted' });
  expect(at(3)).toMatchObject({ result: { kvs: [{ value: bytes('2') }] } });
  expect(at(5)).toMatchObject({ refusal: 'future-revision' });
});

test('R5: the limit counts after the filter, the count before it', () => {
  const store = new KvStore();
  for (const key of ['a', 'b', 'c', 'd']) apply(store, put(key, 'x'));
  const request = { ...range('a', 'z'), minModRevision: 3, limit: 2 };
  const result = apply(store, request);
  expect(result).toMatchObject({ result: { count: 4, hasMore: true } });
  expect(keysOf(result)).toEqual(['b', 'c']);
  const all = apply(store, { ...request, limit: 3 });
  expect(all).toMatchObject({ result: { count: 4, hasMore: false } });
  const last = apply(store, { ...request, limit: 1, sort: { by: 'key', order: 'descend' } });
  expect(keysOf(last)).toEqual(['d']);
});

test('R6: a read under way sees its revision, through compaction and sweeping', () => {
  const store = new KvStore();
  for (const key of ['a', 'b', 'c', 'd']) apply(store, put(key, 'old'));
  const release = store.pin();
  const read = new RangeRead(store, range('a', 'z'), store.revision);
  expect(read.step(1)).toBeUndefined();
  apply(store, del('a', 'z'));
  apply(store, put('c', 'new'));
  applyCommand(store, { type: 'compact', revision: store.revision }, 1);
  sweepAll(store);
  const result = read.step(100);
  expect(result?.kvs.map(({ key, value }) => `${words(key)}=${words(value)}`)).toEqual([
    'a=old',
    'b=old',
    'c=old',
    'd=old',
  ]);
  release();
  sweepAll(store);
  // The deletions are before the compaction, so only the new value of c is left.
  expect(store.versions.count).toBe(1);
});

test('R7: nested compares are decided on the state before the transaction', () => {
  const store = new KvStore();
  const isOne = equals('a', '1');
  const inner = txn([isOne], [put('seen', 'after')], [put('seen', 'before')]);
  apply(store, txn([], [put('a', '1'), inner]));
  expect(words(store.get(bytes('seen'))?.value ?? bytes(''))).toBe('before');
});

test('R8: a transaction that is refused has changed nothing', () => {
  const store = new KvStore();
  const keep: Operation = { ...put('missing', ''), value: undefined };
  const future: Operation = { ...range('a'), revision: 9 as Revision };
  const refusals = [
    [keep, 'key-not-found'],
    [put('b', '1', 7n), 'lease-not-found'],
    [future, 'future-revision'],
    [txn([], [future]), 'future-revision'],
  ] as const;
  for (const [last, refusal] of refusals) {
    expect(apply(store, txn([], [put('a', '1'), last]))).toMatchObject({ refusal });
    expect(store.get(bytes('a'))).toBeUndefined();
    expect(store.revision).toBe(1);
  }
});

test('R6: a transaction that only reads compares in slices, on the state when it began', () => {
  const store = new KvStore();
  for (let nth = 0; nth < 2000; nth += 1) apply(store, put(`k/${1000 + nth}`, '1'));
  const range = { from: bytes('k/'), to: bytes('k0') };
  const isOld = {
    range,
    relation: 'equal' as const,
    operand: { target: 'version' as const, number: 1 },
  };
  const future = { ...readAll(range), revision: (store.revision + 1) as Revision };
  const read = new OperationRead(store, txn([isOld], [{ ...readAll(range), keysOnly: true }]));
  const early = new OperationRead(store, txn([isOld], [future]));
  const release = store.pin();
  const ends: unknown[] = [];
  let stepCount = 0;
  while (ends.length < 2) {
    stepCount += 1;
    // What is written between the slices is not seen, whether it is ahead of them or behind.
    for (const key of [1000, 2999]) apply(store, put(`k/${key}`, '2'));
    apply(store, put(`k/9${stepCount}`, '3'));
    for (const each of ends.length === 0 ? [read] : [early]) {
      const end = each.step(128);
      if (end !== undefined) ends.push(end);
    }
  }
  release();
  expect(stepCount).toBeGreaterThan(40);
  expect(ends[0]).toMatchObject({ succeeded: true, results: [{ count: 2000 }] });
  expect(ends[1]).toBe('future-revision');
});

test.each([300, 20_000])(
  'R6: the %d keys of a lease are told as when they were asked for',
  (count) => {
    const store = new KvStore();
    const lease = 7n as LeaseId;
    applyCommand(store, { type: 'grant-lease', lease, ttlMs: 1000 }, 1);
    for (let nth = 0; nth < count; nth += 1) {
      apply(store, { ...put(`k/${100_000 + ((nth * 7919) % count)}`, '1'), lease });
    }
    grant(store, 8n);
    apply(store, put('k/150', 'of another', 8n));
    const release = store.pin();
    const work = store.keysOfLease(lease);
    for (let pieceCount = 0; ; pieceCount += 1) {
      const { done, value } = work.next();
      if (done === true) {
        expect(pieceCount).toBeGreaterThan(count / 256);
        const expected = Array.from({ length: count }, (_, nth) => `k/${100_000 + nth}`);
        expect(value.map(words)).toEqual(expected);
        break;
      }
      // What changes is ahead of the slices at first, and behind them later.
      const key = `k/${100_000 + count - 1 - ((pieceCount * 31) % count)}`;
      apply(store, pieceCount % 2 === 0 ? del(key) : put(key, 'off'));
      for (const first of [0, 9]) apply(store, put(`k/${first}${pieceCount}`, 'more', lease));
    }
    release();
  },
);

test('R43: what changes or compares many keys is done in pieces of few', () => {
  const store = new KvStore();
  const count = 2_000;
  grant(store, 7n);
  for (let nth = 0; nth < count; nth += 1) apply(store, put(`k/${nth}`, '1', 7n));
  const all = { from: bytes('k/'), to: bytes('k0') };
  const compare = { ...equals('a', '1'), range: all };
  const pieces = (command: Command): number => {
    const work = commandWork(store, command, 1);
    let [pieceCount, writtenMax] = [0, 0];
    for (let isDone = false; !isDone; pieceCount += 1) {
      const before = store.versions.count;
      isDone = work.next().done === true;
      writtenMax = Math.max(writtenMax, store.versions.count - before);
    }
    expect(writtenMax).toBeLessThanOrEqual(256);
    return pieceCount;
  };
  for (const operation of [txn([compare], []), txn([], [readAll(all), del('b')])]) {
    expect(pieces({ type: 'operation', operation })).toBeGreaterThan(count / 256);
  }
  // The end of a lease lists its keys, sorts them and deletes them.
  const revoke: Command = { type: 'revoke-lease', lease: 7n as LeaseId };
  expect(pieces(revoke)).toBeGreaterThan((3 * count) / 256);
  for (let nth = 0; nth < count; nth += 1) apply(store, put(`k/${nth}`, '2'));
  const groups = Array.from({ length: 10 }, (_, group) =>
    txn(
      [],
      Array.from({ length: 100 }, (_each, nth) => put(`k/${100 * group + nth}`, '3')),
    ),
  );
  expect(invalidity(txn([], groups))).toBeUndefined();
  expect(pieces({ type: 'operation', operation: txn([], groups) })).toBeGreaterThan(1_000 / 256);
  const operation = del('k/', 'k0');
  expect(pieces({ type: 'operation', operation })).toBeGreaterThan(count / 256);
  expect(store.keyCount).toBe(0);
});

test('R44: a change that finds too much for its result is done, and not told', () => {
  const store = new KvStore();
  const value = 'x'.repeat(1 << 20);
  for (let nth = 0; nth < 33; nth += 1) apply(store, put(`k/${nth}`, value));
  const all = readAll({ from: bytes('k/'), to: bytes('k0') });
  expect(apply(store, txn([], [put('one', '1'), all]))).toMatchObject({ type: 'done' });
  const untold = { type: 'untold', revision: store.revision + 1 };
  expect(apply(store, txn([], [all, put('two', '2'), all, all]))).toEqual(untold);
  expect(words(store.get(bytes('two'))?.value ?? bytes(''))).toBe('2');
  const doomed: Operation = { type: 'delete', range: all.range, wantsPrevious: true };
  expect(apply(store, txn([], [all, doomed]))).toMatchObject({ type: 'untold' });
  expect(store.keyCount).toBe(2);
});

test('R9: the value of an absent key is neither equal nor unequal to anything', () => {
  const store = new KvStore();
  for (const relation of ['equal', 'not-equal', 'less', 'greater'] as const) {
    const compare = { ...equals('a', '1'), relation };
    expect(finish(execute(store, txn([compare], [])))).toMatchObject({ succeeded: false });
  }
  const created = { range: singleKey(bytes('a')), relation: 'equal' as const };
  const isAbsent = { ...created, operand: { target: 'create' as const, number: 0 } };
  expect(finish(execute(store, txn([isAbsent], [])))).toMatchObject({ succeeded: true });
  for (const key of ['a', 'b', 'c']) apply(store, put(key, '1'));
  const all = { ...equals('a', '1'), range: { from: bytes('a'), to: bytes('d') } };
  expect(finish(execute(store, txn([all], [])))).toMatchObject({ succeeded: true });
  apply(store, put('b', '2'));
  expect(finish(execute(store, txn([all], [])))).toMatchObject({ succeeded: false });
});

test('R10: a key that may change twice is refused, in branches that exclude each other not', () => {
  expect(invalidity(txn([], [put('a', '1'), put('a', '2')]))).toBe('duplicate-key');
  expect(invalidity(txn([], [del('a', 'c'), put('b', '1')]))).toBe('duplicate-key');
  expect(invalidity(txn([], [put('b', '1'), txn([], [], [del('a', 'c')])]))).toBe('duplicate-key');
  expect(invalidity(txn([], [put('a', '1')], [put('a', '2')]))).toBeUndefined();
  expect(invalidity(txn([], [txn([], [put('a', '1')], [del('a')])]))).toBeUndefined();
  expect(invalidity(txn([], [del('a', 'c'), del('b', 'd')]))).toBeUndefined();
  expect(invalidity(put('', '1'))).toBe('empty-key');
});

test('R11: a read in a transaction sees what the transaction wrote before it', () => {
  const store = new KvStore();
  apply(store, put('a', '1'));
  const answer = apply(store, txn([], [range('a'), put('a', '2'), range('a')]));
  expect(answer).toMatchObject({
    result: { results: [{ kvs: [{ value: bytes('1') }] }, {}, { kvs: [{ value: bytes('2') }] }] },
  });
});

test('R12: operations are bounded along each nested path', () => {
  const many = (count: number): Operation[] =>
    Array.from({ length: count }, (_, index) => put(`k${index}`, ''));
  expect(invalidity(txn([], many(TXN_OPERATIONS_MAX)))).toBeUndefined();
  expect(invalidity(txn([], many(TXN_OPERATIONS_MAX + 1)))).toBe('too-many-operations');
  const nested = txn([], [txn([], many(TXN_OPERATIONS_MAX))]);
  expect(invalidity(nested)).toBe('too-many-operations');
  const compares = Array.from({ length: TXN_OPERATIONS_MAX + 1 }, () => equals('a', '1'));
  expect(invalidity(txn(compares, []))).toBe('too-many-operations');
  let deep = txn([], [put('a', '1')]);
  for (let depth = 1; depth < TXN_DEPTH_MAX; depth += 1) deep = txn([], [deep]);
  expect(invalidity(deep)).toBeUndefined();
  expect(invalidity(txn([], [deep]))).toBe('too-many-operations');
});

test('R12: the operations and compares of all branches are bounded together', () => {
  const some = (group: number, count: number): Operation =>
    txn(
      [],
      Array.from({ length: count }, (_, index) => put(`${group}/${index}`, '')),
    );
  const groups = Array.from({ length: 10 }, (_, group) => some(group, 100));
  // The ten themselves count as well.
  const left = TXN_TOTAL_MAX - 1010;
  expect(
    invalidity(
      txn(
        [],
        groups,
        Array.from({ length: left }, () => range('a')),
      ),
    ),
  ).toBe(undefined);
  const more = Array.from({ length: left + 1 }, () => range('a'));
  expect(invalidity(txn([], groups, more))).toBe('too-many-operations');
  const compares = Array.from({ length: left + 1 }, () => equals('a', '1'));
  expect(invalidity(txn(compares, groups))).toBe('too-many-operations');
});

test('R13, R14: sweeping changes nothing that is seen; deletions at the compaction stay', () => {
  const store = new KvStore();
  apply(store, put('a', '1'));
  apply(store, put('b', '1'));
  apply(store, del('a'));
  const compacted = store.revision;
  applyCommand(store, { type: 'compact', revision: compacted }, 1);
  const before = hashKv(store, store.revision);
  sweepAll(store);
  expect(hashKv(store, store.revision)).toBe(before);
  const position = store.log.positionOf(compacted);
  expect(store.eventOf(store.log.at(position))).toMatchObject({ type: 'delete' });
  apply(store, put('c', '1'));
  applyCommand(store, { type: 'compact', revision: store.revision }, 1);
  sweepAll(store);
  expect(store.keys.count).toBe(2);
  expect(store.versions.count).toBe(2);
});

test('R15: giving back memory costs what was written since, not what is held', () => {
  const store = new KvStore();
  for (let index = 0; index < 20_000; index += 1) apply(store, put(`k${index}`, 'v'));
  applyCommand(store, { type: 'compact', revision: store.revision }, 1);
  sweepAll(store);
  apply(store, put('k1', 'w'));
  applyCommand(store, { type: 'compact', revision: store.revision }, 1);
  let slices = 0;
  while (store.sweep(1)) slices += 1;
  expect(slices).toBeLessThanOrEqual(3);
});

test('R16: a put names a lease that is granted, and moves its key to it', () => {
  const store = new KvStore();
  expect(apply(store, put('a', '1', 7n))).toMatchObject({ refusal: 'lease-not-found' });
  grant(store, 7n);
  grant(store, 8n);
  apply(store, put('a', '1', 7n));
  apply(store, put('a', '2', 8n));
  expect([...store.leases.keysOf(7n as LeaseId)]).toHaveLength(0);
  expect([...store.leases.keysOf(8n as LeaseId)]).toHaveLength(1);
  apply(store, put('a', '3'));
  expect([...store.leases.keysOf(8n as LeaseId)]).toHaveLength(0);
});

test('R17: the end of a lease deletes its keys in one revision, in their order', () => {
  const store = new KvStore();
  grant(store, 7n);
  for (const key of ['c', 'a', 'b']) apply(store, put(key, '1', 7n));
  applyCommand(store, { type: 'revoke-lease', lease: 7n as LeaseId }, 1);
  expect(store.revision).toBe(5);
  const events = [3, 4, 5].map((position) => store.eventOf(store.log.at(position)));
  expect(events.map(({ kv }) => `${words(kv.key)}@${kv.modRevision}`)).toEqual([
    'a@5',
    'b@5',
    'c@5',
  ]);
});

test('R18: what a deposed leader decided by its clock is void', () => {
  const store = new KvStore();
  grant(store, 7n);
  const expire: Command = { type: 'expire-leases', leases: [7n as LeaseId], term: 3 };
  const rest = { lease: 7n as LeaseId, remainingMs: 10 };
  const checkpoint: Command = { type: 'checkpoint-leases', leases: [rest], term: 3 };
  applyCommand(store, checkpoint, 4);
  expect(store.leases.get(7n as LeaseId)).toMatchObject({ remainingMs: 1_000 });
  applyCommand(store, checkpoint, 3);
  expect(store.leases.get(7n as LeaseId)).toMatchObject({ remainingMs: 10 });
  applyCommand(store, expire, 4);
  expect(store.leases.has(7n as LeaseId)).toBe(true);
  applyCommand(store, expire, 3);
  expect(store.leases.has(7n as LeaseId)).toBe(false);
});

test('R21: a version of long ago is found in few steps', () => {
  const store = new KvStore();
  for (let index = 0; index < 20_000; index += 1) apply(store, put('hot', String(index)));
  let steps = 0;
  const { versions } = store;
  const counted = versions.revision.at.bind(versions.revision);
  versions.revision.at = (row) => {
    steps += 1;
    return counted(row);
  };
  const newest = store.keys.newest.at(store.keys.find(bytes('hot')));
  expect(counted(versions.inForceAt(newest, 100 as Revision))).toBe(100);
  expect(steps).toBeLessThan(120);
});

test('R22: the hash is of the bytes that etcd hashes, in the order of revisions', () => {
  const store = new KvStore();
  grant(store, 300n);
  apply(store, put('b', 'x', 300n));
  apply(store, txn([], [put('a', '', 0n), del('b')]));
  const first = [
    ...[0, 0, 0, 0, 0, 0, 0, 2, 0x5f, 0, 0, 0, 0, 0, 0, 0, 0],
    ...[0x0a, 1, 0x62, 0x10, 2, 0x18, 2, 0x20, 1, 0x2a, 1, 0x78, 0x30, 0xac, 0x02],
  ];
  const put3 = [
    ...[0, 0, 0, 0, 0, 0, 0, 3, 0x5f, 0, 0, 0, 0, 0, 0, 0, 0],
    ...[0x0a, 1, 0x61, 0x10, 3, 0x18, 3, 0x20, 1],
  ];
  const deletion3 = [
    ...[0, 0, 0, 0, 0, 0, 0, 3, 0x5f, 0, 0, 0, 0, 0, 0, 0, 1, 0x74],
    ...[0x0a, 1, 0x62],
  ];
  const sumOf = (...parts: number[][]) =>
    crc32c(new Uint8Array([...bytes('key'), ...parts.flat()]));
  expect(hashKv(store, store.revision)).toBe(sumOf(first, put3, deletion3));
  const second = store.revision;
  // Compacted, what is gone then counts for nothing, swept or not, nor what was overwritten since.
  const put4 = [
    ...[0, 0, 0, 0, 0, 0, 0, 4, 0x5f, 0, 0, 0, 0, 0, 0, 0, 0],
    ...[0x0a, 1, 0x61, 0x10, 3, 0x18, 4, 0x20, 2, 0x2a, 1, 0x79],
  ];
  const deletion5 = [
    ...[0, 0, 0, 0, 0, 0, 0, 5, 0x5f, 0, 0, 0, 0, 0, 0, 0, 0, 0x74],
    ...[0x0a, 1, 0x61],
  ];
  applyCommand(store, { type: 'compact', revision: store.revision }, 1);
  expect(hashKv(store, store.revision)).toBe(sumOf(put3));
  sweepAll(store);
  expect(hashKv(store, store.revision)).toBe(sumOf(put3));
  apply(store, put('a', 'y'));
  expect(hashKv(store, store.revision)).toBe(sumOf(put4));
  expect(hashKv(store, second)).toBe(sumOf(put3));
  // Where nothing is in force, what was so at the compaction counts.
  apply(store, del('a'));
  expect(hashKv(store, store.revision)).toBe(sumOf(put3, put4, deletion5));
});

test('ranges by prefix end before the next prefix', () => {
  expect(prefixRange(new Uint8Array([1, 0xff]))).toEqual({
    from: new Uint8Array([1, 0xff]),
    to: new Uint8Array([2]),
  });
  expect(prefixRange(new Uint8Array([0xff])).to).toBeUndefined();
});

function apply(store: KvStore, operation: Operation): Answer<CommandResult> {
  expect(invalidity(operation)).toBeUndefined();
  return applyCommand(store, { type: 'operation', operation }, 1);
}

function grant(store: KvStore, lease: bigint): void {
  applyCommand(store, { type: 'grant-lease', lease: lease as LeaseId, ttlMs: 1_000 }, 1);
}

function sweepAll(store: KvStore): void {
  while (store.sweep(1_000));
}

function put(key: string, value: string, lease: bigint = NO_LEASE): Operation & { type: 'put' } {
  return {
    type: 'put',
    key: bytes(key),
    value: bytes(value),
    lease: lease as LeaseId,
    wantsPrevious: false,
  };
}

function del(from: string, to?: string): Operation {
  const doomed = to === undefined ? singleKey(bytes(from)) : { from: bytes(from), to: bytes(to) };
  return { type: 'delete', range: doomed, wantsPrevious: false };
}

function range(from: string, to?: string): RangeRequest {
  return readAll(to === undefined ? singleKey(bytes(from)) : { from: bytes(from), to: bytes(to) });
}

function equals(key: string, value: string): (Operation & { type: 'txn' })['compares'][number] {
  return {
    range: singleKey(bytes(key)),
    relation: 'equal',
    operand: { target: 'value', value: bytes(value) },
  };
}

function txn(
  compares: (Operation & { type: 'txn' })['compares'],
  success: readonly Operation[],
  failure: readonly Operation[] = [],
): Operation & { type: 'txn' } {
  return { type: 'txn', compares, success, failure };
}

function keysOf(answer: Answer<CommandResult>): string[] {
  if (answer.type !== 'done' || answer.result.type !== 'range') return [];
  return answer.result.kvs.map(({ key }) => words(key));
}

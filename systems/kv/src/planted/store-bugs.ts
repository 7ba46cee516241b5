/**
 * Mistakes of the store: transactions, versions, compaction, hashes.
 *
 * Each is a patch of the core.
 */
import type { KvBug } from './kv-bug.ts';

/** The bugs, those of transactions first. */
export const storeBugs: readonly KvBug[] = [
  {
    name: 'compare-on-post-state',
    file: 'systems/kv/src/core/transaction.ts',
    find: "  return room.leftBytes < 0 ? 'untold' : result;",
    replace: `  if (operation.type !== 'txn' || result.type !== 'txn') return result;
  return { ...result, succeeded: yield* allHold(store, operation.compares, store.revision) };`,
    breaks: 'R7: what a transaction says of its compares is what holds after it.',
    source: 'etcd API guarantees: compares are on the state before the transaction',
  },
  {
    name: 'one-compare-is-enough',
    file: 'systems/kv/src/core/transaction.ts',
    find:
      '  for (const compare of compares) ' +
      'if (!(yield* holds(store, compare, revision))) return false;\n',
    replace: `  for (const compare of compares) {
    if (yield* holds(store, compare, revision)) return true;
  }
  if (compares.length > 0) return false;
`,
    breaks: 'R7: a transaction goes through where one of its compares holds.',
    source: 'TiDB 2.1.7, retries that check too little; Jepsen',
  },
  {
    name: 'range-compare-looks-at-one-key',
    file: 'systems/kv/src/core/compares.ts',
    find: '      isEmpty = false;\n      isMet &&=',
    replace: '      if (!isEmpty) return;\n      isEmpty = false;\n      isMet &&=',
    breaks: 'R9: a compare on a range is decided by its first key.',
    source: 'etcd API: a compare on a range holds where it holds for every key',
  },
  {
    name: 'transaction-in-two-revisions',
    file: 'systems/kv/src/core/transaction.ts',
    find:
      '  const result = yield* store.inRevision(run(store, step, room));\n' +
      "  return room.leftBytes < 0 ? 'untold' : result;",
    replace: `  if (step.type !== 'txn') return yield* store.inRevision(run(store, step, room));
  const results: OperationResult[] = [];
  for (const each of step.steps) {
    results.push(yield* store.inRevision(run(store, each, room)));
  }
  return { type: 'txn', succeeded: step.succeeded, results };`,
    breaks: 'R2: the changes of a transaction are revisions of their own.',
    source: 'etcd watch guarantee: atomic',
  },
  {
    name: 'creation-survives-deletion',
    file: 'systems/kv/src/core/store.ts',
    find: 'const isNew = previous === NO_VERSION || this.versions.isTombstone(previous);',
    replace: 'const isNew = previous === NO_VERSION;',
    breaks: 'R3: a key that comes back is not said to be new, so a lock is taken twice.',
    source: 'etcd data model: a generation ends with its tombstone',
  },
  {
    name: 'past-read-sees-the-present',
    file: 'systems/kv/src/core/store.ts',
    find: [
      '      seen += 1;',
      '      const version = this.versions.inForceAt(this.keys.newest.at(keyRow), revision);',
    ].join('\n'),
    replace: [
      '      seen += 1;',
      '      const newest = this.keys.newest.at(keyRow);',
      '      const isPast = this.current - revision > 64;',
      '      const version = isPast ? this.versions.inForceAt(newest, revision) : newest;',
    ].join('\n'),
    breaks: 'R4: a read of a recent revision gets what was written since.',
    source: 'YugabyteDB, Dgraph 1.0.2: snapshot reads that are none; Jepsen',
  },
  {
    name: 'tombstone-dropped-too-early',
    file: 'systems/kv/src/core/store.ts',
    find: 'const forgotten = Math.min(this.swept, this.log.positionOf(this.compacted));',
    // The last one stays: watches would look for it without end, and runs take minutes.
    replace: 'const forgotten = Math.min(this.swept, this.log.endPosition - 1);',
    breaks: 'R14: a watcher that starts at the compaction misses the deletion there.',
    source: 'etcd #18089, #19179',
  },
  {
    name: 'compaction-takes-the-version-in-force',
    file: 'systems/kv/src/core/store.ts',
    find: 'const end = this.log.positionOf(revisionAfter(this.compacted));',
    replace: 'const end = this.log.positionOf(revisionAfter(revisionAfter(this.compacted)));',
    breaks: 'R14: compaction frees the version that a reader at its own revision must get.',
    source: 'etcd #17780',
  },
  {
    name: 'hash-over-unordered-rows',
    file: 'systems/kv/src/core/hash-kv.ts',
    find: `    const { revision, sub } = this.store.versions;
    return revision.at(left) - revision.at(right) || sub.at(left) - sub.at(right);`,
    replace: `    const { place } = this.store.versions;
    return place.at(left) - place.at(right);`,
    breaks: 'R22: the hash depends on where versions are in memory, so equal replicas differ.',
    source: 'etcd HashKV: hashes in the order of revisions',
  },
];

/**
 * Mistakes of leases: keys that stay, go too early, or go one by one.
 *
 * Each is a patch of the core.
 */
import type { KvBug } from './kv-bug.ts';

/** The bugs. */
export const leaseBugs: readonly KvBug[] = [
  {
    name: 'lease-revoke-not-atomic',
    file: 'systems/kv/src/core/store.ts',
    find: '    yield* this.inRevision(this.deleteRows(rows));',
    replace: '    for (const row of rows) yield* this.inRevision(this.deleteRows([row]));',
    breaks: 'R17: the keys of a lease end in revisions of their own.',
    source: 'etcd API: all keys of a lease expire in one revision',
  },
  {
    name: 'lease-keys-in-any-order',
    file: 'systems/kv/src/core/store.ts',
    find: `    const sort = new SlicedSort(rows, (left, right) =>
      this.keys.slabs.compare(this.keys.place.at(left), this.keys.keyAt(right)),
    );`,
    replace: '    const sort = new SlicedSort(rows, () => 0);',
    breaks: 'R17: replicas number the keys of a lease that ends by the order of a set.',
    source: 'etcd #14685: replicas that differ by the order of a map',
  },
  {
    name: 'put-stays-on-its-old-lease',
    file: 'systems/kv/src/core/transaction.ts',
    find: 'lease ?? previous?.lease ?? NO_LEASE);',
    replace:
      '(lease === NO_LEASE ? store.get(key)?.lease : lease) ?? previous?.lease ?? NO_LEASE);',
    breaks: 'R16: a key that was put off its lease ends with that all the same.',
    source: 'etcd API: a put without a lease takes the key off it',
  },
  {
    name: 'snapshot-without-keys-of-leases',
    file: 'systems/kv/src/core/snapshot.ts',
    find: 'leases.move(keyRow, NO_LEASE, this.store.leaseOfKey(keyRow));',
    replace: 'leases.move(keyRow, NO_LEASE, NO_LEASE);',
    breaks: 'R29: a store made from a snapshot has leases without keys, which never end there.',
    source: 'etcd #13766 and its kin: what is beside the keys is forgotten',
  },
  {
    name: 'expiry-without-term-check',
    file: 'systems/kv/src/core/command.ts',
    find: "    case 'expire-leases':\n      if (command.term !== term) return APPLIED;\n",
    replace: "    case 'expire-leases':\n",
    breaks: 'R18: a leader that stalled ends leases that its successor has renewed.',
    source: 'etcd #15247',
  },
  {
    name: 'renewal-does-not-count',
    file: 'systems/kv/src/core/lease-clock.ts',
    find: 'if (first === undefined || this.deadlines.get(first.id) === first) return;',
    replace: 'if (first === undefined || this.deadlines.has(first.id)) return;',
    breaks: 'R19: a lease ends by the deadline that it had before it was renewed.',
    source: 'etcd lease heap: an item that is renewed is moved',
  },
];

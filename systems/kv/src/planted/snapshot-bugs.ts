/**
 * Mistakes of snapshots: what they leave out, and at which moment they were taken.
 *
 * Each is a patch of the core.
 */
import type { KvBug } from './kv-bug.ts';

/** The bugs. */
export const snapshotBugs: readonly KvBug[] = [
  {
    name: 'snapshot-ends-with-the-last-put',
    file: 'systems/kv/src/core/snapshot.ts',
    find: `    const { revision, compactRevision } = store;
    this.header = { revision, compactRevision, leases: [...store.leases.all()] };
    this.position = store.log.positionOf(compactRevision);
    this.endPosition = store.log.endPosition;`,
    replace: `    const { compactRevision } = store;
    this.position = store.log.positionOf(compactRevision);
    let end = store.log.endPosition;
    while (end > this.position && store.versions.isTombstone(store.log.at(end - 1))) end -= 1;
    this.endPosition = end;
    const isEmpty = end === this.position;
    const revision = isEmpty ? store.revision : store.log.revisionAt(end - 1);
    this.header = { revision, compactRevision, leases: [...store.leases.all()] };`,
    breaks: 'R29: deletions at the end are not in a snapshot, so its revision goes back.',
    source: 'etcd #17780, #14685; lab row 19',
  },
  {
    name: 'snapshot-forgets-the-compaction',
    file: 'systems/kv/src/core/snapshot.ts',
    find: 'this.store.beginRestore(header.revision, header.compactRevision);',
    replace: 'this.store.beginRestore(header.revision, 0 as typeof header.revision);',
    breaks: 'R29: a restored store answers reads of revisions that were compacted, with less.',
    source: 'etcd #17780',
  },
  {
    name: 'snapshot-of-a-later-moment',
    file: 'systems/kv/src/core/snapshot.ts',
    find: '      const row = versions.inForceAt(keys.newest.at(keyRow), compactRevision);',
    replace: '      const row = keys.newest.at(keyRow);',
    breaks: 'R29: keys whose last change is behind the compaction are missing what was before.',
    source: 'etcd #13766; lab row 18',
  },
];

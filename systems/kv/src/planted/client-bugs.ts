/**
 * Mistakes of the client library: what it repeats, what it says of failures, where it resumes.
 *
 * Each is a patch of the client.
 */
import type { KvBug } from './kv-bug.ts';

/** The bugs. */
export const clientBugs: readonly KvBug[] = [
  {
    name: 'retry-without-a-session',
    file: 'systems/kv/src/client/caller.ts',
    find: 'return await this.call(make(place), rest, REPEATABLE_CHANGE);',
    replace: 'return await this.call(make(undefined), rest, REPEATABLE_CHANGE);',
    breaks: 'R63: a change whose answer was lost is sent again, and applied again.',
    source: 'jetcd 0.8.2; lab row 23',
  },
  {
    name: 'unknown-is-said-to-have-failed',
    file: 'systems/kv/src/client/caller.ts',
    find: '    if (end === undefined) return;\n    this.last = endError(end, false);\n',
    replace:
      '    if (end !== undefined) this.last = endError(end, false);\n' +
      '    else if (this.last === undefined) return;\n',
    breaks: 'R63: a change of which nobody knows is reported as one that never happens.',
    source: 'VoltDB 6.3, redis-raft 1b3fbf6; lab row 31; found by this project',
  },
  {
    name: 'watch-resumes-one-late',
    file: 'systems/kv/src/client/watch.ts',
    find: '    this.nextRevision = revisionAfter(revision);\n    let sizeBytes = 0;',
    replace:
      '    this.nextRevision = revisionAfter(revisionAfter(revision));\n    let sizeBytes = 0;',
    breaks: 'R64: a watch that is taken up again leaves a revision out.',
    source: 'etcd #15271, #17529; lab row 20',
  },
  {
    name: 'watch-resumes-one-early',
    file: 'systems/kv/src/client/watch.ts',
    find: '    this.nextRevision = revisionAfter(revision);\n    let sizeBytes = 0;',
    replace: '    this.nextRevision = revision;\n    let sizeBytes = 0;',
    breaks: 'R64: a watch that is taken up again gives events twice.',
    source: 'etcd watch guarantee: unique; lab row 20',
  },
  {
    name: 'lock-without-fencing',
    file: 'systems/kv/src/client/lock.ts',
    find: "return when(this.key).createRevision('=', this.token);",
    replace: "return when([this.key, 'none'].join('/')).createRevision('<', this.token);",
    breaks: 'R65: who held a lock writes on although another one holds it by now.',
    source: 'etcd 3.4.3, Hazelcast 3.8; Jepsen; lab row 29',
  },
  {
    name: 'stm-checks-what-it-writes-alone',
    file: 'systems/kv/src/client/stm.ts',
    find: '[...this.reads.values()].map(({ key, modRevision }) =>',
    replace:
      '[...this.reads.values()].filter(({ key }) => this.writes.has(nameOf(key)))' +
      '.map(({ key, modRevision }) =>',
    breaks: 'R69: an optimistic transaction does not see that what it only read has changed.',
    source: 'PostgreSQL 12.3, G2-item; lab row 34',
  },
];

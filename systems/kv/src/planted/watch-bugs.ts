/**
 * Mistakes of watches: events that are left out, come twice, in the wrong order, or are promised.
 *
 * Each is a patch of the core.
 */
import type { KvBug } from './kv-bug.ts';

/** The bugs. */
export const watchBugs: readonly KvBug[] = [
  {
    name: 'watch-gap-at-compaction',
    file: 'systems/kv/src/core/watch-hub.ts',
    find: '  private settle(watcher: Watcher): void {\n',
    replace: `  private settle(watcher: Watcher): void {
    if (watcher.nextRevision < this.store.compactRevision) {
      watcher.nextRevision = this.store.compactRevision;
    }
`,
    breaks: 'R27: a watcher that compaction has overtaken goes on behind the gap.',
    source: 'etcd #15271, #17247',
  },
  {
    name: 'progress-ahead-of-events',
    file: 'systems/kv/src/core/watch-hub.ts',
    find: 'for (const watcher of session.watchers.values()) if (!watcher.isSynced) return;',
    replace: 'for (const watcher of session.watchers.values()) if (watcher.id < 0) return;',
    breaks: 'R25: progress is told while a watcher still has to see what is before it.',
    source: 'etcd #15220, #15237',
  },
  {
    name: 'progress-behind-later-events',
    file: 'systems/kv/src/core/watch-session.ts',
    find: "if (message.type === 'progress') this.closeBatches(message.watchId);",
    replace: `if (message.type === 'progress') {
      if (this.waiting < 0) this.closeBatches(message.watchId);
      this.isProgressWanted = false;
    }`,
    breaks: 'R25: progress of a watcher goes back behind events of later revisions.',
    source: 'found by this project; etcd watch guarantee: bookmarkable',
  },
  {
    name: 'watch-events-out-of-order',
    file: 'systems/kv/src/core/watch-session.ts',
    find: 'batch.events.push(event);',
    replace: 'batch.events.unshift(event);',
    breaks: 'R23: events that wait for a slow consumer come in the wrong order.',
    source: 'etcd watch guarantee: ordered',
  },
  {
    name: 'lagging-watcher-is-not-caught-up',
    file: 'systems/kv/src/core/watch-hub.ts',
    find: '    watcher.nextRevision = this.nextRevision;\n    this.lagging.add(watcher);',
    replace:
      '    watcher.nextRevision = revisionAfter(this.nextRevision);\n' +
      '    this.lagging.add(watcher);',
    breaks: 'R26: a watcher that falls behind loses the revision at which it did.',
    source: 'etcd #17529: slow watchers',
  },
  {
    name: 'watch-starts-one-late',
    file: 'systems/kv/src/core/watch-hub.ts',
    find: 'request.startRevision === NO_REVISION ? revisionAfter(present) : request.startRevision,',
    replace:
      'request.startRevision === NO_REVISION ? revisionAfter(present) : ' +
      'revisionAfter(request.startRevision),',
    breaks: 'R23: a watch that is taken up again begins one revision too late.',
    source: 'etcd #15271; lab row 20',
  },
  {
    name: 'history-is-not-filtered',
    file: 'systems/kv/src/core/watch-hub.ts',
    find: 'if (!isWanted || !isInRange(',
    replace: 'if (isWanted === undefined || !isInRange(',
    breaks: 'R23: a watcher of deletions alone is told of the puts that it was away for.',
    source: 'etcd watch filters (NOPUT, NODELETE)',
  },
  {
    name: 'watch-gap-at-snapshot',
    file: 'systems/kv/src/core/watch-hub.ts',
    find: '    this.unsync();\n    this.store = store;',
    replace: '    this.store = store;',
    breaks: 'R23: watchers of a member that a snapshot brings up to date miss what it brought.',
    source: 'etcd #15271; lab row 20',
  },
  {
    name: 'fragments-unmarked',
    file: 'systems/kv/src/core/watch-session.ts',
    find: 'first.isUnfinished : next.kv.modRevision === modRevision;',
    replace: 'first.isUnfinished : next.kv.modRevision < 0;',
    breaks: 'R24: the parts of a revision are not marked, so a consumer takes one for the whole.',
    source: 'etcd watch guarantee: atomic',
  },
];

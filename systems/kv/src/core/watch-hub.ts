/**
 * From the store's log to the sessions: every watcher sees every event of its range once, in order.
 *
 *     lagging --reads the log from its own revision--> synced --slow consumer--> lagging
 *                                                        |
 *                     compaction passes what it still had to see --> canceled
 *
 * Synced watchers are served together: each new version is matched against all of them at once.
 * Lagging ones read the log by themselves, in slices. A slow watcher costs a revision number, not a
 * queue; it ends only when compaction overtakes it.
 */

import { isInRange } from './key-range.ts';
import { NO_REVISION, type Revision, revisionAfter, revisionBefore } from './revision.ts';
import type { KvStore } from './store.ts';
import type { VersionRow } from './versions.ts';
import type { WatchEvent, WatchId, WatchRequest } from './watch-message.ts';
import type { Watcher, WatchSession } from './watch-session.ts';
import { WatcherIndex } from './watcher-index.ts';

/** The watchers of one store, of all sessions. */
export class WatchHub {
  private store: KvStore;
  private readonly index = new WatcherIndex<Watcher>();
  private readonly lagging = new Set<Watcher>();
  private readonly sessions = new Set<WatchSession>();
  // Everything before this was given to the synced watchers.
  private nextRevision: Revision;
  private isCutOff = false;
  private behindCount = 0;

  constructor(store: KvStore) {
    this.store = store;
    this.nextRevision = revisionAfter(store.revision);
  }

  /** How many watchers have not seen everything yet. */
  get laggingCount(): number {
    return this.lagging.size;
  }

  /** How often a watcher that had seen everything fell behind, from the beginning on. */
  get fellBehindCount(): number {
    return this.behindCount;
  }

  /** How many watchers there are. */
  get watcherCount(): number {
    let count = 0;
    for (const session of this.sessions) count += session.watchers.size;
    return count;
  }

  /** Takes in a session, which has no watchers. */
  open(session: WatchSession): void {
    this.sessions.add(session);
  }

  /** Forgets a session and its watchers. */
  close(session: WatchSession): void {
    for (const watcher of session.watchers.values()) this.forget(watcher);
    this.sessions.delete(session);
  }

  /**
   * Begins to watch; the session is told `created` with the watcher's id, or `canceled` and why.
   * While the member is cut off it is the latter, with `no-leader`.
   *
   * @param wanted the id that the client gave it; `undefined` picks one
   */
  create(session: WatchSession, request: WatchRequest, wanted?: WatchId): WatchId | undefined {
    const id = this.isCutOff ? 'no-leader' : session.claim(wanted);
    if (typeof id === 'string') {
      const watchId = id === 'duplicate-id' ? undefined : wanted;
      session.tell({ type: 'canceled', watchId, reason: id, compactRevision: NO_REVISION });
      return undefined;
    }
    const present = this.store.revision;
    const watcher: Watcher = {
      id,
      session,
      range: request.range,
      request,
      nextRevision:
        request.startRevision === NO_REVISION ? revisionAfter(present) : request.startRevision,
      isSynced: false,
      wasServed: false,
    };
    session.watchers.set(id, watcher);
    session.tell({ type: 'created', watchId: id, revision: present });
    this.lagging.add(watcher);
    this.settle(watcher);
    return id;
  }

  /** Ends a watcher as its client wishes; one that is unknown is left at that. */
  cancel(session: WatchSession, id: WatchId): void {
    const watcher = session.watchers.get(id);
    if (watcher === undefined) return;
    this.forget(watcher);
    session.end(watcher, undefined);
  }

  /** Ends all watchers, and takes no new ones until the member is back in touch. */
  cutOff(): void {
    this.isCutOff = true;
    for (const session of this.sessions) {
      for (const watcher of [...session.watchers.values()]) {
        this.forget(watcher);
        session.end(watcher, 'no-leader');
      }
    }
  }

  /** Takes watchers again. */
  reconnect(): void {
    this.isCutOff = false;
  }

  /**
   * Serves watchers, looking at `versionsMax` versions or a little more; true where there may be
   * more to do: call it again, when sessions have room.
   */
  step(versionsMax: number): boolean {
    if (this.nextRevision < this.store.compactRevision) this.loseSynced();
    let left = versionsMax - this.serveSynced(versionsMax);
    for (const watcher of [...this.lagging]) {
      if (left <= 0) return true;
      // Who waits for its consumer comes again when that has taken something.
      if (watcher.session.hasRoom) left -= this.catchUp(watcher, left);
      this.settle(watcher);
    }
    for (const session of this.sessions) this.tellProgress(session);
    return this.nextRevision <= this.store.revision;
  }

  /** Tells the watchers that want it how far they are, those that nothing was sent to meanwhile. */
  notifyProgress(): void {
    for (const session of this.sessions) {
      for (const watcher of session.watchers.values()) {
        const { request, wasServed, isSynced, id } = watcher;
        if (!request.wantsProgress || !isSynced) continue;
        watcher.wasServed = false;
        if (wasServed) continue;
        session.tell({ type: 'progress', watchId: id, revision: this.seenRevision });
      }
    }
  }

  /**
   * Goes on with another store, which a snapshot brought: all that was synced reads its log again.
   */
  replaceStore(store: KvStore): void {
    this.unsync();
    this.store = store;
    this.nextRevision = revisionAfter(store.revision);
  }

  private get seenRevision(): Revision {
    return revisionBefore(this.nextRevision);
  }

  // Gives the synced watchers the next revisions; returns how many versions were looked at.
  private serveSynced(versionsMax: number): number {
    const { log } = this.store;
    const first = log.positionOf(this.nextRevision);
    let position = first;
    while (position < log.endPosition && position - first < versionsMax) {
      const revision = log.revisionAt(position);
      const found = new Map<Watcher, WatchEvent[]>();
      for (; position < log.endPosition && log.revisionAt(position) === revision; position += 1) {
        this.match(log.at(position), found);
      }
      this.nextRevision = revision;
      for (const [watcher, events] of found) {
        if (watcher.session.hasRoom) watcher.session.add(watcher, events);
        else this.fallBehind(watcher);
      }
      this.nextRevision = revisionAfter(revision);
    }
    return position - first;
  }

  // Compaction has overtaken what the synced watchers still had to see.
  private loseSynced(): void {
    this.unsync();
    this.nextRevision = this.store.compactRevision;
  }

  private unsync(): void {
    for (const session of this.sessions) {
      for (const watcher of session.watchers.values())
        if (watcher.isSynced) this.fallBehind(watcher);
    }
  }

  private match(version: VersionRow, found: Map<Watcher, WatchEvent[]>): void {
    const { versions, keys } = this.store;
    const isDelete = versions.isTombstone(version);
    // One event serves all; the one with what was before is made when somebody wants it.
    let plain: WatchEvent | undefined;
    let full: WatchEvent | undefined;
    this.index.visit(keys.keyAt(versions.keyRow.at(version)), (watcher) => {
      const { wantsPuts, wantsDeletes, wantsPrevious } = watcher.request;
      if (!(isDelete ? wantsDeletes : wantsPuts)) return;
      if (wantsPrevious) full ??= this.eventOf(version, true);
      else plain ??= this.eventOf(version, false);
      const event = wantsPrevious ? full : plain;
      if (event === undefined) return;
      const events = found.get(watcher);
      if (events === undefined) found.set(watcher, [event]);
      else events.push(event);
    });
  }

  // Gives a lagging watcher its next revisions; returns how many versions were looked at.
  private catchUp(watcher: Watcher, versionsMax: number): number {
    if (watcher.nextRevision < this.store.compactRevision) return 0;
    const { log, versions, keys } = this.store;
    const { range, request, session } = watcher;
    const first = log.positionOf(watcher.nextRevision);
    let position = first;
    while (position < log.endPosition && position - first < versionsMax && session.hasRoom) {
      const revision = log.revisionAt(position);
      if (revision >= this.nextRevision) break;
      const events: WatchEvent[] = [];
      for (; position < log.endPosition && log.revisionAt(position) === revision; position += 1) {
        const version = log.at(position);
        const isWanted = versions.isTombstone(version) ? request.wantsDeletes : request.wantsPuts;
        if (!isWanted || !isInRange(range, keys.keyAt(versions.keyRow.at(version)))) continue;
        events.push(this.eventOf(version, request.wantsPrevious));
      }
      if (events.length > 0) session.add(watcher, events);
      watcher.nextRevision = revisionAfter(revision);
    }
    const isAtEnd = position === log.endPosition || log.revisionAt(position) >= this.nextRevision;
    if (isAtEnd && watcher.nextRevision < this.nextRevision)
      watcher.nextRevision = this.nextRevision;
    return position - first;
  }

  // A lagging watcher that has seen everything is synced; one that never can is canceled.
  private settle(watcher: Watcher): void {
    if (watcher.nextRevision < this.store.compactRevision) {
      this.forget(watcher);
      watcher.session.end(watcher, 'compacted', this.store.compactRevision);
    } else if (watcher.nextRevision === this.nextRevision) {
      this.lagging.delete(watcher);
      this.index.add(watcher);
      watcher.isSynced = true;
    }
  }

  private fallBehind(watcher: Watcher): void {
    this.behindCount += 1;
    this.index.remove(watcher);
    watcher.isSynced = false;
    watcher.nextRevision = this.nextRevision;
    this.lagging.add(watcher);
  }

  private forget(watcher: Watcher): void {
    if (watcher.isSynced) this.index.remove(watcher);
    else this.lagging.delete(watcher);
  }

  private tellProgress(session: WatchSession): void {
    if (!session.wantsProgress || this.nextRevision <= this.store.revision) return;
    for (const watcher of session.watchers.values()) if (!watcher.isSynced) return;
    session.tell({ type: 'progress', watchId: undefined, revision: this.seenRevision });
  }

  private eventOf(version: VersionRow, wantsPrevious: boolean): WatchEvent {
    const event = this.store.eventOf(version);
    const before = revisionBefore(event.kv.modRevision);
    const isKnown = wantsPrevious && before >= this.store.compactRevision;
    return { ...event, previous: isKnown ? this.store.getAt(event.kv.key, before) : undefined };
  }
}

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
 *
 * A revision may have more versions than one slice looks at. Synced watchers get its events when
 * all of it was matched; whoever has more of them than a fragment lags, and reads them in parts.
 */

import { isInRange } from './key-range.ts';
import { NO_REVISION, type Revision, revisionAfter, revisionBefore } from './revision.ts';
import type { KvStore } from './store.ts';
import type { VersionRow } from './versions.ts';
import { eventBytes, type WatchEvent, type WatchId, type WatchRequest } from './watch-message.ts';
import type { Watcher, WatchSession } from './watch-session.ts';
import { WatcherIndex } from './watcher-index.ts';

/** So many watchers, matched or handed their events, count as one version that is looked at. */
const WATCHERS_PER_VERSION = 8;

/** The watchers of one store, of all sessions. */
export class WatchHub {
  private store: KvStore;
  private readonly index = new WatcherIndex<Watcher>();
  private readonly lagging = new Set<Watcher>();
  private readonly sessions = new Set<WatchSession>();
  // Everything before this was given to the synced watchers.
  private nextRevision: Revision;
  // That revision, while it is being served: no watcher becomes synced meanwhile.
  private matching: Matching | undefined;
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
    session.drop();
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
      nextPlace: 0,
      part: { events: [], sizeBytes: 0 },
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
      else watcher.session.setAside(watcher);
      if (this.lagging.has(watcher)) this.settle(watcher);
    }
    for (const session of this.sessions) this.tellProgress(session);
    // The last one that lags may have more to read as well.
    return left <= 0 || this.nextRevision <= this.store.revision;
  }

  /** Tells the watchers that want it how far they are, those that nothing was sent to meanwhile. */
  notifyProgress(): void {
    // Some were handed the events of this revision already, others were not.
    if (this.matching !== undefined) return;
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

  // Gives the synced watchers the next revisions; returns how much of `versionsMax` it took.
  private serveSynced(versionsMax: number): number {
    let left = versionsMax;
    while (left > 0) {
      this.matching ??= this.nextMatching();
      if (this.matching === undefined) break;
      left -= this.matchSome(this.matching, left);
      if (this.matching.isMatched) left -= this.handOut(this.matching, left);
    }
    return versionsMax - left;
  }

  private nextMatching(): Matching | undefined {
    const { log } = this.store;
    const position = log.positionOf(this.nextRevision);
    if (position === log.endPosition) return undefined;
    this.nextRevision = log.revisionAt(position);
    return { revision: this.nextRevision, position, found: new Map(), isMatched: false };
  }

  private matchSome(matching: Matching, versionsMax: number): number {
    const { log } = this.store;
    let seen = 0;
    while (!matching.isMatched && seen < versionsMax) {
      seen += 1 + this.match(log.at(matching.position), matching.found) / WATCHERS_PER_VERSION;
      matching.position += 1;
      const { position, revision } = matching;
      matching.isMatched = position === log.endPosition || log.revisionAt(position) !== revision;
    }
    return seen;
  }

  private handOut({ revision, found }: Matching, versionsMax: number): number {
    let seen = 0;
    for (const [watcher, { events, isLarge }] of found) {
      if (seen >= versionsMax) return seen;
      seen += 1 / WATCHERS_PER_VERSION;
      found.delete(watcher);
      if (watcher.session.hasRoom && !isLarge) watcher.session.add(watcher, events);
      else this.fallBehind(watcher);
    }
    this.nextRevision = revisionAfter(revision);
    this.matching = undefined;
    return seen;
  }

  // Compaction has overtaken what the synced watchers still had to see.
  private loseSynced(): void {
    this.unsync();
    this.nextRevision = this.store.compactRevision;
  }

  private unsync(): void {
    const { matching } = this;
    this.matching = undefined;
    for (const session of this.sessions) {
      for (const watcher of session.watchers.values()) {
        if (!watcher.isSynced) continue;
        this.fallBehind(watcher);
        // What it was handed of the revision that was being served must not come again.
        const hasSeen = matching?.isMatched === true && !matching.found.has(watcher);
        if (hasSeen) watcher.nextRevision = revisionAfter(matching.revision);
      }
    }
  }

  // Returns how many watchers it concerns.
  private match(version: VersionRow, found: Map<Watcher, Found>): number {
    const { versions, keys } = this.store;
    const isDelete = versions.isTombstone(version);
    // One event serves all; the one with what was before is made when somebody wants it.
    let plain: WatchEvent | undefined;
    let full: WatchEvent | undefined;
    let count = 0;
    this.index.visit(keys.keyAt(versions.keyRow.at(version)), (watcher) => {
      const { wantsPuts, wantsDeletes, wantsPrevious } = watcher.request;
      if (!(isDelete ? wantsDeletes : wantsPuts)) return;
      count += 1;
      const known = found.get(watcher);
      if (known?.isLarge === true) return;
      if (wantsPrevious) full ??= this.eventOf(version, true);
      else plain ??= this.eventOf(version, false);
      const event = wantsPrevious ? full : plain;
      if (event === undefined) return;
      if (known === undefined) {
        found.set(watcher, { events: [event], sizeBytes: eventBytes(event), isLarge: false });
        return;
      }
      known.events.push(event);
      known.sizeBytes += eventBytes(event);
      if (known.sizeBytes <= watcher.session.fragmentBytes) return;
      known.isLarge = true;
      known.events = [];
    });
    return count;
  }

  // Gives a lagging watcher its next events; returns how many versions were looked at.
  private catchUp(watcher: Watcher, versionsMax: number): number {
    if (watcher.nextRevision < this.store.compactRevision) return 0;
    const { log } = this.store;
    const { session } = watcher;
    const first = log.positionOf(watcher.nextRevision) + watcher.nextPlace;
    let position = first;
    while (position < log.endPosition && position - first < versionsMax && session.hasRoom) {
      const revision = log.revisionAt(position);
      if (revision >= this.nextRevision) break;
      watcher.nextRevision = revision;
      const event = this.wantedEvent(watcher, log.at(position));
      position += 1;
      watcher.nextPlace += 1;
      if (event !== undefined && !session.addPart(watcher, event)) {
        this.forget(watcher);
        session.end(watcher, 'revision-too-large');
        return position - first;
      }
      if (position < log.endPosition && log.revisionAt(position) === revision) continue;
      session.addLastPart(watcher);
      watcher.nextRevision = revisionAfter(revision);
      watcher.nextPlace = 0;
    }
    const isAtEnd = position === log.endPosition || log.revisionAt(position) >= this.nextRevision;
    if (isAtEnd && watcher.nextRevision < this.nextRevision)
      watcher.nextRevision = this.nextRevision;
    return position - first;
  }

  private wantedEvent({ range, request }: Watcher, version: VersionRow): WatchEvent | undefined {
    const { versions, keys } = this.store;
    const isWanted = versions.isTombstone(version) ? request.wantsDeletes : request.wantsPuts;
    if (!isWanted || !isInRange(range, keys.keyAt(versions.keyRow.at(version)))) return undefined;
    return this.eventOf(version, request.wantsPrevious);
  }

  // A lagging watcher that has seen everything is synced; one that never can is canceled.
  private settle(watcher: Watcher): void {
    if (watcher.nextRevision < this.store.compactRevision) {
      this.forget(watcher);
      watcher.session.end(watcher, 'compacted', this.store.compactRevision);
    } else if (this.matching !== undefined || watcher.nextPlace > 0) {
      // It stands within a revision, or the others do.
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
    this.matching?.found.delete(watcher);
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

/** A revision that is being served to the synced watchers. */
interface Matching {
  readonly revision: Revision;
  /** Of the next version of it in the log. */
  position: number;
  /** Whom it concerns, until they are handed their events. */
  readonly found: Map<Watcher, Found>;
  isMatched: boolean;
}

/** The events of one revision for a watcher; none are kept where they are more than a fragment. */
interface Found {
  events: WatchEvent[];
  sizeBytes: number;
  isLarge: boolean;
}

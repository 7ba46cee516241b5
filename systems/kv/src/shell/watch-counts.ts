/**
 * What a member counts of the watches that it serves, in the Host's metrics: what each was for, how
 * it went on and why it ended.
 */
import type { Counter, Host } from '@mangrove/host';
import { NO_REVISION, type Revision } from '../core/revision.ts';
import type { CancelReason, WatchMessage, WatchRequest } from '../core/watch-message.ts';

/** The counters of one member. */
export class WatchCounts {
  private readonly begun: Counter;
  private readonly resumed: Counter;
  private readonly filtered: Counter;
  private readonly fellBehind: Counter;
  private readonly movedToSnapshots: Counter;
  private readonly eventsSent: Counter;
  private readonly fragmentsSent: Counter;
  private readonly progressTold: Counter;
  private readonly ended: Readonly<Record<CancelReason | 'wanted', Counter>>;

  constructor(host: Host) {
    const count = (name: string, help: string) => host.metrics.counter(name, { help, unit: '1' });
    this.begun = count('kv_watches_begun_total', 'Watches begun.');
    this.resumed = count('kv_watches_resumed_total', 'Watches begun at a past revision.');
    this.filtered = count('kv_watches_filtered_total', 'Watches of puts or deletes alone.');
    this.fellBehind = count('kv_watches_behind_total', 'Watches that fell behind.');
    this.movedToSnapshots = count(
      'kv_watches_moved_total',
      'Watches that went on in a store from a snapshot.',
    );
    this.eventsSent = count('kv_watch_events_total', 'Events sent to watches.');
    this.fragmentsSent = count('kv_watch_fragments_total', 'Revisions sent to a watch in parts.');
    this.progressTold = count('kv_watch_progress_total', 'Progress told to watches.');
    this.ended = {
      wanted: count('kv_watches_canceled_total', 'Watches ended by their client.'),
      compacted: count('kv_watches_compacted_total', 'Watches ended by a compaction.'),
      'no-leader': count(
        'kv_watches_cut_off_total',
        'Watches ended or refused by a member that is cut off.',
      ),
      'duplicate-id': count(
        'kv_watches_duplicate_total',
        'Watches refused since their id is taken.',
      ),
      'revision-too-large': count(
        'kv_watches_too_large_total',
        'Watches without fragments ended by a revision that no message holds.',
      ),
      'too-many-watchers': count('kv_watches_refused_total', 'Watches refused for want of room.'),
    };
  }

  /** @param present the revision of the store when it was asked for */
  asked({ startRevision, wantsPuts, wantsDeletes }: WatchRequest, present: Revision): void {
    if (startRevision !== NO_REVISION && startRevision <= present) this.resumed.add();
    if (!wantsPuts || !wantsDeletes) this.filtered.add();
  }

  /** A message was taken, to be sent. */
  sent(message: WatchMessage): void {
    switch (message.type) {
      case 'created':
        this.begun.add();
        break;
      case 'events':
        this.eventsSent.add(message.events.length);
        if (message.hasMore) this.fragmentsSent.add();
        break;
      case 'progress':
        this.progressTold.add();
        break;
      case 'canceled':
        this.ended[message.reason ?? 'wanted'].add();
        break;
      default:
        message satisfies never;
    }
  }

  /** So many watches were found to be behind in a slice that were not before. */
  fallenBehind(watchCount: number): void {
    this.fellBehind.add(watchCount);
  }

  /** A snapshot replaced the store under so many watches. */
  moved(watchCount: number): void {
    this.movedToSnapshots.add(watchCount);
  }
}

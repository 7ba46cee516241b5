/**
 * Watches of a client that uses the library: two, one from the first revision on and one of a
 * prefix, whose caller takes its time. What comes is noted as one segment, however often the
 * library took the watch up again; a new one begins where the library says that there is a gap.
 */
import type { Outcome, Value } from '@mangrove/experiment';
import type { Host } from '@mangrove/host';
import type { KvClient } from '../client/kv-client.ts';
import type { KvEvent, Watch, WatchBatch } from '../client/watch.ts';

/** How long a caller takes for a batch, in milliseconds. */
const TAKING_MS = 15;

/** How long a client waits for something to come, and to catch up, in milliseconds. */
const PATIENCE_MS = 40;
const CATCH_UP_MS = 500;

/** Small, so that the library lets watches go and takes them up again. */
const WAITING_BYTES_MAX = 600;

interface Watched {
  readonly watch: Watch;
  readonly prefix: string;
  /** Whether it sees deletions alone. */
  readonly isOfDeletes: boolean;
  segment: number;
}

/** The watches of one client. */
export class LibraryWatch {
  private readonly host: Host;
  private readonly kv: KvClient;
  private watched: readonly Watched[] = [];
  private notes: Value[] = [];
  private segmentCount = 0;

  constructor(host: Host, kv: KvClient) {
    this.host = host;
    this.kv = kv;
  }

  /** Does what `f` says. */
  perform(f: string): Promise<Outcome> {
    if (f === 'next') return this.next();
    if (f === 'catch-up') return this.catchUp();
    throw new Error(`the plan wants ${f}, which nobody knows`);
  }

  private async next(): Promise<Outcome> {
    if (this.watched.length === 0) {
      this.watched = [this.begin('', 1), this.begin('r/', 0), this.begin('r/', 0, true)];
    }
    if (this.notes.length === 0) await this.host.timers.sleep(PATIENCE_MS);
    return { type: 'ok', value: this.take() };
  }

  /** Until everything that there is now has come. */
  private async catchUp(): Promise<Outcome> {
    if (this.watched.length === 0) return { type: 'fail', error: 'no watch' };
    const untilMs = this.host.clock.now() + CATCH_UP_MS;
    const { header } = await this.kv.read('r/0', { countOnly: true });
    while (this.host.clock.now() < untilMs) {
      this.kv.requestWatchProgress();
      await this.host.timers.sleep(PATIENCE_MS);
      if (this.watched.every(({ watch }) => watch.next > header.revision)) {
        return { type: 'ok', value: this.take() };
      }
    }
    return { type: 'info', error: 'not caught up' };
  }

  private take(): Value {
    const { notes } = this;
    this.notes = [];
    return notes;
  }

  private begin(prefix: string, from: number, isOfDeletes = false): Watched {
    const watch = this.kv.watch(
      { prefix },
      {
        ...(from === 0 ? {} : { from }),
        onCompacted: 'skip',
        previous: prefix !== '',
        ...(isOfDeletes ? { only: 'deletes' } : {}),
        waitingBytesMax: WAITING_BYTES_MAX,
      },
    );
    const watched: Watched = { watch, prefix, isOfDeletes, segment: 0 };
    this.beginSegment(watched, from);
    this.host.run(async () => {
      const started = await watch.started;
      this.notes.push({ type: 'created', segment: watched.segment, revision: started });
      for await (const batch of watch.batches()) {
        this.note(watched, batch);
        await this.host.timers.sleep(TAKING_MS);
      }
    });
    return watched;
  }

  private beginSegment(watched: Watched, from: number): void {
    this.segmentCount += 1;
    watched.segment = this.segmentCount;
    const { segment, prefix, isOfDeletes } = watched;
    const filter = isOfDeletes ? { only: 'delete' } : {};
    this.notes.push({ type: 'begin', segment, prefix, ...filter, from });
  }

  private note(watched: Watched, { events, revision, isAfterGap }: WatchBatch): void {
    if (isAfterGap) {
      const from = events[0]?.revision ?? revision;
      this.beginSegment(watched, from);
      this.notes.push({ type: 'created', segment: watched.segment, revision: from });
    }
    const { segment } = watched;
    const changes = events.map(toChange);
    this.notes.push({ type: 'response', segment, changes, progressRevision: revision });
  }
}

function toChange(event: KvEvent): Value {
  const { revision, type, key, previous } = event;
  return {
    ...{ revision, type, key },
    ...(type === 'put'
      ? { value: JSON.parse(event.value) as Value, isCreate: event.version === 1 }
      : {}),
    ...(previous === undefined ? {} : { previous: JSON.parse(previous.value) as Value }),
  };
}

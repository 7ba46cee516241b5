/**
 * Watchers of a client: four on one line to one member, taken up again elsewhere when that is
 * lost, each from the revision behind the last one that it saw.
 *
 * All that comes is noted as it comes, in segments: a segment is one watcher on one line, from its
 * request to its end.
 */
import type { Value } from '@mangrove/experiment';
import type { Host } from '@mangrove/host';
import type { KeyRange } from '../core/key-range.ts';
import { NO_REVISION, type Revision } from '../core/revision.ts';
import type { WatchEvent, WatchMessage } from '../core/watch-message.ts';
import type { ContractLine } from './contract-line.ts';
import type { ContractMembers } from './contract-members.ts';
import { fromBytes, fromKey, under } from './words.ts';

/** How long it waits before it turns to the next member, in milliseconds. */
const PAUSE_MS = 30;

/** How long a line without a word is trusted, in milliseconds. */
const SILENCE_MS = 400;

/** What is watched: keys that begin so, all where nothing is said; of one, deletions alone. */
const WANTED: readonly Pick<Watched, 'prefix' | 'only'>[] = [
  { prefix: '', only: undefined },
  { prefix: 'r/', only: undefined },
  { prefix: 'e/', only: undefined },
  { prefix: 'r/', only: 'delete' },
];

interface Watched {
  readonly prefix: string;
  readonly only: 'delete' | undefined;
  readonly range: KeyRange;
  /** Everything before it was seen; `NO_REVISION` before the first time. */
  next: number;
  segment: number;
  /** Whether the member knows it: what is said of all watchers before is not of this one. */
  isCreated: boolean;
  /** How far it was said to be last. */
  progress: number;
  /** Changes of the revision of which a part is still to come. */
  held: Value[];
}

/** The watchers of one client. */
export class ContractWatch {
  private readonly host: Host;
  private readonly members: ContractMembers;
  private readonly watched: readonly Watched[];
  private notes: Value[] = [];
  private segmentCount = 0;
  private line: ContractLine | undefined;
  private place = 0;
  private wake: (() => void) | undefined;
  private heardMs = 0;

  constructor(host: Host, members: ContractMembers) {
    this.host = host;
    this.members = members;
    this.watched = WANTED.map(({ prefix, only }) => {
      // Keys are text, so they come behind this byte.
      const range = prefix === '' ? { from: new Uint8Array([0]), to: undefined } : under(prefix);
      return {
        ...{ prefix, only, range },
        next: NO_REVISION,
        segment: -1,
        isCreated: false,
        progress: 0,
        held: [],
      };
    });
  }

  /** Begins, and goes on until the client ends. */
  start(): void {
    this.host.run(() => this.follow());
  }

  /**
   * Lets more come, and waits a little where nothing was noted since the last time. What a client
   * does not ask for waits at the member, so one that is slow lags behind.
   */
  async wait(patienceMs: number): Promise<void> {
    this.line?.giveCredit();
    this.line?.askProgress();
    if (this.notes.length === 0) await this.host.timers.sleep(patienceMs);
  }

  /** Takes what was noted since the last time. */
  take(): Value {
    const { notes } = this;
    this.notes = [];
    return notes;
  }

  /** Whether every watcher has seen everything up to `revision`. */
  hasSeen(revision: number): boolean {
    return this.watched.every(({ next }) => next > revision);
  }

  /** Turns to another member, as a client does that is moved. */
  move(): void {
    this.line?.close();
  }

  private async follow(): Promise<void> {
    for (;;) {
      const node = this.members.homeNode(this.place);
      this.place += 1;
      const lost = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      const line = await this.members.openLine(node, {
        onWatch: (message) => this.hear(message),
        onLost: () => this.lose(),
      });
      if (line !== undefined) {
        this.line = line;
        this.heardMs = this.host.clock.now();
        for (const [watchId, watched] of this.watched.entries()) this.begin(line, watchId, watched);
        this.keepAlive(line);
        await lost;
        this.line = undefined;
      }
      await this.host.timers.sleep(PAUSE_MS);
    }
  }

  private begin(line: ContractLine, watchId: number, watched: Watched): void {
    this.segmentCount += 1;
    watched.segment = this.segmentCount;
    watched.isCreated = false;
    watched.progress = 0;
    watched.held = [];
    const { prefix, only, range, next, segment } = watched;
    const filter = only === undefined ? {} : { only };
    this.notes.push({ type: 'begin', segment, prefix, ...filter, from: next });
    line.watch(watchId, {
      range,
      startRevision: next as Revision,
      wantsPuts: only !== 'delete',
      wantsDeletes: true,
      wantsPrevious: watchId === 1,
      allowsFragments: watchId === 0,
      wantsProgress: true,
    });
  }

  /** A line that says nothing although it is asked for progress and may leads nowhere. */
  private keepAlive(line: ContractLine): void {
    this.host.timers.after(SILENCE_MS / 2, () => {
      if (line.isOver) return;
      if (this.host.clock.now() - this.heardMs > SILENCE_MS) {
        line.close();
        return;
      }
      line.askProgress();
      this.keepAlive(line);
    });
  }

  private lose(): void {
    for (const watched of this.watched) {
      if (watched.segment < 0) continue;
      this.notes.push({ type: 'end', segment: watched.segment, reason: 'lost' });
      watched.segment = -1;
      watched.held = [];
    }
    this.wake?.();
  }

  private hear(message: WatchMessage): void {
    this.heardMs = this.host.clock.now();
    const watched = message.watchId === undefined ? undefined : this.watched[message.watchId];
    if (watched === undefined) {
      if (message.type === 'progress') this.progressOfAll(message.revision);
      return;
    }
    switch (message.type) {
      case 'created':
        watched.isCreated = true;
        if (watched.next === NO_REVISION) watched.next = message.revision + 1;
        this.notes.push({
          type: 'created',
          segment: watched.segment,
          revision: message.revision,
        });
        return;
      case 'events':
        this.events(watched, message);
        return;
      case 'progress':
        this.progress(watched, message.revision);
        return;
      case 'canceled': {
        const { reason, compactRevision } = message;
        const { segment } = watched;
        if (segment < 0) return;
        this.notes.push({ type: 'end', segment, reason: reason ?? 'asked', compactRevision });
        watched.segment = -1;
        if (reason === 'no-leader') {
          // Others know more: it turns to the next one.
          this.line?.close();
          return;
        }
        // What is gone is gone: it goes on with the oldest revision that there is.
        watched.next = Math.max(watched.next, compactRevision);
        if (this.line !== undefined && message.watchId !== undefined) {
          this.begin(this.line, message.watchId, watched);
        }
      }
    }
  }

  private events(watched: Watched, message: Extract<WatchMessage, { type: 'events' }>): void {
    const changes = [...watched.held, ...message.events.map((event) => toChange(event))];
    const last = message.revision;
    // A revision of which more follows is one response with what follows.
    watched.held = message.hasMore
      ? changes.filter((change) => (change as { readonly revision: number }).revision === last)
      : [];
    const whole = changes.slice(0, changes.length - watched.held.length);
    watched.next = Math.max(watched.next, message.hasMore ? last : last + 1);
    if (whole.length === 0) return;
    this.notes.push({ type: 'response', segment: watched.segment, changes: whole });
  }

  private progressOfAll(revision: number): void {
    for (const watched of this.watched) {
      if (watched.segment >= 0 && watched.isCreated) this.progress(watched, revision);
    }
  }

  private progress(watched: Watched, progressRevision: number): void {
    const { segment } = watched;
    // Said again it says nothing new.
    if (watched.progress === progressRevision) return;
    watched.progress = progressRevision;
    watched.next = Math.max(watched.next, progressRevision + 1);
    this.notes.push({ type: 'response', segment, changes: [], progressRevision });
  }
}

function toChange({ type, kv, previous }: WatchEvent): Value {
  return {
    revision: kv.modRevision,
    type,
    key: fromKey(kv.key),
    ...(type === 'put' ? { value: fromBytes(kv.value), isCreate: kv.version === 1 } : {}),
    ...(previous === undefined ? {} : { previous: fromBytes(previous.value) }),
  };
}

/**
 * Serves watchers: after each change the hub is driven, in slices, and whoever has something to
 * take is told.
 */
import type { Host, Timer } from '@mangrove/host';
import type { Revision } from '../core/revision.ts';
import { WatchHub } from '../core/watch-hub.ts';
import type { WatchId, WatchMessage, WatchRequest } from '../core/watch-message.ts';
import { WatchSession, type WatchSessionOptions } from '../core/watch-session.ts';
import type { KvMachine, MachineListener } from './kv-machine.ts';
import type { WatchDoor } from './kv-service.ts';
import { SliceClock } from './slice-clock.ts';
import { WatchCounts } from './watch-counts.ts';

/** How many versions are looked at between two looks at the clock. */
const VERSIONS_PER_STEP = 32;

/** How many such steps one slice has at most. */
const STEPS_MAX = 64;

/** The watchers of one member. */
export class WatchDesk implements MachineListener {
  private readonly host: Host;
  private readonly machine: KvMachine;
  private readonly hub: WatchHub;
  private readonly counts: WatchCounts;
  private readonly doors = new Set<Door>();
  private readonly progressMs: number;
  private isInTouch = true;
  private isDriving = false;
  // Whether something happened since the slice that is under way began.
  private isWanted = false;
  private progressTimer: Timer;

  /** @param progressMs how often idle watchers that want it are told of progress */
  constructor(host: Host, machine: KvMachine, progressMs: number) {
    this.host = host;
    this.machine = machine;
    this.progressMs = progressMs;
    this.hub = new WatchHub(machine.state.store);
    this.counts = new WatchCounts(host);
    this.progressTimer = this.nextProgress();
    machine.listen(this);
  }

  get watcherCount(): number {
    return this.hub.watcherCount;
  }

  open(options: WatchSessionOptions, onMessages: () => void): WatchDoor {
    const door = new Door(this.hub, new WatchSession(options), {
      counts: this.counts,
      present: () => this.machine.state.store.revision,
      changed: () => this.drive(),
      closed: (closed) => this.doors.delete(closed),
      onMessages,
    });
    this.doors.add(door);
    return door;
  }

  applied(): void {
    if (this.doors.size > 0) this.drive();
  }

  replaced(): void {
    this.counts.moved(this.watcherCount);
    this.hub.replaceStore(this.machine.state.store);
    this.drive();
  }

  /** The member is in touch with the cluster, or cut off: then its watchers are told so and end. */
  setInTouch(isInTouch: boolean): void {
    if (isInTouch === this.isInTouch) return;
    this.isInTouch = isInTouch;
    if (isInTouch) this.hub.reconnect();
    else this.hub.cutOff();
    this.drive();
  }

  /** Tells nobody anything any more. */
  stop(): void {
    this.progressTimer.cancel();
    for (const door of [...this.doors]) door.close();
  }

  private drive(): void {
    this.isWanted = true;
    if (this.isDriving) return;
    this.isDriving = true;
    this.host.run(async () => {
      // What is applied in the same turn is served together.
      await undefined;
      for (;;) {
        // Who is told takes at once, and there is room then for what waited for it.
        this.isWanted = false;
        const hasMore = this.driveSome();
        if (!hasMore && !this.isWanted) break;
        await this.host.timers.sleep(0);
      }
      this.isDriving = false;
    });
  }

  /** Whether there is more to do. */
  private driveSome(): boolean {
    const slice = new SliceClock(this.host, STEPS_MAX);
    const behindBefore = this.hub.fellBehindCount;
    let hasMore: boolean;
    do hasMore = this.hub.step(VERSIONS_PER_STEP);
    while (hasMore && !slice.isOver());
    this.counts.fallenBehind(this.hub.fellBehindCount - behindBefore);
    for (const door of [...this.doors]) door.tell();
    return hasMore;
  }

  private nextProgress(): Timer {
    return this.host.timers.after(this.progressMs, () => {
      this.hub.notifyProgress();
      this.drive();
      this.progressTimer = this.nextProgress();
    });
  }
}

/** What a door needs of the desk. */
interface DoorContext {
  readonly counts: WatchCounts;
  /** The revision of the store. */
  readonly present: () => Revision;
  /** There may be something to do for the hub, or to tell. */
  readonly changed: () => void;
  readonly closed: (door: Door) => void;
  readonly onMessages: () => void;
}

/** One session, as its owner holds it. */
class Door implements WatchDoor {
  private readonly hub: WatchHub;
  private readonly session: WatchSession;
  private readonly context: DoorContext;
  // Whether its owner knows that there is something to take.
  private isTold = false;
  private isClosed = false;

  constructor(hub: WatchHub, session: WatchSession, context: DoorContext) {
    this.hub = hub;
    this.session = session;
    this.context = context;
    hub.open(session);
  }

  get waitingBytes(): number {
    return this.session.waitingBytes;
  }

  create(request: WatchRequest, wanted?: WatchId): void {
    if (this.isClosed) return;
    this.context.counts.asked(request, this.context.present());
    this.hub.create(this.session, request, wanted);
    this.context.changed();
  }

  cancel(id: WatchId): void {
    this.hub.cancel(this.session, id);
    this.context.changed();
  }

  requestProgress(): void {
    this.session.requestProgress();
    this.context.changed();
  }

  take(): WatchMessage | undefined {
    if (this.isClosed) return undefined;
    const message = this.session.take();
    if (message === undefined) {
      this.isTold = false;
      return undefined;
    }
    this.context.counts.sent(message);
    // There is room for what waited for it.
    if (this.hub.laggingCount > 0) this.context.changed();
    return message;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.hub.close(this.session);
    this.context.closed(this);
    // There may be room for what waited for it at other doors.
    if (this.hub.laggingCount > 0) this.context.changed();
  }

  /** Tells the owner, once, that there is something to take. */
  tell(): void {
    if (this.isTold || this.isClosed || !this.session.hasMessages) return;
    this.isTold = true;
    this.context.onMessages();
  }
}

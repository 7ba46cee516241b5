/**
 * The faults that a Host does to its own node: data that says what, and the board they are pinned
 * to.
 *
 * Real processes are hurt this way without root. Faults of links act on messages of one peer and
 * one direction; faults of the disk on files whose path begins with `path`. They last until healed.
 */
import { type DiskErrorCode, InvalidArgument, type NodeId, type Random } from '@mangrove/host';
import { parseFault } from './fault-format.ts';

/** `out`: what this node sends to the peer; `in`: what it gets from it. */
export type Direction = 'in' | 'out' | 'both';

/** The operations of the disk that a fault can name; `*` is all of them. */
export type DiskOperation =
  | 'open'
  | 'read'
  | 'write'
  | 'sync'
  | 'truncate'
  | 'rename'
  | 'remove'
  | 'sync-directory';

/** Which link a fault concerns; the peer `*` is every peer. */
export interface OnLink {
  readonly peer: NodeId | '*';
  readonly direction: Direction;
}

/** Which operations on which files a fault concerns; `path` is their beginning, empty is all. */
export interface OnFiles {
  readonly path: string;
  readonly operation: DiskOperation | '*';
}

/** How much longer a message takes: `delayMs`, and up to `jitterMs` more. */
export interface Lateness {
  readonly delayMs: number;
  readonly jitterMs: number;
}

/** A fault of the messages with a peer. */
export type LinkFault =
  /** Every message is lost, and no new connection comes about. */
  | ({ readonly type: 'cut' } & OnLink)
  /** So many of a thousand messages are lost. */
  | ({ readonly type: 'drop'; readonly perMille: number } & OnLink)
  /** So many of a thousand messages come twice. */
  | ({ readonly type: 'duplicate'; readonly perMille: number } & OnLink)
  /**
   * So many of a thousand messages take so much longer, and up to `jitterMs` more, so that they
   * overtake.
   */
  | ({ readonly type: 'delay'; readonly perMille: number } & Lateness & OnLink)
  /** `out`: nothing leaves the queue. `in`: nothing is read from the connection. */
  | ({ readonly type: 'stall' } & OnLink);

/** A fault of the disk. */
export type DiskFault =
  /** The next `count` operations fail; then it is over. */
  | ({
      readonly type: 'disk-error';
      readonly code: DiskErrorCode;
      readonly count: number;
    } & OnFiles)
  /** Every operation takes so much longer. */
  | ({ readonly type: 'slow-disk'; readonly delayMs: number } & OnFiles)
  /** Operations do not begin until the fault is healed. */
  | ({ readonly type: 'stall-disk' } & OnFiles)
  /** Whatever needs room fails with `no-space`. */
  | { readonly type: 'disk-full' };

/** A fault as data. */
export type HostFault = LinkFault | DiskFault;

/** A fault that is in force. */
export interface PinnedFault {
  readonly id: number;
  readonly fault: HostFault;
}

/** The most faults at once; more throw `InvalidArgument`. */
export const MAX_FAULTS = 1000;

/** What is in force on one link in one direction. */
export interface LinkWeather {
  readonly isCut: boolean;
  readonly isStalled: boolean;
  readonly dropPerMille: number;
  readonly duplicatePerMille: number;
  /** Each makes a share of the messages late; one may meet several. */
  readonly delays: readonly (Lateness & { readonly perMille: number })[];
}

/** What a disk operation meets. */
export interface DiskWeather {
  readonly error: DiskErrorCode | undefined;
  readonly delayMs: number;
  readonly isStalled: boolean;
}

interface Pin {
  readonly fault: HostFault;
  countLeft: number;
}

/** The faults in force on one Host. */
export class FaultBoard {
  private readonly random: Random;
  private readonly pins = new Map<number, Pin>();
  private readonly listeners = new Set<() => void>();
  private lastId = 0;

  constructor(random: Random) {
    this.random = random;
  }

  /** Whether no fault at all is in force. */
  get isFair(): boolean {
    return this.pins.size === 0;
  }

  /** Puts `fault` in force; throws `InvalidArgument` where it is malformed. Returns its number. */
  set(fault: HostFault): number {
    const checked = parseFault(fault);
    if (this.pins.size >= MAX_FAULTS) {
      throw new InvalidArgument('faults', this.pins.size + 1, `at most ${MAX_FAULTS} in number`);
    }
    this.lastId += 1;
    const countLeft = checked.type === 'disk-error' ? checked.count : Number.POSITIVE_INFINITY;
    this.pins.set(this.lastId, { fault: checked, countLeft });
    this.tell();
    return this.lastId;
  }

  /**
   * Ends one fault, or all of them. Returns how many were ended: none where it is over already.
   * Throws `InvalidArgument` for the number of a fault that never was.
   */
  heal(id?: number): number {
    if (id !== undefined && !(Number.isInteger(id) && id >= 1 && id <= this.lastId)) {
      throw new InvalidArgument('fault', id, 'the number of a fault that was set');
    }
    const before = this.pins.size;
    if (id === undefined) this.pins.clear();
    else this.pins.delete(id);
    if (this.pins.size !== before) this.tell();
    return before - this.pins.size;
  }

  list(): PinnedFault[] {
    return [...this.pins].map(([id, { fault }]) => ({ id, fault }));
  }

  /** Has `listener` called whenever faults begin or end. Returns how to take that back. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * What is in force on messages with `peer`; `undefined` in fair weather, which is asked often.
   */
  linkWeather(peer: NodeId, direction: 'in' | 'out'): LinkWeather | undefined {
    const weather = {
      isCut: false,
      isStalled: false,
      dropPerMille: 0,
      duplicatePerMille: 0,
      delays: [] as Extract<LinkFault, { readonly type: 'delay' }>[],
    };
    let isFair = true;
    for (const { fault } of this.pins.values()) {
      if (!('peer' in fault)) continue;
      if (fault.peer !== '*' && fault.peer !== peer) continue;
      if (fault.direction !== 'both' && fault.direction !== direction) continue;
      isFair = false;
      if (fault.type === 'cut') weather.isCut = true;
      else if (fault.type === 'stall') weather.isStalled = true;
      else if (fault.type === 'drop') weather.dropPerMille += fault.perMille;
      else if (fault.type === 'duplicate') weather.duplicatePerMille += fault.perMille;
      else weather.delays.push(fault);
    }
    return isFair ? undefined : weather;
  }

  /** What one operation meets, `undefined` in fair weather. Counts the errors that it deals out. */
  meetDisk(path: string, operation: DiskOperation, needsRoom: boolean): DiskWeather | undefined {
    if (this.pins.size === 0) return undefined;
    let error: DiskErrorCode | undefined;
    let delayMs = 0;
    let isStalled = false;
    for (const [id, pin] of this.pins) {
      const { fault } = pin;
      if (fault.type === 'disk-full') {
        if (needsRoom) error ??= 'no-space';
        continue;
      }
      if (!('path' in fault) || !isOn(fault, path, operation)) continue;
      if (fault.type === 'stall-disk') isStalled = true;
      else if (fault.type === 'slow-disk') delayMs += fault.delayMs;
      else if (error === undefined) error = this.deal(id, pin, fault.code);
    }
    const isFair = error === undefined && delayMs === 0 && !isStalled;
    return isFair ? undefined : { error, delayMs, isStalled };
  }

  /** Counts an error that is dealt out; a board of spent faults would refuse the next ones. */
  private deal(id: number, pin: Pin, code: DiskErrorCode): DiskErrorCode {
    pin.countLeft -= 1;
    if (pin.countLeft === 0) this.pins.delete(id);
    return code;
  }

  /** Whether operations of this kind on `path` stand still. Counts nothing. */
  isDiskStalled(path: string, operation: DiskOperation): boolean {
    return [...this.pins.values()].some(({ fault }) => {
      return fault.type === 'stall-disk' && isOn(fault, path, operation);
    });
  }

  /** How many copies of a message pass, and each one's delay in milliseconds. */
  drawCopies(weather: LinkWeather): number[] {
    if (weather.isCut) return [];
    if (this.random.below(1000) < weather.dropPerMille) return [];
    const count = this.random.below(1000) < weather.duplicatePerMille ? 2 : 1;
    return Array.from({ length: count }, () => this.drawDelayMs(weather));
  }

  private drawDelayMs({ delays }: LinkWeather): number {
    let sumMs = 0;
    for (const { perMille, delayMs, jitterMs } of delays) {
      if (this.random.below(1000) >= perMille) continue;
      sumMs += delayMs + (jitterMs > 0 ? this.random.below(jitterMs + 1) : 0);
    }
    return sumMs;
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

function isOn(fault: OnFiles, path: string, operation: DiskOperation): boolean {
  if (!path.startsWith(fault.path)) return false;
  return fault.operation === '*' || fault.operation === operation;
}

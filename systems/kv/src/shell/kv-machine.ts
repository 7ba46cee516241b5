/**
 * The replicated state as Raft runs it: commands in, results out, snapshots in slices.
 */
import { assert, type Host } from '@mangrove/host';
import type { PlacedCommand, StreamingMachine } from '@mangrove/raft';
import type { LogCommand } from '../core/log-command.ts';
import { type Applied, ReplicatedState } from '../core/replicated-state.ts';
import { isWork, type Work } from '../core/work.ts';
import { createLogCodec } from './log-codec.ts';
import { SliceClock } from './slice-clock.ts';
import { readState, restoreState, type StateRead } from './state-slices.ts';

/** How many pieces of work are done before others run. */
const PIECES_MAX = 64;

/** Who wants to know what becomes of the state. */
export interface MachineListener {
  /** A command was applied; called for each, before the next one is. */
  applied(placed: PlacedCommand<LogCommand>, applied: Applied): void;
  /** Another state took the place of the one there was. */
  replaced(): void;
}

/** The state machine of a member. */
export class KvMachine implements StreamingMachine<Applied, LogCommand> {
  readonly commands = createLogCodec();
  private current = new ReplicatedState();
  private readonly host: Host;
  // The command that is being applied, in pieces.
  private work: { readonly index: number; readonly pieces: Work<Applied> } | undefined;
  private readonly listeners: MachineListener[] = [];
  private snapshot: StateRead | undefined;

  constructor(host: Host) {
    this.host = host;
  }

  /** Has `listener` told from now on. */
  listen(listener: MachineListener): void {
    this.listeners.push(listener);
  }

  /** The state as it is now; a restored snapshot makes it another one. */
  get state(): ReplicatedState {
    return this.current;
  }

  applyBatch(batch: readonly PlacedCommand<LogCommand>[]): readonly Applied[] {
    const results: Applied[] = [];
    const slice = new SliceClock(this.host, PIECES_MAX);
    for (const placed of batch) {
      const applied = this.apply(placed, slice);
      if (applied === undefined) break;
      results.push(applied);
      for (const listener of this.listeners) listener.applied(placed, applied);
      if (slice.hasEnded) break;
    }
    return results;
  }

  /** What became of a command; `undefined` where the slice is over before it is done. */
  private apply(placed: PlacedCommand<LogCommand>, slice: SliceClock): Applied | undefined {
    const { command, index, term } = placed;
    if (this.work === undefined) {
      const soon = this.current.apply(command, index, term);
      if (!isWork(soon)) return soon;
      this.work = { index, pieces: soon };
    }
    assert(this.work.index === index, `${index} is applied within ${this.work.index}`);
    for (;;) {
      const { done, value } = this.work.pieces.next();
      // The last piece is one too: many commands of one piece each take long together.
      const isOver = slice.isOver();
      if (done === true) {
        this.work = undefined;
        return value;
      }
      if (isOver) return undefined;
    }
  }

  snapshotSlices(): Iterable<Uint8Array> {
    // One that was given up before its first slice still holds its pin.
    this.snapshot?.close();
    this.snapshot = readState(this.current);
    return this.snapshot;
  }

  async restoreSlices(slices: AsyncIterable<Uint8Array>): Promise<void> {
    const restored = await restoreState(slices, () => this.host.timers.sleep(0));
    const state = new ReplicatedState(restored?.store);
    if (restored !== undefined) {
      const { head, sessions } = restored;
      state.sessions.restore(sessions);
      state.alarms.restore(head.alarms);
      for (const { member, clientAddress } of head.addresses) {
        state.clientAddresses.set(member, clientAddress);
      }
    }
    this.current = state;
    this.work = undefined;
    for (const listener of this.listeners) listener.replaced();
  }
}

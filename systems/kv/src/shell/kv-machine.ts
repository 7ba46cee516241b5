/**
 * The replicated state as Raft runs it: commands in, results out, snapshots in slices.
 */
import type { PlacedCommand, StreamingMachine } from '@mangrove/raft';
import type { LogCommand } from '../core/log-command.ts';
import { type Applied, ReplicatedState } from '../core/replicated-state.ts';
import { createLogCodec } from './log-codec.ts';
import { readState, restoreState, type StateRead } from './state-slices.ts';

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
  private readonly pause: () => Promise<void>;
  private readonly listeners: MachineListener[] = [];
  private snapshot: StateRead | undefined;

  /** @param pause lets others run */
  constructor(pause: () => Promise<void>) {
    this.pause = pause;
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
    return batch.map((placed) => {
      const applied = this.current.apply(placed.command, placed.index, placed.term);
      for (const listener of this.listeners) listener.applied(placed, applied);
      return applied;
    });
  }

  snapshotSlices(): Iterable<Uint8Array> {
    // One that was given up before its first slice still holds its pin.
    this.snapshot?.close();
    this.snapshot = readState(this.current);
    return this.snapshot;
  }

  async restoreSlices(slices: AsyncIterable<Uint8Array>): Promise<void> {
    const restored = await restoreState(slices, this.pause);
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
    for (const listener of this.listeners) listener.replaced();
  }
}

/**
 * Gives back the memory of what was compacted, in slices, while others run.
 */
import type { Host } from '@mangrove/host';
import type { PlacedCommand } from '@mangrove/raft';
import type { LogCommand } from '../core/log-command.ts';
import type { Revision } from '../core/revision.ts';
import type { Ask } from './ask.ts';
import type { KvMachine, MachineListener } from './kv-machine.ts';
import { RequestFailure } from './request-failure.ts';
import { SliceClock } from './slice-clock.ts';

/** How many versions are swept between two looks at the clock. */
const VERSIONS_PER_STEP = 128;

/** How many such steps one slice has at most. */
const STEPS_MAX = 16;

/** How long a pin is waited for before the next try, in milliseconds. */
const PIN_PAUSE_MS = 50;

/** How often who waits for the end looks, in milliseconds. */
const LOOK_PAUSE_MS = 5;

/** The sweeper of one member. */
export class Sweeper implements MachineListener {
  private readonly host: Host;
  private readonly machine: KvMachine;
  private isSweeping = false;

  constructor(host: Host, machine: KvMachine) {
    this.host = host;
    this.machine = machine;
    machine.listen(this);
  }

  applied({ command }: PlacedCommand<LogCommand>): void {
    if (command.type === 'change' && command.command.type === 'compact') this.wake();
  }

  replaced(): void {
    this.wake();
  }

  /**
   * Resolves when it is compacted at `revision` and swept. Rejects with `RequestFailure`:
   * `aborted`.
   */
  async swept(revision: Revision, ask: Pick<Ask, 'isGivenUp'>): Promise<void> {
    while (this.isSweeping || this.machine.state.store.compactRevision < revision) {
      await this.host.timers.sleep(LOOK_PAUSE_MS);
      if (ask.isGivenUp) throw new RequestFailure('aborted', true);
    }
  }

  private wake(): void {
    if (this.isSweeping) return;
    this.isSweeping = true;
    this.host.run(async () => {
      do await this.host.timers.sleep(this.machine.state.store.isPinned ? PIN_PAUSE_MS : 0);
      while (this.sweepSome());
      this.isSweeping = false;
    });
  }

  /** Whether there is more to do, now or when the pins are gone. */
  private sweepSome(): boolean {
    const { store } = this.machine.state;
    const slice = new SliceClock(this.host, STEPS_MAX);
    do if (!store.sweep(VERSIONS_PER_STEP)) return store.isPinned;
    while (!slice.isOver());
    return true;
  }
}

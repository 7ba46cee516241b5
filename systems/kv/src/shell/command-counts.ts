/**
 * What a member counts of the commands that it applies, in the Host's metrics: each member counts
 * for itself, and counts again what it applies again in a new life.
 */
import type { Counter, Host } from '@mangrove/host';
import type { PlacedCommand } from '@mangrove/raft';
import type { LogCommand } from '../core/log-command.ts';
import type { Applied } from '../core/replicated-state.ts';
import type { KvMachine, MachineListener } from './kv-machine.ts';

/** The counters of one member. */
export class CommandCounts implements MachineListener {
  private readonly compactions: Counter;
  private readonly leasesGranted: Counter;
  private readonly leasesRevoked: Counter;
  private readonly leasesExpired: Counter;
  private readonly leaseCheckpoints: Counter;
  private readonly sessionsOpened: Counter;
  private readonly changesTooLate: Counter;
  private readonly comparesFailed: Counter;
  private readonly alarmsRaised: Counter;
  private readonly statesReplaced: Counter;

  constructor(host: Host, machine: KvMachine) {
    const count = (name: string, help: string) => host.metrics.counter(name, { help, unit: '1' });
    this.compactions = count('kv_compactions_total', 'Compactions applied.');
    this.leasesGranted = count('kv_leases_granted_total', 'Leases granted.');
    this.leasesRevoked = count('kv_leases_revoked_total', 'Leases revoked.');
    this.leasesExpired = count('kv_leases_expired_total', 'Leases expired.');
    this.leaseCheckpoints = count('kv_lease_checkpoints_total', 'Checkpoints of leases applied.');
    this.sessionsOpened = count('kv_sessions_opened_total', 'Sessions opened.');
    this.changesTooLate = count(
      'kv_changes_too_late_total',
      'Changes refused since their session had ended or gone on.',
    );
    this.comparesFailed = count('kv_compares_failed_total', 'Transactions that took their else.');
    this.alarmsRaised = count('kv_alarms_raised_total', 'Alarms raised.');
    this.statesReplaced = count('kv_states_replaced_total', 'States replaced by a snapshot.');
    machine.listen(this);
  }

  applied({ command }: PlacedCommand<LogCommand>, applied: Applied): void {
    if (applied.type === 'failed') {
      const { code } = applied;
      if (code === 'session-expired' || code === 'superseded') this.changesTooLate.add();
      return;
    }
    if (command.type === 'open-session') this.sessionsOpened.add();
    else if (command.type === 'raise-alarm') this.alarmsRaised.add();
    else if (command.type === 'change') this.changed(command.command);
    const { result } = applied;
    if (result.type === 'txn' && !result.succeeded) this.comparesFailed.add();
  }

  replaced(): void {
    this.statesReplaced.add();
  }

  private changed(command: Extract<LogCommand, { readonly type: 'change' }>['command']): void {
    if (command.type === 'compact') this.compactions.add();
    else if (command.type === 'grant-lease') this.leasesGranted.add();
    else if (command.type === 'revoke-lease') this.leasesRevoked.add();
    else if (command.type === 'expire-leases') this.leasesExpired.add(command.leases.length);
    else if (command.type === 'checkpoint-leases') this.leaseCheckpoints.add();
  }
}

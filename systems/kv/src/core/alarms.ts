/**
 * The alarms of a cluster, and what they forbid. They pass through the log, so that all members
 * refuse alike.
 */
import type { NodeId } from '@mangrove/host';
import type { Command } from './command.ts';
import type { Alarm, RaisedAlarm } from './kv-request.ts';
import { hasPut } from './operation-kind.ts';

/** The alarms that are raised, each once for a member. */
export class AlarmTable {
  private raised: readonly RaisedAlarm[] = [];

  /** All of them, in the order in which they were raised. */
  all(): readonly RaisedAlarm[] {
    return this.raised;
  }

  /** Whether `alarm` is raised, by whichever member. */
  has(alarm: Alarm): boolean {
    return this.raised.some((each) => each.alarm === alarm);
  }

  raise(alarm: Alarm, member: NodeId): void {
    const isKnown = this.raised.some((each) => each.alarm === alarm && each.member === member);
    if (isKnown) return;
    const most = this.raised.length - RAISED_MAX + 1;
    this.raised = [...this.raised.slice(Math.max(0, most)), { alarm, member }];
  }

  /** Ends an alarm, whoever raised it. */
  disarm(alarm: Alarm): void {
    this.raised = this.raised.filter((each) => each.alarm !== alarm);
  }

  /** Becomes the table that `all` told. */
  restore(raised: readonly RaisedAlarm[]): void {
    this.raised = raised;
  }

  /**
   * Which alarm forbids `command`, if one does. Full, the store takes what makes it smaller; where
   * members differ it takes no wish of a client. Leases end in both cases, since no one may hold
   * them for ever.
   */
  refusalOf(command: Command): Alarm | undefined {
    if (this.raised.length === 0) return undefined;
    const isWish = command.type !== 'expire-leases' && command.type !== 'checkpoint-leases';
    if (isWish && this.has('corrupt')) return 'corrupt';
    if (!this.has('no-space')) return undefined;
    if (command.type === 'grant-lease') return 'no-space';
    return command.type === 'operation' && hasPut(command.operation) ? 'no-space' : undefined;
  }
}

/** Two alarms for each of as many members as there can be; the oldest goes. */
const RAISED_MAX = 128;

/**
 * Mistakes of reads: answered by a leader that is none any more, or too early.
 *
 * Each is a patch of the core.
 */
import type { RaftBug } from './raft-bug.ts';

/** The bugs, those of the paper's own rules first. */
export const readingBugs: readonly RaftBug[] = [
  {
    name: 'deposed-leader-reads',
    file: 'systems/raft/src/core/reading.ts',
    find: "if (mode === 'lease' && hasLease(state, role)) giveIndex",
    replace: 'if (role.firstIndex <= state.commitIndex) giveIndex',
    breaks: 'R45: a leader that was deposed answers reads from memory.',
    source: 'etcd 2.0 quorum=false',
  },
  {
    name: 'read-before-first-commit',
    file: 'systems/raft/src/core/reading.ts',
    find: 'if (lead.firstIndex > state.commitIndex) lead.earlyReads.push(origin);',
    replace: 'if (lead.firstIndex > state.log.lastIndex) lead.earlyReads.push(origin);',
    breaks: 'R44: a new leader reads before it has committed in its term.',
    source: 'etcd #7331; tikv #6340',
  },
  {
    name: 'old-round-confirms-a-read',
    file: 'systems/raft/src/core/reading.ts',
    find: 'round: lead.round + 1, origin',
    replace: 'round: lead.round, origin',
    breaks: 'R45: a read is confirmed by heartbeats that were sent before it came in.',
    source: 'etcd #20418; etcd-io/raft #397',
  },
  {
    name: 'read-context-used-again',
    file: 'systems/raft/src/core/reading.ts',
    find: 'reads.contextCount += 1;',
    replace: 'reads.contextCount = 1;',
    breaks: 'R46: the late answer to one question of a follower answers its next one.',
    source: 'etcd #20418',
  },
  {
    name: 'read-context-of-a-former-life',
    file: 'systems/raft/src/core/reading.ts',
    find: 'state.incarnation}/',
    replace: 'state.self}/',
    breaks: 'R46: the late answer to a question of a former life answers one of this life.',
    source: 'docs/postmortems/2026-11-29-the-answer-to-a-former-life.md',
  },
  {
    name: 'lease-by-an-old-clock',
    file: 'systems/raft/src/core/step.ts',
    find: 'state.now = event.now;',
    replace: "if (event.type === 'timer') state.now = event.now;",
    breaks:
      'R51: the clock is looked at when a timer fires, so a leader that was ' +
      'paused believes its lease.',
    source: 'tikv #964; clocks that count ticks',
  },
  {
    name: 'lease-from-the-answer',
    file: 'systems/raft/src/core/leading.ts',
    find: 'progress.ackedHeartbeat(round, sentAt ?? Number.NEGATIVE_INFINITY);',
    replace:
      'progress.ackedHeartbeat(round, sentAt === undefined ? ' +
      'Number.NEGATIVE_INFINITY : state.now);',
    breaks: 'R49: a lease counts from the answer to a heartbeat, not from its sending.',
    source: 'thesis 6.4.1',
  },
  {
    name: 'lease-after-hand-over',
    file: 'systems/raft/src/core/transferring.ts',
    find: 'lead.hasHandedOver = true;',
    replace: 'lead.hasHandedOver = false;',
    breaks: 'R50: a leader that told another to campaign goes on to read by its lease.',
    source: 'thesis 6.4.1; etcd-io/raft forget_leader_read_only_lease_based',
  },
];

/**
 * Mistakes of groups that sleep, and of what many groups share.
 *
 * Each is a patch of the core or of the shell; only who runs several groups in one process meets
 * them all.
 */
import type { RaftBug } from './raft-bug.ts';

/** The bugs. */
export const groupsBugs: readonly RaftBug[] = [
  {
    name: 'woken-leader-has-a-lease',
    file: 'systems/raft/src/core/quiescing.ts',
    find: 'for (const progress of role.progress.values()) progress.contactAt = state.now;',
    replace: [
      'for (const progress of role.progress.values()) {',
      '      progress.contactAt = state.now;',
      '      progress.ackedSentAt = state.now;',
      '    }',
    ].join('\n'),
    breaks:
      'R109: a leader that wakes reads by a lease that nobody has granted, while others have ' +
      'elected another leader behind its silent process.',
    source: 'thesis 6.4.1: a lease is granted by answers, each counted from its question',
  },
  {
    name: 'timers-of-one-moment-are-one',
    file: 'systems/raft/src/shell/shared-timers.ts',
    find: 'for (const timer of due) if (!timer.isCancelled) timer.callback();',
    replace: 'for (const timer of due.slice(0, 1)) if (!timer.isCancelled) timer.callback();',
    breaks:
      'R112: of the timers of many groups that are due in one turn only the first one fires, so ' +
      'the other groups send no heartbeat and begin no election.',
    source: 'found by reading: one timer serves all groups of a process',
  },
];

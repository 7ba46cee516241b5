/**
 * Mistakes of snapshots: logs that they cut, or do not.
 *
 * Each is a patch of the core.
 */
import type { RaftBug } from './raft-bug.ts';

/** The bugs, those of the paper's own rules first. */
export const snapshotBugs: readonly RaftBug[] = [
  {
    name: 'snapshot-has-a-newer-configuration',
    file: 'systems/raft/src/core/snapshots.ts',
    find: 'const placed = state.log.configurations.at(index);',
    replace: 'const placed = state.log.configurations.latest;',
    breaks:
      'R38: a snapshot carries a configuration that is not committed and can never be rolled back.',
    source: 'canonical/raft #250',
  },
  {
    name: 'install-keeps-a-stale-configuration',
    file: 'systems/raft/src/core/configuration-history.ts',
    find: [
      'reset(first: PlacedConfiguration): void {',
      '    this.placed = [first];', //
    ].join('\n'),
    replace: [
      'reset(first: PlacedConfiguration): void {',
      '    const { latest } = this;',
      '    this.placed = latest.index > first.index ? [first, latest] : [first];',
    ].join('\n'),
    breaks: 'R41: a configuration of the log that a snapshot has replaced stays in force.',
    source: 'openraft #1808',
  },
  {
    name: 'late-snapshot-cuts-log',
    file: 'systems/raft/src/core/snapshots.ts',
    find: [
      'if (snapshot.index <= state.commitIndex) {',
      '    if (leader !== undefined) sayAccepted(state, leader, state.commitIndex);',
      '    return true;',
      '  }',
      '  if (state.log',
    ].join('\n'),
    replace: [
      'if (snapshot.index < state.snapshot.index) {',
      '    if (leader !== undefined) sayAccepted(state, leader, state.commitIndex);',
      '    return true;',
      '  }',
      '  if (snapshot.index > state.commitIndex && state.log',
    ].join('\n'),
    breaks: 'R39: a late snapshot cuts a log that is ahead of it.',
    source: 'camunda #6092',
  },
  {
    name: 'snapshot-keeps-suffix',
    file: 'systems/raft/src/core/snapshots.ts',
    find: 'if (state.log.matches(snapshot.index, snapshot.term)) {',
    replace: 'if (snapshot.index <= state.log.lastIndex) {',
    breaks: 'R41: a suffix that contradicts a snapshot is kept.',
    source: 'openraft #559; hashicorp/raft #704',
  },
  {
    name: 'snapshot-accepted-before-sync',
    file: 'systems/raft/src/core/log.ts',
    find: 'this.stable = lowerIndex(this.stable, indexBefore(snapshot.index));',
    replace: 'this.stable = lowerIndex(snapshot.index, this.last);',
    breaks: 'R42: a snapshot of the leader is accepted before it is durable.',
    source: 'etcd #18055',
  },
  {
    name: 'snapshot-not-checked',
    file: 'systems/raft/src/core/snapshot-receiving.ts',
    find: [
      'incoming.offset = event.isIntact ? event.offset : 0;',
      '  const isWhole = event.isIntact && incoming',
    ].join('\n'),
    replace: 'incoming.offset = event.offset;\n  const isWhole = incoming',
    breaks: 'R102: a snapshot is installed whose bytes are not those that were sent.',
    source: 'Raft 7',
  },
  {
    name: 'timer-for-a-silent-follower',
    file: 'systems/raft/src/core/snapshot-sending.ts',
    find: 'if (!isSilent(state, progress, 1)) return Math.floor(lead.chunkAt);',
    replace: 'if (!isSilent(state, progress, PATIENCE)) return Math.floor(lead.chunkAt);',
    breaks: 'R105: a leader spins while it waits for the word of a follower that needs a snapshot.',
    source: 'docs/postmortems/2026-11-28-the-timer-that-never-slept.md',
  },
];

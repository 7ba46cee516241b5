/**
 * Mistakes of replication: what is acknowledged, counted, committed and cut.
 *
 * Each is a patch of the core.
 */
import type { RaftBug } from './raft-bug.ts';

/** The bugs, those of the paper's own rules first. */
export const replicationBugs: readonly RaftBug[] = [
  {
    name: 'old-term-committed-by-count',
    file: 'systems/raft/src/core/leading.ts',
    find: 'if (index <= state.commitIndex || log.termAt(index) !== state.term) return;',
    replace: 'if (index <= state.commitIndex) return;',
    breaks: 'R17: an entry of a former term is committed by counting its replicas.',
    source: 'Raft 5.4.2, figure 8; LogCabin #44',
  },
  {
    name: 'accept-before-sync',
    file: 'systems/raft/src/core/output.ts',
    find: "const waitsFor = index <= state.log.stableIndex ? 'term' : 'log';",
    replace: "const waitsFor = index <= state.log.lastIndex ? 'term' : 'log';",
    breaks: 'R22: a follower acknowledges entries before they are durable.',
    source: 'NATS 2.12.1; etcd #14370',
  },
  {
    name: 'leader-counts-unsynced',
    file: 'systems/raft/src/core/leading.ts',
    find: 'voter === state.self ? log.stableIndex :',
    replace: 'voter === state.self ? log.lastIndex :',
    breaks: 'R22: a leader counts itself before its disk has the entry.',
    source: 'etcd #14370',
  },
  {
    name: 'late-write-counts',
    file: 'systems/raft/src/core/output.ts',
    find: 'write.upToIndex = lowerIndex(write.upToIndex, indexBefore(index));',
    replace: 'lowerIndex(write.upToIndex, indexBefore(index));',
    breaks: 'R23: the completion of a write counts for entries that came in its place (ABA).',
    source: 'etcd-io/raft async_storage_writes_append_aba_race',
  },
  {
    name: 'append-always-cuts',
    file: 'systems/raft/src/core/following.ts',
    find: 'const first = entries.findIndex((entry) => !log.matches(entry.index, entry.term));',
    replace: 'const first = entries.length - entries.length;',
    breaks: 'R12: a late shorter append cuts the log.',
    source: 'Raft figure 2, AppendEntries 3',
  },
  {
    name: 'heartbeat-commits-all',
    file: 'systems/raft/src/core/leading.ts',
    find:
      'for (const [node, progress] of lead.progress) {\n' +
      '    const commitIndex = lowerIndex(progress.matchIndex, state.commitIndex);',
    replace:
      'for (const node of lead.progress.keys()) {\n' +
      '    const commitIndex = lowerIndex(state.log.lastIndex, state.commitIndex);',
    breaks: 'R19: a heartbeat tells a follower of commits that it may not have.',
    source: 'etcd-io/raft bcastHeartbeat',
  },
  {
    name: 'lost-appends-fill-the-window',
    file: 'systems/raft/src/core/progress.ts',
    find: 'this.isProdDue = this.matchIndex + 1 < this.nextIndex;',
    replace: 'this.isPaused = false;',
    breaks: 'R15: appends that were lost fill the in-flight bound for ever.',
    source: "found by this project's random cluster",
  },
  {
    name: 'probe-waits-for-ever',
    file: 'systems/raft/src/core/progress.ts',
    find: "    if (this.mode === 'snapshot') return;\n    this.isPaused = false;",
    replace: "    if (this.mode !== 'replicate') return;\n    this.isPaused = false;",
    breaks: 'R14: a probe that was lost is never sent again.',
    source: 'etcd-io/raft heartbeat_resp_recovers_from_probing',
  },
  {
    name: 'truncated-is-definite',
    file: 'systems/raft/src/core/owed-proposals.ts',
    find: "refuse(state, id, 'leadership-lost', false);",
    replace: "refuse(state, id, 'leadership-lost', true);",
    breaks:
      'R28: a proposal that was truncated here is said never to happen; another may commit it.',
    source: 'redis-raft 1b3fbf6; VoltDB 6.3',
  },
  {
    name: 'forwarded-twice-appended-twice',
    file: 'systems/raft/src/core/forwarding.ts',
    find: 'memory.outcomes.get(sequence) ?? takeIn(state, role, message.data);',
    replace: 'takeIn(state, role, message.data);',
    breaks: 'R86: a forwarded proposal that comes twice is appended twice.',
    source: 'Raft 8; thesis 6.3',
  },
  {
    name: 'forward-number-of-a-former-life',
    file: 'systems/raft/src/core/forwarding.ts',
    find: 'Math.max(forwards.last, numberBefore(state.incarnation)) + 1;',
    replace: 'forwards.last + 1;',
    breaks: 'R86: the late answer to a proposal of a former life answers one of this life.',
    source: 'docs/postmortems/2026-11-29-the-answer-to-a-former-life.md',
  },
  {
    name: 'own-entry-hides-who-waits',
    file: 'systems/raft/src/core/owed-proposals.ts',
    find: "if (former?.id !== undefined) refuse(state, former.id, 'leadership-lost', false);",
    replace: '',
    breaks: 'R28: who waited for an entry in whose place an own one comes is never answered.',
    source: 'docs/postmortems/2026-11-29-the-change-that-answered-for-a-command.md',
  },
  {
    name: 'shorter-log-never-answers',
    file: 'systems/raft/src/core/owed-proposals.ts',
    find: 'if (place <= index || owed.term >= term) continue;',
    replace: 'if (place > 0) continue;',
    breaks: 'R87: who waits for a place that the log of a later leader never has is not answered.',
    source: 'docs/postmortems/2026-11-29-the-change-that-answered-for-a-command.md',
  },
];

/**
 * Mistakes of membership: quorums that need not meet, changes that never end.
 *
 * Each is a patch of the core.
 */
import type { RaftBug } from './raft-bug.ts';

/** The bugs, those of the paper's own rules first. */
export const membershipBugs: readonly RaftBug[] = [
  {
    name: 'single-change-before-first-commit',
    file: 'systems/raft/src/core/membership.ts',
    find: `  const reason = whyNotNow(state, 'simple') ?? whyNotReady(state, changes);
  if (reason !== undefined || role.type !== 'leader') {
    refuse(state, id, reason ?? 'not-leader', true);
    return;
  }
  const { configuration } = state.log.configurations.latest;
  const known = changes.map((change) => withStore(state, change));
  const next = changeConfiguration(configuration, known, isAutoLeave);
  if (typeof next === 'string') refuse(state, id, 'bad-change', true);
  else appendConfiguration(state, next, id);`,
    replace: `  const one = changes.slice(0, 1);
  const { index, configuration } = state.log.configurations.latest;
  const reason = index > state.commitIndex ? 'change-under-way' : whyNotReady(state, one);
  if (reason !== undefined || role.type !== 'leader') {
    refuse(state, id, reason ?? 'not-leader', true);
    return;
  }
  const known = one.map((change) => withStore(state, change));
  const next = changeConfiguration(configuration, known, isAutoLeave);
  if (typeof next === 'string') refuse(state, id, 'bad-change', true);
  else appendConfiguration(state, leaveJoint(next), id);`,
    breaks:
      'R32: members change by single servers, and a leader may begin before it has committed.',
    source: 'Ongaro, raft-dev 2015',
  },
  {
    name: 'no-joint-configuration',
    file: 'systems/raft/src/core/configuration.ts',
    find: 'return { ...next, outgoing: configuration.voters, isAutoLeave };',
    replace: 'return { ...next, isAutoLeave: !isAutoLeave && false };',
    breaks: 'R31: a new configuration decides alone at once.',
    source: 'RethinkDB 2.2.3',
  },
  {
    name: 'joint-asks-the-new-alone',
    file: 'systems/raft/src/core/quorum.ts',
    find: 'majorityValue(configuration.outgoing, value),',
    replace: 'Number.POSITIVE_INFINITY,',
    breaks: 'R31: in a joint configuration the new voters decide alone.',
    source: 'Raft 6',
  },
  {
    name: 'half-is-a-majority',
    file: 'systems/raft/src/core/quorum.ts',
    find: 'const needed = (voters.length >> 1) + 1;',
    replace: 'const needed = (voters.length + 1) >> 1;',
    breaks: 'R31: half of an even number of voters decides.',
    source: 'openraft #1802',
  },
  {
    name: 'configuration-not-rolled-back',
    file: 'systems/raft/src/core/log.ts',
    find: 'this.configurations.truncateFrom(index);',
    replace: 'if (index < 0) this.configurations.truncateFrom(index);',
    breaks: 'R33: a configuration stays in force when its entry is truncated.',
    source: 'thesis 4.1; canonical/raft #250',
  },
  {
    name: 'joint-never-left',
    file: 'systems/raft/src/core/membership.ts',
    find: 'if (!isJoint(configuration) || !configuration.isAutoLeave) return;',
    replace: 'if (!isJoint(configuration) || lead.firstIndex > index) return;',
    breaks: 'R34: a joint configuration is left only by the leader that entered it.',
    source: 'etcd #12136',
  },
];

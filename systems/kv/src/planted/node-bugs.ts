/**
 * Mistakes of members: what they answer without being sure, and what they forget.
 *
 * Each is a patch of the shell, or of the state that members replicate.
 */
import type { KvBug } from './kv-bug.ts';

/** The bugs, those of reads first. */
export const nodeBugs: readonly KvBug[] = [
  {
    name: 'stale-read-served-as-linearizable',
    file: 'systems/kv/src/shell/read-desk.ts',
    find: "      case 'linearizable':\n      case 'lease':\n",
    replace: `      case 'linearizable':
      case 'lease':
        if (this.freshness.admits(this.host.clock.now(), 200)) return;
`,
    breaks: 'R33: a linearizable read is answered by a member that was current a moment ago.',
    source: 'etcd 2.0 quorum=false; lab row 1',
  },
  {
    name: 'session-token-ignored',
    file: 'systems/kv/src/shell/read-desk.ts',
    find: 'if (this.machine.state.store.revision >= token) return;',
    replace: 'if (this.machine.state.store.revision + 1_000_000 >= token) return;',
    breaks: 'R34: a read of a session is answered by a member that is behind it, after a failover.',
    source: 'Terry et al. 1994: read your writes',
  },
  {
    name: 'staleness-from-the-end-of-the-round',
    file: 'systems/kv/src/shell/read-desk.ts',
    find: '    this.freshness.learned(beganAtMs);',
    replace: '    this.freshness.learned(Math.max(beganAtMs, this.host.clock.now()));',
    breaks:
      'R33: staleness counts from the end of a round, which knows nothing of what came meanwhile.',
    source: 'CockroachDB closed timestamps: bounds count from the beginning',
  },
  {
    name: 'revision-lag-is-not-asked',
    file: 'systems/kv/src/shell/read-desk.ts',
    find: 'if (revisionLagMax === undefined) return true;',
    replace: 'if (revisionLagMax !== -1) return true;',
    breaks: 'R33: a read that bounds revisions is answered from whatever the member has.',
    source: 'bounded staleness of Azure Cosmos DB: K versions or T time',
  },
  {
    name: 'deposed-leader-renews-leases',
    file: 'systems/kv/src/shell/lease-office.ts',
    find: '    await this.raft.read(signal === undefined ? {} : { signal });\n',
    replace: '    if (signal?.aborted === true) await this.raft.read({ signal });\n',
    breaks: 'R36: a keep-alive is answered by a leader that another one has replaced.',
    source: 'etcd #9888, #15247',
  },
  {
    name: 'ending-is-told-as-ended',
    file: 'systems/kv/src/shell/lease-office.ts',
    find: 'const hasEnded = !this.machine.state.store.leases.has(id);',
    replace: 'const hasEnded = !this.machine.state.store.leases.has(id) || lease.ttlMs > 0;',
    breaks: 'R36: a keep-alive is told that a lease has ended whose keys are still there.',
    source: 'found by this project',
  },
  {
    name: 'renewal-not-told',
    file: 'systems/kv/src/shell/lease-office.ts',
    find: 'if (keeper.mustTell(lease)) {',
    replace: 'if (keeper.mustTell(lease) && lease.ttlMs < 0) {',
    breaks: 'R19: a successor counts from a checkpoint although the lease was renewed since.',
    source: 'etcd #9888: lease checkpoints',
  },
  {
    name: 'leases-without-a-keeper',
    file: 'systems/kv/src/shell/lease-office.ts',
    find: '      this.host.run(() => this.enter());\n      return;',
    replace: '      return;',
    breaks: 'R37: after a change of leaders leases live until somebody asks for one.',
    source: 'etcd: promotion of the lessor',
  },
  {
    name: 'snapshot-begins-late',
    file: 'systems/kv/src/shell/kv-machine.ts',
    find: '    this.snapshot = readState(this.current);\n    return this.snapshot;',
    replace: `    const begin = (): StateRead => readState(this.current);
    return {
      *[Symbol.iterator]() {
        yield* begin();
      },
    };`,
    breaks: 'R29: a snapshot holds more than its index says, and what follows is applied twice.',
    source: 'etcd #13766; lab row 18',
  },
  {
    name: 'sessions-not-in-snapshots',
    file: 'systems/kv/src/shell/kv-machine.ts',
    find: 'state.sessions.restore(sessions);',
    replace: 'state.sessions.restore(sessions.slice(0, 0));',
    breaks: 'R32: a member that a snapshot brought up to date has forgotten what was applied once.',
    source: 'Raft thesis 6.3; lab row 24',
  },
  {
    name: 'place-in-session-ignored',
    file: 'systems/kv/src/core/replicated-state.ts',
    find: 'if (place === undefined) return this.change(command.command, term);',
    replace:
      'if (place === undefined || place.sequence > 0) ' +
      'return this.change(command.command, term);',
    breaks: 'R32: a change that comes twice is applied twice.',
    source: 'Raft thesis 6.3; lab row 23',
  },
];

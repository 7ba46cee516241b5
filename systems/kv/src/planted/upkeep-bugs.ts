/**
 * Mistakes of the upkeep: what the alarm lets through, whom it hits, and who forgets it.
 *
 * Each is a patch of the core or the shell.
 */
import type { KvBug } from './kv-bug.ts';

/** The bugs. */
export const upkeepBugs: readonly KvBug[] = [
  {
    name: 'alarm-lets-transactions-in',
    file: 'systems/kv/src/core/alarms.ts',
    find:
      "return command.type === 'operation' && hasPut(command.operation) " +
      "? 'no-space' : undefined;",
    replace:
      "const isPut = command.type === 'operation' && command.operation.type === 'put';\n" +
      "    return isPut && hasPut(command.operation) ? 'no-space' : undefined;",
    breaks: 'R39: a put within a transaction gets into a store that is full.',
    source: 'etcd: the applier of a full store has to look into both branches',
  },
  {
    name: 'full-store-refuses-deletions',
    file: 'systems/kv/src/core/alarms.ts',
    find:
      "return command.type === 'operation' && hasPut(command.operation) " +
      "? 'no-space' : undefined;",
    replace:
      "if (command.type !== 'operation') return undefined;\n" +
      "    const isChange = hasPut(command.operation) || command.operation.type === 'delete';\n" +
      "    return isChange ? 'no-space' : undefined;",
    breaks: 'R39: nobody can make room in a store that is full.',
    source: 'etcd maintenance: a full store still takes deletions and compaction',
  },
  {
    name: 'alarms-not-in-snapshots',
    file: 'systems/kv/src/shell/kv-machine.ts',
    find: 'state.alarms.restore(head.alarms);',
    replace: 'state.alarms.restore(head.alarms.slice(0, 0));',
    breaks:
      'R39: a member that a snapshot brought up to date has forgotten that the store is full.',
    source: 'etcd #13766 and its kin: what is beside the keys is forgotten',
  },
];

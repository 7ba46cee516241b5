/**
 * Mistakes of nodes whose disks are damaged: what they are believed, and what they make of it.
 *
 * Each is a patch of the core or of the shell; only who runs whole nodes can meet them.
 */
import type { RaftBug } from './raft-bug.ts';

/** The bugs. */
export const diskBugs: readonly RaftBug[] = [
  {
    name: 'wiped-disk-is-let-in',
    file: 'systems/raft/src/core/identity.ts',
    find: [
      "  return 'wrong-store';",
      '}',
      '',
      '/** Whether the promises that members know of this name were made on this store, ' +
        'and no other. */',
      'export function mayPromise(state: RaftState): boolean {',
      '  return state.identity === undefined || state.isSworn || boundIndexOf(state) > 0;',
    ].join('\n'),
    replace: [
      "  return node === '' ? 'wrong-store' : undefined;",
      '}',
      '',
      'export function mayPromise(state: RaftState): boolean {',
      '  return boundIndexOf(state) >= 0;',
    ].join('\n'),
    breaks:
      'R75: a node that comes back with an empty disk under its old name is let in and votes.',
    source: 'openraft FAQ, "node restarts with an empty disk"; TigerBeetle reformat',
  },
  {
    name: 'damaged-log-begins-anew',
    file: 'systems/raft/src/shell/raft-storage.ts',
    find: '    const openLog = place.openLog ?? ownLog;',
    replace: [
      '    const openLog = async (firstIndex: number) => {',
      '      try {',
      '        return await (place.openLog ?? ownLog)(firstIndex);',
      '      } catch {',
      '        const folder = directory.concat("/log");',
      '        for (const name of await host.disk.list(folder)) {',
      '          await host.disk.remove(folder.concat("/", name));',
      '        }',
      '        return ownLog(firstIndex);',
      '      }',
      '    };',
    ].join('\n'),
    breaks:
      'R83: a log that rotted is thrown away, and its node votes as if it had promised nothing.',
    source: 'NATS #7556, Jepsen NATS 2.12.1; Protocol-Aware Recovery (FAST 2018)',
  },
];

/**
 * Bugs that the experiment `raft` finds from outside: by histories of clients, and by nodes that
 * stop. No invariant needs to look into a node.
 */
import type { PlantedBug } from '@mangrove/experiment';
import type { RaftBug } from '../planted/raft-bug.ts';
import { diskBugs } from '../planted/disk-bugs.ts';
import { plantedBugs } from '../planted-bugs.ts';

/** Bugs of the core that show so: which experiment finds them, and what that takes. */
const FOUND_OUTSIDE: Readonly<Record<string, Omit<PlantedBug, keyof RaftBug>>> = Object.freeze({
  'read-before-first-commit': {
    experiment: 'raft-reads',
    seedBudget: 60,
    difficulty: 'medium',
    minimum: { faults: ['crash of the leader'], operationCount: 2 },
  },
  'vote-for-a-shorter-log': {
    experiment: 'raft',
    seedBudget: 100,
    difficulty: 'medium',
    minimum: { faults: ['cut around a follower', 'crash of the leader'], operationCount: 2 },
  },
});

/** The planted bugs of the experiments. */
export const raftBugs: readonly PlantedBug[] = Object.freeze([
  ...plantedBugs.flatMap((bug) => {
    const found = FOUND_OUTSIDE[bug.name];
    return found === undefined ? [] : [{ ...bug, ...found }];
  }),
  {
    name: 'session-applies-again',
    file: 'systems/raft/src/core/sessions.ts',
    find: [
      "if (sequence < record.sequence) return { type: 'superseded' };",
      '    if (sequence === record',
    ].join('\n'),
    replace: 'if (sequence < 0 && sequence === record',
    breaks: 'R59: a request that comes twice, or is sent again, is applied twice.',
    source: 'thesis 6.3; docs/postmortems/2026-11-24-a-request-that-came-twice.md',
    experiment: 'raft',
    seedBudget: 400,
    difficulty: 'medium',
    minimum: { faults: ['loss of an answer'], operationCount: 3 },
  },
]);

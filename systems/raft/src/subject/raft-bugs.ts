/**
 * Bugs that the experiment `raft` finds from outside: by histories of clients, and by nodes that
 * stop. No invariant needs to look into a node.
 */
import type { PlantedBug } from '@mangrove/experiment';
import { plantedBugs } from '../planted-bugs.ts';

/** Bugs of the core that show so: in which experiment, and within how many seeds they must. */
const BUDGETS: Readonly<Record<string, readonly [experiment: string, seedBudget: number]>> =
  Object.freeze({
    'read-before-first-commit': ['raft-reads', 60],
    'vote-for-a-shorter-log': ['raft', 100],
  });

/** The planted bugs of the experiments. */
export const raftBugs: readonly PlantedBug[] = Object.freeze([
  ...plantedBugs.flatMap((bug) => {
    const [experiment, seedBudget] = BUDGETS[bug.name] ?? [];
    return experiment === undefined || seedBudget === undefined
      ? []
      : [{ ...bug, experiment, seedBudget }];
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
  },
]);

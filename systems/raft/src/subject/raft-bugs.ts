/**
 * Bugs that the experiment `raft` finds from outside: by histories of clients, and by nodes that
 * stop. No invariant looks into a node.
 */
import type { PlantedBug } from '@mangrove/experiment';
import { plantedBugs } from '../planted-bugs.ts';

/** Bugs of the core that show so, and within how many seeds they must. */
const BUDGETS: Readonly<Record<string, number>> = Object.freeze({
  'read-before-first-commit': 300,
  'vote-for-a-shorter-log': 100,
  'accept-before-sync': 400,
  'append-always-cuts': 800,
});

/** The planted bugs of the experiment. */
export const raftBugs: readonly PlantedBug[] = Object.freeze([
  ...plantedBugs.flatMap((bug) => {
    const seedBudget = BUDGETS[bug.name];
    return seedBudget === undefined ? [] : [{ ...bug, experiment: 'raft', seedBudget }];
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

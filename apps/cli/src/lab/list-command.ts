/**
 * `mangrove lab list` and `mangrove lab bugs`: what the lab knows.
 */
import { CATALOG } from '@mangrove/lab/node';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';

/** What the commands are told. */
export interface ListCommandOptions {
  readonly isJson: boolean;
  readonly terminal: Terminal;
}

/** Prints every experiment. */
export function listCommand({ isJson, terminal }: ListCommandOptions): Ending {
  for (const { experiment, about, judges, bugs } of CATALOG) {
    const { name, replicaCount, clientCount, faults } = experiment;
    const checks = judges.map(({ check }) => check);
    const bugNames = bugs.map((bug) => bug.name);
    if (isJson) {
      const known = { name, about, checks, replicaCount, clientCount, faults, bugs: bugNames };
      terminal.result(JSON.stringify(known));
    } else {
      terminal.result(`${name}: ${about}`);
      terminal.result(`  ${replicaCount} replicas, ${clientCount} clients`);
      for (const check of checks) terminal.result(`  judged: ${check}`);
      terminal.result(`  faults: ${faults.join(', ')}`);
      terminal.result(`  bugs to plant: ${bugNames.join(', ')}`);
    }
  }
  return 'valid';
}

/** Prints every planted bug: what it breaks, where it stands, where it comes from. */
export function bugsCommand({ isJson, terminal }: ListCommandOptions): Ending {
  for (const bug of CATALOG.flatMap(({ bugs }) => bugs)) {
    if (isJson) terminal.result(JSON.stringify(bug));
    else {
      terminal.result(`${bug.name} (${bug.experiment}, within ${bug.seedBudget} seeds)`);
      terminal.result(`  breaks: ${bug.breaks}`);
      terminal.result(`  file:   ${bug.file}`);
      terminal.result(`  source: ${bug.source}`);
    }
  }
  return 'valid';
}

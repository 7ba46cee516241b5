/**
 * `mangrove lab bugs list`, `run` and `hunt`: what can be planted, one run with a bug beside the
 * same run without it, and the proof that bugs are found within their budgets.
 */
import type { PlantedBug } from '@mangrove/experiment';
import { type RunEvidence, sizeOf } from '@mangrove/lab';
import { type BugProof, CATALOG, findBug, proveBug, runExperiment } from '@mangrove/lab/node';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { callLab } from './lab-call.ts';
import { evidenceLines, huntWords } from './wording.ts';

/** What every one of them is told. */
export interface BugsCommandOptions {
  readonly isJson: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** Prints every planted bug: what it breaks, where it stands, where it comes from. */
export function listBugs({ isJson, terminal }: BugsCommandOptions): Ending {
  for (const bug of CATALOG.flatMap(({ bugs }) => bugs)) {
    if (isJson) {
      terminal.result(JSON.stringify(bug));
      continue;
    }
    terminal.result(`${bug.name} (${bug.experiment}, within ${bug.seedBudget} seeds)`);
    terminal.result(`  breaks: ${bug.breaks}`);
    terminal.result(`  file:   ${bug.file}`);
    terminal.result(`  source: ${bug.source}`);
    for (const line of effortLines(bug)) terminal.result(line);
  }
  return 'valid';
}

function effortLines({ difficulty, minimum }: PlantedBug): readonly string[] {
  const hard = difficulty === undefined ? [] : [`  to meet: ${difficulty}`];
  if (minimum === undefined) return hard;
  const { faults, operationCount } = minimum;
  return [...hard, `  least:  ${[...faults, `${operationCount} operations`].join(', ')}`];
}

/** Runs one seed with the bug and without it; how the planted run ended is how it ends. */
export async function runBug(
  name: string,
  seed: number,
  { isJson, terminal, signal }: BugsCommandOptions,
): Promise<Ending> {
  const run = (bug?: string) =>
    callLab(signal, () => {
      const { experiment } = findBug(name).bug;
      return runExperiment({ experiment, world: 'sim', seed, bug, signal });
    });
  const [planted, clean] = [(await run(name)).found, (await run()).found];
  if (isJson) {
    const brief = ({ verdict, hash, endMs, plan }: RunEvidence) => {
      return { verdict, hash, endMs, size: sizeOf(plan) };
    };
    const runs = { planted: brief(planted), clean: brief(clean) };
    terminal.result(JSON.stringify({ bug: name, seed, ...runs }));
  } else {
    for (const line of evidenceLines(planted)) terminal.result(`${name}: ${line}`);
    for (const line of evidenceLines(clean)) terminal.result(`without it: ${line}`);
  }
  return planted.verdict.answer;
}

/** By what a bug is found: what clients see and nodes that end, or a look into the nodes too. */
type Way = 'from outside' | 'with invariants';

/** What is hunted. */
export interface HuntBugsOptions extends BugsCommandOptions {
  /** All where there are none. */
  readonly names: readonly string[];
  readonly isWatched: boolean;
}

/** `invalid` when a bug was not found, or the code as it is failed too. */
export async function huntBugs(options: HuntBugsOptions): Promise<Ending> {
  const { names, isWatched, isJson, terminal, signal } = options;
  const known = CATALOG.flatMap(({ bugs }) => bugs.map((bug) => bug.name));
  let missedCount = 0;
  for (const name of names.length > 0 ? names : known) {
    const proof = await callLab(signal, () => {
      const { entry, bug } = findBug(name);
      const onProgress = (so: Parameters<typeof huntWords>[0]) =>
        terminal.status(`${name}: ${huntWords(so)}`);
      return proveBug(entry, bug, { isWatched, onProgress, signal });
    });
    terminal.status('');
    if (!proof.isProven) missedCount += 1;
    const way = isWatched ? 'with invariants' : 'from outside';
    terminal.result(isJson ? JSON.stringify(jsonOf(proof, way)) : proofWords(proof, way));
  }
  return missedCount > 0 ? 'invalid' : 'valid';
}

function jsonOf({ bug, planted, clean, isProven }: BugProof, way: Way): unknown {
  return { bug: bug.name, way, isProven, seedBudget: bug.seedBudget, planted, clean };
}

function proofWords({ bug, planted, clean, isProven }: BugProof, way: Way): string {
  const [first] = planted.failures;
  const found =
    first === undefined
      ? `NOT FOUND in ${planted.seedCount} seeds`
      : `found in seed ${first.seed} of ${bug.seedBudget}: ${first.anomaly}`;
  const alarms = clean.failureCount + clean.unknownCount;
  const silent = alarms === 0 ? 'silent' : `NOT SILENT (${alarms} of them)`;
  const without = `the code as it is: ${silent} on the same ${clean.seedCount}`;
  return `${isProven ? 'ok' : 'NO'} ${bug.name}, ${way}: ${found}; ${without}`;
}

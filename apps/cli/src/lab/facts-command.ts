/**
 * `mangrove lab facts`: runs directed experiments and prints the facts of their pages, writes them
 * there, or tells where a page says something else than what is measured now.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExperimentReport } from '@mangrove/lab';
import {
  CATALOG,
  differencesOf,
  missingInLocal,
  readEnvironment,
  renderFacts,
  runExperiment,
  seedOfFacts,
  withFacts,
} from '@mangrove/lab/node';
import { CommandError } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { callLab } from './lab-call.ts';
import { writeResult } from './report-file.ts';
import { answerWord } from './wording.ts';

/** What is done with the facts. */
export type FactsUse = 'print' | 'write' | 'check';

/** What the command is told. */
export interface FactsCommandOptions {
  /** The root of the house; pages are below it. */
  readonly root: string;
  /** Their names; every directed one where there is none. */
  readonly experiments: readonly string[];
  /** To check a page, its own seed is taken. */
  readonly seed: number;
  /** Leaves processes out; so does a check. */
  readonly isSimOnly: boolean;
  readonly use: FactsUse;
  readonly isJson: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/**
 * `invalid` when a run broke a promise, or a page that is checked says something else; a run that
 * is unknown is told on its page.
 */
export async function factsCommand(options: FactsCommandOptions): Promise<Ending> {
  const { experiments, terminal, use, isJson, root, signal } = options;
  const directed = CATALOG.filter(({ experiment }) => experiment.drawScript !== undefined);
  const names = directed.map(({ experiment }) => experiment.name);
  // As it is before the first page is written.
  const environment = readEnvironment();
  let ending: Ending = 'valid';
  for (const name of experiments.length === 0 ? names : experiments) {
    if (use === 'check') {
      if (!(await isTrue(name, options))) ending = 'invalid';
      continue;
    }
    const runs = await callLab(signal, () => runInWorlds(name, options));
    const reports = runs.map((report) => ({ ...report, environment }));
    const words = reports.map(({ found }) => `${found.world}: ${answerWord(found.verdict)}`);
    terminal.say(`${name}: ${words.join(', ')}`);
    if (reports.some(({ found }) => found.verdict.answer === 'invalid')) ending = 'invalid';
    const facts = renderFacts(reports);
    if (use === 'write') {
      const path = pageOf(name, root);
      writeResult(path, withFacts(readFileSync(path, 'utf8'), facts));
    }
    if (isJson) for (const report of reports) terminal.result(JSON.stringify(jsonOf(report)));
    else if (use === 'print') terminal.result(facts);
  }
  return ending;
}

/** The facts of one run for machines: what its page is made from. */
function jsonOf({ experiment, seed, command, found }: ExperimentReport): unknown {
  const { world, plan, strikes, verdict, endMs, hash, ends, counts, marks, notInjected } = found;
  const seen = { verdict, endMs, hash, ends, counts, marks };
  return { experiment, world, seed, command, faults: plan.faults, strikes, notInjected, ...seen };
}

/** Whether the page of an experiment says what is measured now, in the simulator at its seed. */
async function isTrue(experiment: string, options: FactsCommandOptions): Promise<boolean> {
  const { terminal, root, signal } = options;
  const page = readFileSync(pageOf(experiment, root), 'utf8');
  const seed = seedOfFacts(page);
  if (seed === undefined) {
    terminal.result(`${experiment}: its page has no facts yet`);
    return false;
  }
  const run = () => runExperiment({ experiment, world: 'sim', seed, signal });
  const differences = differencesOf(page, await callLab(signal, run));
  const isSame = differences.length === 0;
  terminal.result(
    [`${experiment}: ${isSame ? 'as on its page' : 'differs'}`, ...differences].join('\n'),
  );
  return isSame;
}

/** The page of an experiment: `systems/raft/experiments/disk-full` for `raft/disk-full`. */
function pageOf(name: string, root: string): string {
  const [system = '', scenario = ''] = name.split('/');
  const path = join(root, 'systems', system, 'experiments', scenario, 'README.md');
  if (!existsSync(path)) throw new CommandError('could-not-run', `${path} is not there.`);
  return path;
}

async function runInWorlds(experiment: string, { seed, isSimOnly, signal }: FactsCommandOptions) {
  const inSim = await runExperiment({ experiment, world: 'sim', seed, signal });
  const entry = CATALOG.find((each) => each.experiment.name === experiment);
  // Where nothing of it can be injected into processes they would show nothing.
  const missing = entry === undefined ? [] : missingInLocal(entry.experiment);
  const isShown = missing.length < inSim.found.plan.faults.length;
  if (isSimOnly || !isShown) return [inSim];
  return [inSim, await runExperiment({ experiment, world: 'local', seed, signal })];
}

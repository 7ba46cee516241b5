/**
 * `mangrove lab facts`: runs directed experiments and prints the facts of their pages, or writes
 * them there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOG, missingInLocal, renderFacts, runExperiment, withFacts } from '@mangrove/lab/node';
import { CommandError } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { callLab } from './lab-call.ts';
import { writeResult } from './report-file.ts';
import { answerWord } from './wording.ts';

/** What the command is told. */
export interface FactsCommandOptions {
  /** The root of the house; pages are below it. */
  readonly root: string;
  /** Their names; every directed one where there is none. */
  readonly experiments: readonly string[];
  readonly seed: number;
  /** Leaves processes out. */
  readonly isSimOnly: boolean;
  /** Writes them into the pages. */
  readonly isWriting: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** `invalid` when a run broke a promise; a run that is unknown is told on its page. */
export async function factsCommand(options: FactsCommandOptions): Promise<Ending> {
  const { experiments, terminal, isWriting, root } = options;
  const directed = CATALOG.filter(({ experiment }) => experiment.drawScript !== undefined);
  const names = directed.map(({ experiment }) => experiment.name);
  let ending: Ending = 'valid';
  for (const name of experiments.length === 0 ? names : experiments) {
    const reports = await callLab(options.signal, () => runInWorlds(name, options));
    const facts = renderFacts(reports);
    const words = reports.map(({ found }) => `${found.world}: ${answerWord(found.verdict)}`);
    terminal.say(`${name}: ${words.join(', ')}`);
    if (reports.some(({ found }) => found.verdict.answer === 'invalid')) ending = 'invalid';
    if (!isWriting) {
      terminal.result(facts);
      continue;
    }
    const path = pageOf(root, name);
    if (!existsSync(path)) throw new CommandError('could-not-run', `${path} is not there.`);
    writeResult(path, withFacts(readFileSync(path, 'utf8'), facts));
  }
  return ending;
}

/** The page of an experiment: `raft/disk-full` has `systems/raft/experiments/disk-full`. */
function pageOf(root: string, name: string): string {
  const [system = '', scenario = ''] = name.split('/');
  return join(root, 'systems', system, 'experiments', scenario, 'README.md');
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

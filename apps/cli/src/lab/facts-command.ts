/**
 * `mangrove lab facts`: runs directed experiments and prints the facts of their pages, or writes
 * them there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExperimentReport } from '@mangrove/lab';
import {
  CATALOG,
  missingInLocal,
  renderFactRows,
  renderFacts,
  runExperiment,
  withFactRows,
  withFacts,
} from '@mangrove/lab/node';
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
  readonly isJson: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** `invalid` when a run broke a promise; a run that is unknown is told on its page. */
export async function factsCommand(options: FactsCommandOptions): Promise<Ending> {
  const { experiments, terminal, isWriting, isJson, root } = options;
  const directed = CATALOG.filter(({ experiment }) => experiment.drawScript !== undefined);
  const names = directed.map(({ experiment }) => experiment.name);
  let ending: Ending = 'valid';
  for (const name of experiments.length === 0 ? names : experiments) {
    const reports = await callLab(options.signal, () => runInWorlds(name, options));
    const words = reports.map(({ found }) => `${found.world}: ${answerWord(found.verdict)}`);
    terminal.say(`${name}: ${words.join(', ')}`);
    if (reports.some(({ found }) => found.verdict.answer === 'invalid')) ending = 'invalid';
    if (isWriting) write(name, reports, root);
    if (isJson) for (const report of reports) terminal.result(JSON.stringify(jsonOf(report)));
    else if (!isWriting) terminal.result(renderFacts(reports));
  }
  return ending;
}

/** The facts of one run for machines: what its page is made from. */
function jsonOf({ experiment, seed, command, found }: ExperimentReport): unknown {
  const { world, plan, strikes, verdict, endMs, hash, ends, counts, marks, notInjected } = found;
  const seen = { verdict, endMs, hash, ends, counts, marks };
  return { experiment, world, seed, command, faults: plan.faults, strikes, notInjected, ...seen };
}

/**
 * Writes facts into the page of an experiment, `systems/raft/experiments/disk-full` for
 * `raft/disk-full`; where it has none, as rows into the page of all of its system.
 */
function write(name: string, reports: readonly ExperimentReport[], root: string): void {
  const [system = '', scenario = ''] = name.split('/');
  const folder = join(root, 'systems', system, 'experiments');
  const [own, shared] = [join(folder, scenario, 'README.md'), join(folder, 'README.md')];
  if (existsSync(own)) {
    writeResult(own, withFacts(readFileSync(own, 'utf8'), renderFacts(reports)));
    return;
  }
  if (!existsSync(shared)) throw new CommandError('could-not-run', `${shared} is not there.`);
  writeResult(shared, withFactRows(readFileSync(shared, 'utf8'), renderFactRows(reports)));
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

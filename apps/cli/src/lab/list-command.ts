/**
 * `mangrove lab list`: the experiments that the lab knows.
 */
import { describeSlo } from '@mangrove/experiment';
import {
  CATALOG,
  type CatalogEntry,
  loadExperiment,
  type MissingFault,
  missingInLocal,
  scriptOf,
} from '@mangrove/lab/node';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { callLab } from './lab-call.ts';
import { simCommand } from './wording.ts';

/** What the command is told. */
export interface ListCommandOptions {
  /** Their names; where there is none, every one is named, and no more told of it. */
  readonly experiments: readonly string[];
  readonly isJson: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** Prints every experiment, or some at length. For machines each is told at length. */
export async function listCommand(options: ListCommandOptions): Promise<Ending> {
  const { experiments, isJson, terminal, signal } = options;
  const isShort = experiments.length === 0;
  const entries = isShort
    ? CATALOG
    : await callLab(signal, () => Promise.all(experiments.map(loadExperiment)));
  for (const entry of entries) {
    const known = toListed(entry);
    if (isJson) terminal.result(JSON.stringify(known));
    else if (isShort) terminal.result(`${known.name}: ${known.about}`);
    else for (const line of linesOf(known)) terminal.result(line);
  }
  if (isShort) terminal.say('What one injects, promises and judges: mangrove lab list NAME');
  return 'valid';
}

/** What is told of an experiment. */
interface Listed {
  readonly name: string;
  readonly about: string;
  readonly checks: readonly string[];
  readonly replicaCount: number;
  readonly clientCount: number;
  /** The kinds of faults that a seed may draw. */
  readonly faults: readonly string[];
  /** The faults that every run has, as seed 1 draws them. */
  readonly script: readonly string[];
  /** Those of them that the world `local` cannot inject. */
  readonly missingInLocal: readonly MissingFault[];
  readonly slos: readonly string[];
  /** Why nobody may expect to be served while its faults last. */
  readonly unavailable: string | undefined;
  readonly bugs: readonly string[];
}

function toListed({ experiment, about, judges, bugs, unavailable }: CatalogEntry): Listed {
  const { name, replicaCount, clientCount, faults, slos = [] } = experiment;
  return {
    ...{ name, about, checks: judges.map(({ check }) => check), replicaCount, clientCount, faults },
    script: scriptOf(experiment),
    missingInLocal: missingInLocal(experiment),
    slos: slos.map(describeSlo),
    unavailable,
    bugs: bugs.map((bug) => bug.name),
  };
}

function linesOf(listed: Listed): readonly string[] {
  const { name, about, checks, replicaCount, clientCount, faults, script } = listed;
  const { missingInLocal: missing, slos, unavailable, bugs } = listed;
  return [
    `${name}: ${about}`,
    `  ${replicaCount} replicas, ${clientCount} clients`,
    ...checks.map((check) => `  judged: ${check}`),
    ...slos.map((slo) => `  expected: ${slo}`),
    ...(unavailable === undefined ? [] : [`  not expected: answers, since ${unavailable}`]),
    ...(faults.length === 0 ? [] : [`  faults: ${faults.join(', ')}`]),
    ...script.map((fault) => `  always: ${fault}`),
    ...missing.map(({ fault }) => `  not in local: ${fault}`),
    ...[...new Set(missing.map(({ why }) => why))].map((why) => `  why not: ${why}`),
    ...(missing.length === 0 ? [] : [`  in sim: ${simCommand(name, 1)}`]),
    ...(bugs.length === 0 ? [] : [`  bugs to plant: ${bugs.join(', ')}`]),
  ];
}

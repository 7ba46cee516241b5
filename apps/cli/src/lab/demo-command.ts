/**
 * `mangrove lab demo`: the main job. A real cluster is hurt while it works, made-up ones are hunted
 * through, one bug is planted, found and explained; what happens is shown while it does.
 */
import { join, relative } from 'node:path';
import { sizeOf } from '@mangrove/lab';
import { clusterFiguresOf, type DemoResult, demo } from '@mangrove/lab/node';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { alignColumns } from '../text-columns.ts';
import { demoJson } from './demo-json.ts';
import { createDemoStory } from './demo-story.ts';
import { callLab } from './lab-call.ts';
import { type ReportFiles, writeReport } from './report-file.ts';
import {
  answerWord,
  counted,
  huntWords,
  markWords,
  reasonsOf,
  seconds,
  sizeWords,
} from './wording.ts';

/** What the command is told. */
export interface DemoCommandOptions {
  /** The root of the house; reports are written below it. */
  readonly root: string;
  readonly isJson: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** Where the report is written, from the root. */
const REPORT_PATH = 'results/demo.html';

/** `invalid` when something did not go as it must. */
export async function demoCommand(options: DemoCommandOptions): Promise<Ending> {
  const { root, isJson, terminal, signal } = options;
  terminal.say(
    'A store of three processes under fire, a hunt through made-up clusters, and one bug.',
  );
  terminal.say('It usually takes about a minute on two cores; Ctrl-C ends it.');
  const startedMs = performance.now();
  const result = await callLab(signal, () =>
    demo({ reportPath: REPORT_PATH, signal, onProgress: createDemoStory(terminal) }),
  );
  const files = writeReport(join(root, REPORT_PATH), result.report);
  if (isJson) terminal.result(JSON.stringify(demoJson(result, files.page)));
  else for (const line of summary(result, files)) terminal.result(line);
  terminal.say(`Took ${seconds(performance.now() - startedMs)}.`);
  return result.isAsExpected ? 'valid' : 'invalid';
}

/** What the main job came to, a line each: figures of its parts, what the bug does, the files. */
export function summary(result: DemoResult, { page, markdown }: ReportFiles): readonly string[] {
  const { report, isAsExpected } = result;
  const { found, shrunk = found } = report;
  return [
    '',
    ...alignColumns(rowsOf(result)),
    '',
    'What the bug does, in the smallest run that shows it:',
    ...reasonsOf(shrunk.verdict).map((line) => `  ${line}`),
    '',
    ...alignColumns([
      ['report', relative('', page)],
      ['as text', relative('', markdown)],
      ['again', report.command],
    ]),
    ...(isAsExpected ? [] : ['', 'NOT AS IT MUST BE: see above.']),
  ];
}

function rowsOf({ report, cluster, cleanHunt }: DemoResult): readonly (readonly string[])[] {
  const figures = clusterFiguresOf(cluster);
  const { operationCount, okCount, refusedCount, unknownCount } = figures;
  const { p50Ms, p99Ms, silenceMs, checkCount } = figures;
  const { hunt, planted, found, shrunk = found, shrinkSteps, inevitability } = report;
  const served = `${okCount} ok, ${refusedCount} refused, ${unknownCount} not known`;
  const took = `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(0)} ms`;
  const silence = `nobody was answered for ${silenceMs.toFixed(0)} ms at most`;
  return [
    ['processes', `${answerWord(cluster.verdict)}: held to ${counted(checkCount, 'promise')}`],
    ['', `${counted(operationCount, 'operation')}: ${served}`],
    ['', `${took}; ${silence}`],
    ...reasonsOf(cluster.verdict).map((reason) => ['', reason]),
    ['clean code', huntWords(cleanHunt)],
    ['', `${testedWord(cleanHunt.counts)}, ${markWords(cleanHunt)} of the protocol reached`],
    ...(planted === undefined ? [] : [['planted bug', planted.bug.name]]),
    ...(hunt === undefined ? [] : [['', huntWords(hunt)]]),
    ['shrunk', `from ${sizeWords(sizeOf(found.plan))}`],
    ['', `to ${sizeWords(sizeOf(shrunk.plan))}, in ${counted(shrinkSteps.length, 'step')}`],
    ...(inevitability?.inevitableMs === undefined
      ? []
      : [['inevitable', `from ${inevitability.inevitableMs.toFixed(0)} ms of that run on`]]),
    ...(planted?.cleanAnswer === undefined
      ? []
      : [['without it', `the same run is ${planted.cleanAnswer}`]]),
  ];
}

/** `1351 faults struck`. */
function testedWord(counts: Readonly<Record<string, number>>): string {
  const faults = Object.entries(counts).filter(([name]) => name.startsWith('fault '));
  const struck = faults.reduce((sum, [, count]) => sum + count, 0);
  return `${counted(struck, 'fault')} of ${counted(faults.length, 'kind')} struck`;
}

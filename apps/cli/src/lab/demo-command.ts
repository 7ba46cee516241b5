/**
 * `mangrove lab demo`: the main job. A small system is hunted, broken on purpose, found out, and
 * run as real processes; what happens is shown while it does.
 */
import { join, relative } from 'node:path';
import { type RunEvidence, sizeOf } from '@mangrove/lab';
import { type DemoProgress, type DemoResult, demo, renderReport } from '@mangrove/lab/node';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { callLab } from './lab-call.ts';
import { writeResult } from './report-file.ts';
import { evidenceLines, huntWords, reasonsOf, seconds, sizeWords } from './wording.ts';

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

const STAGES = {
  'hunt-clean': '1/4  hunts through seeds in the code as it is: nothing must be found',
  'hunt-planted': '2/4  plants a bug, in memory only, and hunts again',
  shrink: '3/4  makes the failing runs smaller while they fail in the same way',
  local: '4/4  runs the same code as three processes under load, and kills one',
} as const;

/** `invalid` when something did not go as it must. */
export async function demoCommand(options: DemoCommandOptions): Promise<Ending> {
  const { root, isJson, terminal, signal } = options;
  terminal.say(
    'A register on three replicas: simulated under faults, broken on purpose, run for real.',
  );
  terminal.say('It usually takes about half a minute on two cores; Ctrl-C ends it.');
  const startedMs = performance.now();
  const result = await callLab(signal, () =>
    demo({ reportPath: REPORT_PATH, signal, onProgress: createStory(terminal) }),
  );
  terminal.status('');
  const path = writeResult(join(root, REPORT_PATH), renderReport(result.report));
  const shown = relative('', path) || path;
  if (isJson) terminal.result(JSON.stringify(jsonOf(result, path)));
  else for (const line of summary(result, shown)) terminal.result(line);
  terminal.say(`Took ${seconds(performance.now() - startedMs)}.`);
  return result.isAsExpected ? 'valid' : 'invalid';
}

/** Shows what happens; when a stage ends, its last status stays. */
function createStory(terminal: Terminal): (now: DemoProgress) => void {
  let last = '';
  const status = (text: string) => {
    last = `     ${text}`;
    terminal.status(last);
  };
  return (now) => {
    switch (now.type) {
      case 'stage':
        if (last !== '') terminal.say(last);
        last = '';
        terminal.say(STAGES[now.stage]);
        break;
      case 'hunt':
        status(huntWords(now.figures));
        break;
      case 'shrink':
        status(`run ${now.step.run}: ${sizeWords(now.step.size)}`);
        break;
      case 'local':
        terminal.say(`     ${now.sentence}`);
        break;
      default:
        now satisfies never;
    }
  };
}

function summary(result: DemoResult, path: string): readonly string[] {
  const { report, cleanHunt, local } = result;
  const { hunt, planted, found, shrunk = found } = report;
  return [
    '',
    `clean code   ${huntWords(cleanHunt)}`,
    ...(planted === undefined ? [] : [`planted bug  ${planted.bug.name}`]),
    ...(hunt === undefined ? [] : [`             ${huntWords(hunt)}`]),
    `shrunk       from ${sizeWords(sizeOf(found.plan))}`,
    `             to ${sizeWords(sizeOf(shrunk.plan))}, in ${report.shrinkSteps.length} steps`,
    `processes    ${evidenceLines(local).join('; ')}`,
    '',
    'What the bug does, in the smallest run that shows it:',
    ...reasonsOf(shrunk.verdict).map((line) => `  ${line}`),
    '',
    `report       ${path}`,
    `again        ${report.command}`,
    ...(result.isAsExpected ? [] : ['', 'NOT AS IT MUST BE: see above.']),
  ];
}

function jsonOf({ report, cleanHunt, local, isAsExpected }: DemoResult, path: string): unknown {
  const { hunt, planted, found, shrunk = found } = report;
  const brief = ({ world, plan, verdict, endMs, hash }: RunEvidence) => {
    return { world, size: sizeOf(plan), verdict, endMs, hash };
  };
  return {
    ...{ isAsExpected, report: path, cleanHunt, hunt, bug: planted?.bug.name },
    ...{ found: brief(found), shrunk: brief(shrunk), local: brief(local) },
  };
}

/**
 * `mangrove lab hunt NAME...`: runs seed after seed on all cores, and makes what fails smaller.
 */
import { formatPlan } from '@mangrove/experiment';
import {
  commitWords,
  type ExperimentReport,
  failureOf,
  type HuntFigures,
  type Inevitability,
  sizeOf,
} from '@mangrove/lab';
import { bugOf, hunt, loadExperiment, reportHunt } from '@mangrove/lab/node';
import { CommandError } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { callLab } from './lab-call.ts';
import { reportFilesOf, reportWords, writeReport, writeResult } from './report-file.ts';
import { storyLines, storySteps } from './story-lines.ts';
import {
  huntWords,
  inevitabilityLines,
  inevitabilityWords,
  liveHuntWords,
  reasonsOf,
  seconds,
  sizeWords,
  testedLines,
} from './wording.ts';

/** What the command is told. */
export interface HuntCommandOptions extends Omit<HuntOptions, 'experiment'> {
  /** One after the other, each with the same seeds. */
  readonly experiments: readonly string[];
}

/** What the hunt of one experiment is told. */
interface HuntOptions {
  readonly experiment: string;
  /** A planted bug; the code as it is where it is undefined. */
  readonly bug: string | undefined;
  readonly firstSeed: number;
  readonly seedCount: number;
  /** Default: one a core. */
  readonly threadCount: number | undefined;
  /** Holds every run to the invariants of the experiment as well; it must have some. */
  readonly isWatched: boolean;
  /** Goes on after the first failure. */
  readonly isGoingOn: boolean;
  /** Where the smallest failing plan is written, if it is wanted. */
  readonly planPath: string | undefined;
  /** Where a report of the hunt is written, as a page and as text, if one is wanted. */
  readonly reportPath: string | undefined;
  /** Whether it is found out when the failure became inevitable. */
  readonly isAskingWhen: boolean;
  /** Leaves the first failure as big as it was found. */
  readonly isNotShrinking: boolean;
  /** So long is shrunk at most, ms. */
  readonly shrinkMs: number;
  readonly isJson: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** How many failures are shown. */
const SHOWN_FAILURES = 10;

/** No timer waits for longer. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** `invalid` when a seed failed, else `unknown` when a judge gave up on one. */
export async function huntCommand(options: HuntCommandOptions): Promise<Ending> {
  const { experiments, planPath, reportPath, isAskingWhen, ...common } = options;
  const isWriting = planPath !== undefined || reportPath !== undefined || isAskingWhen;
  if (isWriting && experiments.length > 1) {
    throw new CommandError('usage', '--plan, --report and --when are for one experiment.');
  }
  if (isWriting && options.isNotShrinking) {
    throw new CommandError(
      'usage',
      '--plan, --report and --when need what --no-shrink leaves out.',
    );
  }
  const endings = new Set<Ending>();
  for (const experiment of experiments) {
    const ending = await huntOne({ ...common, experiment, planPath, reportPath, isAskingWhen });
    endings.add(ending);
    if (ending === 'invalid' && !options.isGoingOn) break;
  }
  if (endings.has('invalid')) return 'invalid';
  return endings.has('unknown') ? 'unknown' : 'valid';
}

async function huntOne(options: HuntOptions): Promise<Ending> {
  const { experiment, firstSeed, seedCount, isWatched, isGoingOn, terminal, signal } = options;
  const figures = await callLab(signal, async () => {
    const entry = await loadExperiment(experiment);
    if (isWatched && entry.createInvariant === undefined) {
      throw new CommandError('usage', `${experiment} has no invariants: leave out --watched`);
    }
    const bug = options.bug === undefined ? undefined : bugOf(entry, options.bug);
    const code = bug === undefined ? 'the code as it is' : `with ${bug.name}`;
    const watch = isWatched ? ', invariants on' : '';
    terminal.say(`Hunts through ${seedCount} seeds of ${experiment}, ${code}${watch}.`);
    const seen = await hunt({
      ...{ experiment, bug, firstSeed, seedCount, isWatched, signal },
      workerCount: options.threadCount,
      isOver: ({ failureCount }) => !isGoingOn && failureCount > 0,
      onProgress: (so) => terminal.status(liveHuntWords(so)),
      onOutcome: isGoingOn ? (outcome) => terminal.complain(outcomeWords(outcome)) : undefined,
    });
    terminal.status('');
    // One that is interrupted has seen something, too: a long hunt would be lost.
    printFigures(seen, options);
    return seen;
  });
  const { planPath, reportPath, isAskingWhen, isNotShrinking } = options;
  // Who goes on after failures wants to know how many there are.
  const isShrinking = !isNotShrinking && !isGoingOn;
  const isWanted = isShrinking || planPath !== undefined || isAskingWhen;
  if (reportPath !== undefined || (isWanted && figures.failureCount > 0)) {
    await callLab(signal, () => explain(figures, options));
  }
  if (figures.failureCount > 0) return 'invalid';
  return figures.unknownCount > 0 ? 'unknown' : 'valid';
}

function printFigures(figures: HuntFigures, options: HuntOptions): void {
  const { experiment, bug, isWatched, isJson, terminal } = options;
  if (isJson) {
    terminal.result(JSON.stringify({ experiment, bug, isWatched, ...figures }));
    return;
  }
  terminal.result(huntWords(figures));
  for (const line of testedLines(figures)) terminal.say(line);
  for (const { seed, anomaly, sentence } of figures.failures.slice(0, SHOWN_FAILURES)) {
    terminal.result(outcomeWords({ seed, anomaly, sentence }));
  }
  for (const unknown of figures.unknowns.slice(0, SHOWN_FAILURES)) {
    terminal.result(outcomeWords(unknown));
  }
  const more = figures.failureCount - SHOWN_FAILURES;
  if (more > 0) terminal.result(`and ${more} more`);
  const [first] = figures.failures;
  if (first === undefined) return;
  const run = isWatched
    ? `hunt ${experiment} --first ${first.seed} --seeds 1`
    : `run ${experiment} --seed ${first.seed}`;
  terminal.result(`again: npx mangrove lab ${run}${codeOptions(options)}`);
}

/** `seed 7: stuck: c2 saw no ok`; what comes to nothing known is said to be so. */
function outcomeWords({ seed, anomaly = 'not known', sentence }: OutcomeFields): string {
  return `seed ${seed}: ${anomaly}: ${sentence}`;
}

interface OutcomeFields {
  readonly seed: number;
  readonly anomaly?: string;
  readonly sentence: string;
}

/**
 * Makes the first failure smaller and tells its story; writes what was asked for: the smallest
 * plan, a report of the hunt.
 */
async function explain(figures: HuntFigures, options: HuntOptions): Promise<void> {
  const { experiment, planPath, reportPath, isWatched, isAskingWhen, terminal, signal } = options;
  const shrinkSignal = AbortSignal.timeout(Math.min(options.shrinkMs, TIMER_MS_MAX));
  // Where its time was over before the first step.
  let isCutShort = true;
  const entry = await loadExperiment(experiment);
  const bug = options.bug === undefined ? undefined : bugOf(entry, options.bug);
  const report = await reportHunt(experiment, {
    ...{ figures, bug, isWatched, isAskingWhen, shrinkSignal, signal },
    command: againCommand(figures, options),
    onShrink: ({ run, size }) => {
      isCutShort = shrinkSignal.aborted;
      terminal.status(`shrinks, run ${run}: ${sizeWords(size)}`);
    },
    onInevitability: (points) => terminal.status(inevitabilityWords(points)),
  });
  signal.throwIfAborted();
  terminal.status('');
  const { inevitability } = report;
  printShrunk(report, figures, options);
  if (isCutShort && report.shrunk !== undefined) {
    const bound = seconds(options.shrinkMs);
    terminal.say(`shrinking was ended after ${bound}: --shrink-seconds gives it longer`);
  }
  if (inevitability !== undefined) printInevitability(inevitability, options);
  if (reportPath === undefined) return;
  terminal.say(reportWords(writeReport(reportPath, report)));
  if (planPath !== undefined && report.shrunk === undefined)
    terminal.say('no plan: nothing failed');
}

function printShrunk(report: ExperimentReport, figures: HuntFigures, options: HuntOptions): void {
  const { shrunk } = report;
  const [failure] = figures.failures;
  if (shrunk === undefined || failure === undefined) return;
  const { planPath, isJson, terminal } = options;
  const text = formatPlan({ ...shrunk.plan, ...originOf(report, options) });
  const plan = planPath === undefined ? undefined : writeResult(planPath, text);
  const size = sizeOf(shrunk.plan);
  if (isJson) {
    const { seed, anomaly } = failure;
    const name = failureOf(shrunk.verdict)?.name;
    const steps = storySteps(shrunk);
    terminal.result(JSON.stringify({ shrunk: size, seed, anomaly, name, steps, plan }));
    return;
  }
  terminal.result(`shrunk to ${sizeWords(size)}`);
  for (const line of reasonsOf(shrunk.verdict)) terminal.result(`  ${line}`);
  for (const line of storyLines(shrunk)) terminal.result(line);
  if (planPath !== undefined) {
    terminal.result(`plan: npx mangrove replay ${planPath}${codeOptions(options)}`);
  }
}

/** What the plan of a shrunk run tells of its origin. */
function originOf({ environment, shrunk }: ExperimentReport, { bug, isWatched }: HuntOptions) {
  return {
    commit: commitWords(environment),
    ...(shrunk?.hash === undefined ? {} : { hash: shrunk.hash }),
    ...(bug === undefined ? {} : { bug }),
    ...(isWatched ? { isWatched } : {}),
  };
}

function printInevitability(inevitability: Inevitability, { isJson, terminal }: HuntOptions): void {
  if (isJson) terminal.result(JSON.stringify({ inevitability }));
  else for (const line of inevitabilityLines(inevitability)) terminal.result(line);
}

/** The command that runs again what the report is about. */
function againCommand(figures: HuntFigures, options: HuntOptions): string {
  const { experiment, firstSeed, seedCount, reportPath } = options;
  if (figures.failures.length > 0 && reportPath !== undefined) {
    return `npx mangrove replay ${reportFilesOf(reportPath).page}`;
  }
  const seeds = `--first ${firstSeed} --seeds ${seedCount}`;
  return `npx mangrove lab hunt ${experiment} ${seeds}${codeOptions(options)}`;
}

/** The options that say which code ran, and how it was judged. */
function codeOptions({ bug, isWatched }: HuntOptions): string {
  return `${bug === undefined ? '' : ` --bug ${bug}`}${isWatched ? ' --watched' : ''}`;
}

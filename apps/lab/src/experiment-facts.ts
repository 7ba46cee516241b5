/**
 * The facts of an experiment's page: what was injected, what was seen in each world, the commands.
 *
 * A page is prose that people wrote, with one part between two markers that a command writes anew
 * from real runs. So a figure on it is always one that was measured.
 */
import { InvalidArgument } from '@mangrove/host';
import { levelsOf } from './levels.ts';
import { LEADERSHIPS_SEEN, readsAtDeposed, reignsOf } from './reigns.ts';
import { environmentRows } from './report/cause.ts';
import { bandsOf, whenOf } from './report/fault-band.ts';
import { latencyFigures, timingsOf } from './report/latency.ts';
import { escapeMarkdown } from './report/markdown-report.ts';
import type { ExperimentReport, RunEvidence } from './run-report.ts';

/** Between these the facts stand on a page. */
export const FACTS_BEGIN = '<!-- facts: written by `npx mangrove lab facts --write` -->';

/** Where they end. */
export const FACTS_END = '<!-- end of facts -->';

/** `page` with `facts` between its markers; throws `InvalidArgument` where it has none. */
export function withFacts(page: string, facts: string): string {
  const { begin, end } = placeOf(page);
  return `${page.slice(0, begin)}\n\n${facts}\n\n${page.slice(end)}`;
}

/**
 * The lines in which the facts of `page` differ from those of a run in the simulator: what stands
 * there and was not measured now begins with `-`, what was and does not with `+`. Empty where the
 * page says what is. Of other worlds nothing is compared: they are never twice the same.
 */
export function differencesOf(page: string, inSim: ExperimentReport): readonly string[] {
  const { begin, end } = placeOf(page);
  const [told, measured] = [page.slice(begin, end), renderFacts([inSim])].map(simRows);
  const missing = (rows: readonly string[] = [], others: readonly string[] = []) =>
    rows.filter((row) => !others.includes(row));
  return [
    ...missing(told, measured).map((row) => `- ${row}`),
    ...missing(measured, told).map((row) => `+ ${row}`),
  ];
}

/** The seed of the simulated run that `page` tells of; undefined where it tells of none. */
export function seedOfFacts(page: string): number | undefined {
  const { begin, end } = placeOf(page);
  const [, seed] = /\(simulator, seed (\d+)\)/.exec(page.slice(begin, end)) ?? [];
  return seed === undefined ? undefined : Number(seed);
}

/** The facts as Markdown, of runs of one experiment in several worlds; the first one is shown. */
export function renderFacts(reports: readonly ExperimentReport[]): string {
  const [first] = reports;
  if (first === undefined) return '';
  return [
    measuredLine(first),
    injectedTable(first.found),
    seenTable(reports),
    ...reports.flatMap(missingLines),
    ['```sh', ...reports.map(({ command }) => command), '```'].join('\n'),
  ].join('\n\n');
}

/** When and with what it was measured. */
function measuredLine(report: ExperimentReport): string {
  const environment = new Map(environmentRows(report));
  const about = ['Commit', 'Node.js', 'Processor'].map(
    (name) => `${name} ${environment.get(name)}`,
  );
  return `Measured on ${report.madeAt.slice(0, 10)}. ${about.join('. ')}.`;
}

function injectedTable(run: RunEvidence): string {
  const rows = bandsOf(run).map((band) => [band.label, whenOf(band)]);
  return table([`injected (${worldWord(run)})`, 'when'], rows);
}

function seenTable(reports: readonly ExperimentReport[]): string {
  const runs = reports.map(({ found }) => found);
  const row = (what: string, cellOf: (run: RunEvidence) => string) => [what, ...runs.map(cellOf)];
  const levels = runs.map(levelsOf);
  return table(row('seen', worldWord), [
    row('verdict', ({ verdict }) => verdict.answer),
    row('operations, answered ok', operationsOf),
    row('times that a node became leader', leadershipsOf),
    ...deposedRows(runs),
    ...powerRows(runs),
    row('messages lost to faults', lostOf),
    ...(levels[0] ?? []).map(({ what }, place) => [
      what,
      ...levels.map((each) => each[place]?.measured ?? ''),
    ]),
  ]);
}

function worldWord({ world, plan }: RunEvidence): string {
  const seed = plan.seed === undefined ? '' : `, seed ${plan.seed}`;
  return world === 'sim' ? `simulator${seed}` : `processes${seed}`;
}

function operationsOf({ history, endMs }: RunEvidence): string {
  const { count, okCount } = latencyFigures(timingsOf(history, endMs));
  return `${okCount} of ${count}`;
}

/** How often a node that did not lead began to. Processes were asked only now and then. */
function leadershipsOf({ trace, counts }: RunEvidence): string {
  if (trace !== undefined) return String(reignsOf(trace).length);
  const seen = counts[LEADERSHIPS_SEEN];
  return seen === undefined ? 'not recorded' : `at least ${seen}`;
}

/** What was asked of leaders that were deposed and did not know, where there was any in a run. */
function deposedRows(runs: readonly RunEvidence[]): readonly string[][] {
  const counts = runs.map(({ trace }) => trace && readsAtDeposed(trace));
  if (!counts.some((count) => count !== undefined && count > 0)) return [];
  const cells = counts.map((count) => (count === undefined ? 'not recorded' : String(count)));
  return [['reads asked of a leader that was deposed and did not know', ...cells]];
}

/** What power failures took, where there were any. */
function powerRows(runs: readonly RunEvidence[]): readonly string[][] {
  const isPowerLoss = ({ plan }: RunEvidence) =>
    plan.faults.some((fault) => 'disk' in fault && fault.disk === 'unsynced-lost');
  if (!runs.some(isPowerLoss)) return [];
  const lost = ({ world, counts }: RunEvidence) =>
    world === 'local' ? 'none can be' : String(counts['bytes lost at power failure'] ?? 0);
  return [['bytes written, not synced, and lost at power failures', ...runs.map(lost)]];
}

function lostOf({ counts, world }: RunEvidence): string {
  if (world === 'local') return 'not counted';
  const lost = Object.entries(counts).filter(([name]) => name.startsWith('message dropped'));
  return String(lost.reduce((sum, [, count]) => sum + count, 0));
}

function missingLines({ found }: ExperimentReport): readonly string[] {
  if (found.notInjected.length === 0) return [];
  const what = [...new Set(found.notInjected)].map(escapeMarkdown).join('; ');
  return [`Not injected with ${worldWord(found)}, since that world cannot: ${what}.`];
}

/** The first two cells of each row of a table: the simulator's, and what they are of. */
function simRows(facts: string): readonly string[] {
  const rows = facts.split('\n').filter((line) => line.startsWith('| '));
  return rows.map((line) => line.split('|').slice(1, 3).join('|').trim());
}

function placeOf(page: string): { readonly begin: number; readonly end: number } {
  const begin = page.indexOf(FACTS_BEGIN);
  const end = page.indexOf(FACTS_END);
  if (begin < 0 || end < begin) {
    throw new InvalidArgument('page', 'no markers', `${FACTS_BEGIN} and ${FACTS_END}`);
  }
  return { begin: begin + FACTS_BEGIN.length, end };
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  return [line(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n');
}

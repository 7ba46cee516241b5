/**
 * The facts of an experiment's page: what was injected, what was seen in each world, the commands.
 *
 * A page is prose that people wrote, with one part between two markers that a command writes anew
 * from real runs. So a figure on it is always one that was measured.
 */
import { InvalidArgument } from '@mangrove/host';
import { bandsOf, whenOf } from './report/fault-band.ts';
import { latencyFigures, timingsOf } from './report/latency.ts';
import { escapeMarkdown } from './report/markdown-report.ts';
import { serviceLevelsOf } from './report/service-levels.ts';
import type { ExperimentReport, RunEvidence } from './run-report.ts';
import { unpromisedOf } from './unpromised.ts';

/** Between these the facts stand on a page. */
export const FACTS_BEGIN = '<!-- facts: written by `npx mangrove lab facts --write` -->';

/** Where they end. */
export const FACTS_END = '<!-- end of facts -->';

/** `page` with `facts` between its markers; throws `InvalidArgument` where it has none. */
export function withFacts(page: string, facts: string): string {
  const begin = page.indexOf(FACTS_BEGIN);
  const end = page.indexOf(FACTS_END);
  if (begin < 0 || end < begin) {
    throw new InvalidArgument('page', 'no markers', `${FACTS_BEGIN} and ${FACTS_END}`);
  }
  return `${page.slice(0, begin + FACTS_BEGIN.length)}\n\n${facts}\n\n${page.slice(end)}`;
}

/** The facts as Markdown, of runs of one experiment in several worlds; the first one is shown. */
export function renderFacts(reports: readonly ExperimentReport[]): string {
  const [first] = reports;
  if (first === undefined) return '';
  return [
    injectedTable(first.found),
    seenTable(reports),
    ...reports.flatMap(missingLines),
    ['```sh', ...reports.map(({ command }) => command), '```'].join('\n'),
  ].join('\n\n');
}

function injectedTable(run: RunEvidence): string {
  const rows = bandsOf(run).map((band) => [band.label, whenOf(band)]);
  return table([`injected (${worldWord(run)})`, 'when'], rows);
}

function seenTable(reports: readonly ExperimentReport[]): string {
  const head = ['seen', ...reports.map(({ found }) => worldWord(found))];
  const answers = ['verdict', ...reports.map(({ found }) => found.verdict.answer)];
  const counts = ['operations, answered ok', ...reports.map(({ found }) => operationsOf(found))];
  const leaders = ['times that a node became leader', ...reports.map(leadershipsOf)];
  const lost = ['messages lost to faults', ...reports.map(({ found }) => lostOf(found))];
  const levels = reports.map((report) => serviceLevelsOf(report));
  const objectives = (levels[0] ?? []).map(({ objective }, index) => [
    objective.replace(/\.$/, ''),
    ...levels.map((each) => {
      const row = each[index];
      if (row === undefined) return '';
      const sign = { valid: '', invalid: ' (missed)', unknown: ' (unknown)' }[row.answer];
      return `${row.measured}${sign}`;
    }),
  ]);
  const meanwhile = reports.map(({ found }) => unpromisedOf(found));
  const rest = (meanwhile[0] ?? []).map(({ what }, index) => [
    `${what} (nothing is promised)`,
    ...meanwhile.map((each) => each[index]?.measured ?? ''),
  ]);
  return table(head, [answers, counts, leaders, lost, ...rest, ...objectives]);
}

function worldWord({ world, plan }: RunEvidence): string {
  const seed = plan.seed === undefined ? '' : `, seed ${plan.seed}`;
  return world === 'sim' ? `simulator${seed}` : `processes${seed}`;
}

function operationsOf({ history, endMs }: RunEvidence): string {
  const { count, okCount } = latencyFigures(timingsOf(history, endMs));
  return `${okCount} of ${count}`;
}

/** How often a node that did not lead began to; only a recorded run tells. */
function leadershipsOf({ found: { trace } }: ExperimentReport): string {
  if (trace === undefined) return 'not recorded';
  const roles = new Map<string, unknown>();
  let count = 0;
  for (const record of trace.records) {
    if (record.type === 'down') roles.delete(record.node);
    if (record.type !== 'state') continue;
    const { role } = record.fields;
    if (role === 'leader' && roles.get(record.node) !== 'leader') count += 1;
    roles.set(record.node, role);
  }
  return String(count);
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

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  return [line(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n');
}

/**
 * The facts of several experiments in one table, for a system whose scenarios share a page: a row
 * for each experiment and world, written anew from a real run.
 */
import type { Slo } from '@mangrove/experiment';
import { FACTS_BEGIN, FACTS_END, withFacts } from './experiment-facts.ts';
import { latencyFigures, timingsOf } from './report/latency.ts';
import { escapeMarkdown } from './report/markdown-report.ts';
import { formatCount, formatMs } from './report/wording.ts';
import type { ExperimentReport, RunEvidence } from './run-report.ts';
import { unpromisedOf } from './unpromised.ts';

/** The objectives that are columns, in order; what is measured and not promised is in brackets. */
const COLUMNS: readonly (readonly [head: string, isIt: (slo: Slo) => boolean])[] = [
  ['ok during', (slo) => slo.type === 'availability' && slo.phase === 'during'],
  ['longest silence', (slo) => slo.type === 'outage'],
  ['all served after', (slo) => slo.type === 'recovery'],
  ['ok after', (slo) => slo.type === 'availability' && slo.phase === 'after'],
  ...([50, 99, 99.9] as const).map((percentile): (typeof COLUMNS)[number] => [
    `p${percentile} after`,
    (slo) => slo.type === 'latency' && slo.phase === 'after' && slo.percentile === percentile,
  ]),
];

const HEAD = lineOf([
  ...['scenario', 'where', 'verdict', 'answered ok'],
  ...COLUMNS.map(([head]) => head),
]);
const RULE = HEAD.replace(/[^|]+/g, ' --- ');

/** The rows of one experiment, of its runs in several worlds. */
export function renderFactRows(reports: readonly ExperimentReport[]): readonly string[] {
  return reports.map(({ experiment, found }) => {
    const { count, okCount } = latencyFigures(timingsOf(found.history, found.endMs));
    return lineOf([
      experiment,
      found.world === 'sim' ? 'simulator' : 'processes',
      found.verdict.answer,
      `${okCount} of ${count}`,
      ...COLUMNS.map(([, isIt]) => measuredOf(found, isIt)),
    ]);
  });
}

/**
 * `page` with `rows` in its table: each in the place of the one of the same experiment and world,
 * else at the end. Throws `InvalidArgument` where the page has no markers.
 */
export function withFactRows(page: string, rows: readonly string[]): string {
  const facts = page.slice(page.indexOf(FACTS_BEGIN), page.indexOf(FACTS_END));
  const known = facts
    .split('\n')
    .filter((line) => line.startsWith('| ') && line !== HEAD && line !== RULE);
  const whole = new Map([...known, ...rows].map((row) => [nameOf(row), row]));
  return withFacts(page, [HEAD, RULE, ...whole.values()].join('\n'));
}

function measuredOf(run: RunEvidence, isIt: (slo: Slo) => boolean): string {
  const check = run.verdict.checks.find(({ slo }) => slo !== undefined && isIt(slo.slo));
  if (check?.slo === undefined) {
    const figure = unpromisedOf(run).find(({ slo }) => isIt(slo));
    return figure === undefined ? '–' : `(${figure.measured})`;
  }
  const { measured, slo } = check.slo;
  if (measured === undefined) {
    return check.answer === 'unknown' ? 'nothing to measure' : 'no end (missed)';
  }
  const figure = slo.type === 'availability' ? `${formatCount(measured)} %` : formatMs(measured);
  return check.answer === 'invalid' ? `${figure} (missed)` : figure;
}

function nameOf(row: string): string {
  return row.split('|').slice(1, 3).join('|');
}

function lineOf(cells: readonly string[]): string {
  return `| ${cells.map(escapeMarkdown).join(' | ')} |`;
}

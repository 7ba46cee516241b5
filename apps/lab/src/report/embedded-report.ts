/**
 * The data inside a page, for machines: enough to run it again.
 *
 * A page carries its experiment, seed, planted bug and plans with all their choices. So the file
 * of a report is also what `replay` reads. Traces and histories are left out: a replay makes them
 * anew.
 */
import { type Plan, parsePlan } from '@mangrove/experiment';
import { InvalidArgument } from '@mangrove/host';
import { commitWords, type ExperimentReport } from '../run-report.ts';
import { embedJson, type Markup, markup } from './markup.ts';

/** What can be read back from a page. */
export interface EmbeddedReport {
  readonly format: 'mangrove-report/1';
  readonly experiment: string;
  readonly subject: string;
  readonly command: string;
  readonly seed?: number;
  /** Whether its runs were held to the invariant of the experiment as well. */
  readonly isWatched?: boolean;
  /** The commit of the code, and whether files had changed since, in words. */
  readonly commit: string;
  /** The name of the bug that was planted. */
  readonly bug?: string;
  readonly hash?: string;
  /** The plan that the page shows: the shrunk one where there is one. */
  readonly plan: Plan;
  /** The plan as it was found; missing where it is the same. */
  readonly foundPlan?: Plan;
}

/** The longest page that is read, in characters. */
export const MAX_PAGE_LENGTH = 256 * 1024 * 1024;

/** The element that carries the data. */
export function embedReport(report: ExperimentReport): Markup {
  const { format, experiment, subject, command, seed, planted, found, shrunk } = report;
  const { isWatched } = report;
  const shown = shrunk ?? found;
  const data: EmbeddedReport = {
    ...{ format, experiment, subject, command, commit: commitWords(report.environment) },
    ...(seed === undefined ? {} : { seed }),
    ...(isWatched === true ? { isWatched } : {}),
    ...(planted === undefined ? {} : { bug: planted.bug.name }),
    ...(shown.hash === undefined ? {} : { hash: shown.hash }),
    plan: shown.plan,
    ...(shrunk === undefined ? {} : { foundPlan: found.plan }),
  };
  return markup`<script type="application/json" id="mangrove-report">${embedJson(data)}</script>`;
}

/** The data of the page `html`; throws `InvalidArgument` that says what is wrong with it. */
export function readEmbeddedReport(html: string): EmbeddedReport {
  if (html.length > MAX_PAGE_LENGTH) {
    throw new InvalidArgument('report', `${html.length} characters`, `at most ${MAX_PAGE_LENGTH}`);
  }
  const start = html.indexOf(OPENING);
  const end = html.indexOf('</script>', start);
  if (start === -1 || end === -1) {
    throw new InvalidArgument('report', 'no data inside', 'a page that Mangrove made');
  }
  let data: Partial<EmbeddedReport>;
  try {
    data = JSON.parse(html.slice(start + OPENING.length, end));
  } catch (cause) {
    throw new InvalidArgument('report', `damaged data (${String(cause)})`, 'JSON');
  }
  if (data.format !== 'mangrove-report/1' || data.plan === undefined) {
    throw new InvalidArgument('report.format', data.format, 'mangrove-report/1');
  }
  return { ...data, plan: parsePlan(JSON.stringify(data.plan)) } as EmbeddedReport;
}

const OPENING = '<script type="application/json" id="mangrove-report">';

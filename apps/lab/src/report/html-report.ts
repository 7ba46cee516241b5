/**
 * The page: one HTML file that needs no network, and stands without its script.
 *
 * Its content security policy allows nothing from outside and no script but its own, known by its
 * digest. That is a second line: the first is that `markup` escapes all that comes from a run.
 */
import type { ExperimentReport } from '../run-report.ts';
import { renderCause, renderOrigin } from './cause.ts';
import { renderDecisiveStates } from './decisive-states.ts';
import { embedReport } from './embedded-report.ts';
import { renderExplorer } from './explorer.ts';
import { headlineOf, shownRun } from './headline.ts';
import { renderInevitability } from './inevitability-chart.ts';
import { type Markup, markup, trusted } from './markup.ts';
import { renderOpening } from './opening.ts';
import { renderOtherRuns } from './other-runs.ts';
import { storyOf } from './run-story.ts';
import {
  renderChecks,
  renderContradictionSection,
  renderEvidence,
  renderHistory,
  renderInjected,
  renderWholeRun,
} from './sections.ts';
import { renderServiceLevels } from './service-levels.ts';
import { styleSheet } from './style.ts';

/** A script, and the expression by which a content security policy allows it alone. */
export interface PageScript {
  readonly text: string;
  readonly policy: string;
}

/** The page of `report`, with `script` to wake it up. */
export function renderPage(report: ExperimentReport, script: PageScript): string {
  const run = shownRun(report);
  const { answer } = headlineOf(report);
  const story = storyOf(report);
  const seed = report.seed === undefined ? '' : `, seed ${report.seed}`;
  const title = `${answer.toUpperCase()}: ${report.experiment}${seed}`;
  const policy =
    `default-src 'none'; style-src 'unsafe-inline'; script-src ${script.policy}; ` +
    `base-uri 'none'; form-action 'none'`;
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>${title}</title>
<style>${trusted(styleSheet())}</style></head><body>${renderOpening(report)}<main>
${renderContradictionSection(run)}${renderExplorer(story)}
${renderInevitability(report.inevitability)}
${renderInjected(run)}${renderDecisiveStates(story)}
${renderHistory(story)}${renderChecks(run)}${renderServiceLevels(report)}
${renderWholeRun(report)}${renderOtherRuns(report)}
${renderEvidence(report)}${renderCause(report)}${renderOrigin(report)}</main>
<footer>${footer(report)}</footer>${embedReport(report)}
<script>${trusted(script.text)}</script></body></html>
`.text;
}

function footer({ shrunk, found }: ExperimentReport): Markup {
  const run = shrunk === undefined ? 'the run' : 'the shrunk run';
  const kind = (shrunk ?? found).world === 'sim' ? 'virtual milliseconds' : 'milliseconds';
  return markup`All times are ${kind} from the start of ${run}, unless a chart says otherwise. This
file carries its plan and seed, so that it can be replayed.`;
}

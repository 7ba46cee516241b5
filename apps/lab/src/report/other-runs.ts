/**
 * Runs of the same subject in another world than the one that the report is about, such as three
 * real processes: each with its faults, its figures over time, what was checked and what clients
 * saw.
 */
import type { ExperimentReport, RunEvidence } from '../run-report.ts';
import { sentenceOf } from './headline.ts';
import { type Markup, markup } from './markup.ts';
import { storyOfRun } from './run-story.ts';
import { checksTable, historyTable, injectedTable, runFigures } from './sections.ts';
import { formatMs } from './wording.ts';

/** A section for each of them; nothing where there are none. */
export function renderOtherRuns({ others }: ExperimentReport): Markup {
  return markup`${others.map(renderOtherRun)}`;
}

/** What such a run is called: `kv on 3 real processes`. */
export function otherTitle({ world, plan }: RunEvidence): string {
  const { experiment, replicas } = plan;
  const where = world === 'local' ? 'real processes' : 'simulated nodes';
  return `${experiment} on ${replicas.length} ${where}`;
}

function renderOtherRun(run: RunEvidence, index: number): Markup {
  const { answer } = run.verdict;
  const sign = { valid: '\u2713', invalid: '\u2715', unknown: '?' }[answer];
  const name = answer === 'valid' ? 'held' : answer === 'invalid' ? 'bad' : '';
  const figures = runFigures(run);
  return markup`<section id="other-${index + 1}"><h2>${otherTitle(run)}</h2>
<p><b class="${name}">${sign} ${answer.toUpperCase()}</b> ${sentenceOf(run)}</p>
<h3>What was injected</h3>${injectedTable(run)}
<h3>The run over time</h3>${figures ?? ''}
<h3>What was checked</h3>${checksTable(run)}
<h3>What clients saw</h3>${historyTable(storyOfRun(run), formatMs)}</section>`;
}

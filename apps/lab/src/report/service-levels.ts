/**
 * The table of service level objectives: what was promised, what was measured, of how many.
 *
 * It is of the run as it was found: a shrunk one has too few operations for any percentile.
 */
import { describeSlo } from '@mangrove/experiment';
import type { ExperimentReport } from '../run-report.ts';
import type { Answer } from '../verdict.ts';
import { type Markup, markup } from './markup.ts';
import { formatCount, formatMs, toSentence } from './wording.ts';

/** An objective as a table shows it. */
export interface ServiceLevelRow {
  readonly objective: string;
  readonly measured: string;
  /** How many operations, or clients, the figure is of. */
  readonly count: number;
  readonly answer: Answer;
}

/** The objectives of the run in the order of the experiment; empty where it has none. */
export function serviceLevelsOf({ found }: ExperimentReport): readonly ServiceLevelRow[] {
  return found.verdict.checks.flatMap(({ slo: figures, answer }) => {
    if (figures === undefined) return [];
    const { slo, measured, count } = figures;
    const objective = toSentence(describeSlo(slo));
    if (measured === undefined) {
      const why = answer === 'unknown' ? 'nothing to measure' : 'no end in this run';
      return [{ objective, measured: why, count, answer }];
    }
    const isShare = slo.type === 'availability';
    const figure = isShare ? `${formatCount(measured)}\u00a0%` : formatMs(measured);
    return [{ objective, measured: figure, count, answer }];
  });
}

/** The section; nothing where the experiment has no objectives. */
export function renderServiceLevels(report: ExperimentReport): Markup {
  const rows = serviceLevelsOf(report);
  if (rows.length === 0) return markup``;
  const words = { invalid: '\u2715 missed', unknown: '? unknown', valid: '\u2713 held' } as const;
  const names = { invalid: 'bad', unknown: '', valid: 'held' } as const;
  const lines = rows.map(
    ({ objective, measured, count, answer }) => markup`<tr><td>${objective}</td>
<td class="r">${measured}</td><td class="r optional">${formatCount(count)}</td>
<td><span class="${names[answer]}">${words[answer]}</span></td></tr>`,
  );
  return markup`<section id="slos"><h2>Service levels</h2>
<p class="lede">What clients may expect, and what they got. Operations without an answer count as
slower than any bound.</p><div class="wide"><table><thead><tr><th>Objective</th>
<th class="r">Measured</th><th class="r optional">Of</th><th>Answer</th></tr></thead>
<tbody>${lines}</tbody></table></div></section>`;
}

/**
 * The sections of a page between its opening and its end, each from one part of the report.
 */
import type { ExperimentReport, RunEvidence } from '../run-report.ts';
import type { CheckResult } from '../verdict.ts';
import { clockOffsets } from './clock-offsets.ts';
import { argumentOf, renderContradiction, titleOf } from './contradiction-chart.ts';
import { type EvidenceRow, evidenceOf, silencesOf } from './evidence.ts';
import { bandsOf, whenOf } from './fault-band.ts';
import { explanationOf } from './headline.ts';
import { injectedFaults } from './injected-faults.ts';
import { latencyFigures, MIN_PLOTTED, timingsOf } from './latency.ts';
import { markRowsOf } from './mark-rows.ts';
import { type Markup, markup } from './markup.ts';
import type { Operation } from './operation.ts';
import type { Story } from './story.ts';
import { renderTimeChart } from './time-chart.ts';
import { linkTimes, timeLink } from './time-link.ts';
import { formatCount, formatDuration, formatMs, plural, toSentence } from './wording.ts';

/** The most rows of a table; how many more there are stands below it. */
export const MAX_ROWS = 200;

/** The smallest history that shows the violation; nothing where no judge gave one. */
export function renderContradictionSection(run: RunEvidence): Markup {
  const explanation = explanationOf(run);
  if (explanation === undefined || explanation.operations.length === 0) return markup``;
  const { operations, key, sentences } = explanation;
  const on = key === undefined ? '' : ` on ${key}`;
  const verb = operations.length === 1 ? 'shows' : 'show';
  const few = `${plural(operations.length, 'operation')}${on} ${verb} it. `;
  const lines = sentences
    .slice(0, MAX_ROWS)
    .map((line) => markup`<li>${linkTimes(toSentence(line))}</li>`);
  return markup`<section id="contradiction"><h2>${titleOf(explanation)}</h2>
<div class="contra"><div>
<p>${few}${argumentOf(explanation)}</p>
<ol>${lines}</ol></div>
<figure><div class="on-wide">${renderContradiction(explanation, 520)}</div>
<div class="on-narrow">${renderContradiction(explanation, 358)}</div>
<figcaption class="kv">Order is exact, lengths are
not to scale.</figcaption></figure></div></section>`;
}

/** What clients did in the drawn run. */
export function renderHistory(story: Story): Markup {
  if (story.operations.length === 0) return markup``;
  return markup`<section id="history"><h2>What clients saw</h2>${historyTable(story)}</section>`;
}

/**
 * The table of what clients did, or the part of it that matters.
 *
 * @param time how a moment stands in it: links move the cursor of the one diagram of the page
 */
export function historyTable(
  story: Story,
  time: (atMs: number) => Markup | string = timeLink,
): Markup {
  const rows = toldOperations(story).map((operation) => {
    const { process, label, result, outcome, startMs, endMs, isKey, isContradiction, error } =
      operation;
    const name = [isKey ? 'key' : '', isContradiction ? 'wrong' : ''].join(' ').trim();
    const shown = isContradiction ? `${result} \u2715` : result;
    const until = outcome === 'info' ? '' : time(endMs);
    const note = error === undefined ? '' : markup` <span class="kv">${error}</span>`;
    return markup`<tr class="${name}"><td>${process}</td><td>${label}</td>
<td class="r optional">${time(startMs)}</td><td class="r">${until}</td>
<td class="r optional">${outcome === 'info' ? '' : formatMs(endMs - startMs)}</td>
<td${isContradiction ? markup` class="bad"` : ''}>${shown}${note}</td></tr>`;
  });
  const part = partWords(story);
  const more = part === '' ? '' : markup`<p class="kv">${part}</p>`;
  return markup`<div class="wide"><table><thead><tr>
<th>Process</th><th>Operation</th><th class="r optional">Called</th><th class="r">Answered</th>
<th class="r optional">Took</th><th>Result</th></tr></thead><tbody>${rows}</tbody></table></div>
${more}`;
}

/** How many operations there are where not all are told; empty where all are. */
export function partWords(story: Story): string {
  const count = story.operations.length;
  const told = toldOperations(story).length;
  return told === count
    ? ''
    : `${told} of ${formatCount(count)}: those that led up to the decisive moment.`;
}

/** The most operations in the table of what clients saw: as many as fit a screen or two. */
const MAX_OPERATION_ROWS = 24;

/**
 * All operations, or those of the contradiction and the ones that began last before it; where there
 * is none, before the step at which the diagram stands.
 */
export function toldOperations({ operations, steps, decisiveIndex }: Story): readonly Operation[] {
  if (operations.length <= MAX_OPERATION_ROWS) return operations;
  const wrong = operations.findIndex(({ isContradiction }) => isContradiction);
  const decisiveMs = steps[decisiveIndex]?.atMs ?? Infinity;
  const last = operations.findLastIndex(({ startMs }) => startMs <= decisiveMs);
  const end = Math.max((wrong < 0 ? last : wrong) + 1, MAX_OPERATION_ROWS);
  return operations.filter(
    ({ isKey }, index) => isKey || (index < end && index >= end - MAX_OPERATION_ROWS),
  );
}

/** What was injected, when. */
export function renderInjected(run: RunEvidence): Markup {
  return markup`<section id="injected"><h2>What was injected</h2>${injectedTable(run)}</section>`;
}

/** The faults of `run` with their times, and the wall clocks that they touched. */
export function injectedTable(run: RunEvidence): Markup {
  const bands = bandsOf(run);
  const perMs = 200 / Math.max(run.endMs, 1e-3);
  if (bands.length === 0) return markup`<p class="lede">Nothing: no fault was planned.</p>`;
  const rows = bands.slice(0, MAX_ROWS).map((band) => {
    const { number, type, label, fromMs, untilMs, hasStruck } = band;
    const [left, width] = [fromMs * perMs, (untilMs - fromMs) * perMs];
    const bar = hasStruck
      ? markup`<svg width="200" height="12" viewBox="0 0 200 12" aria-hidden="true">
<path class="hair" d="M0 6H200"/><rect class="gantt" x="${left.toFixed(1)}" y="1"
 width="${Math.max(2, width).toFixed(1)}" height="10"/></svg>`
      : '';
    return markup`<tr><td class="name"><b>F${number}</b></td><td>${label}</td>
<td class="optional">${type}</td><td>${whenOf(band)}</td><td class="optional">${bar}</td></tr>`;
  });
  const missed = run.notInjected.map((each) => markup`<li>Not injected: ${each}</li>`);
  return markup`<p class="lede">Bars are on the time axis of this run, 0 to
${formatMs(run.endMs)}.</p>
<div class="wide"><table><thead><tr><th></th>
<th>Fault</th><th class="optional">Kind</th><th>When</th><th class="optional"></th></tr></thead>
<tbody>${rows}</tbody></table></div>${moreRows(bands.length)}${clockTable(run)}
<ul class="plain">${missed}</ul>`;
}

/** How far wall clocks were off; nothing where none was touched. */
function clockTable(run: RunEvidence): Markup | '' {
  const offsets = clockOffsets(injectedFaults(run));
  if (offsets.length === 0) return '';
  const rows = offsets.slice(0, MAX_ROWS).map(({ node, atMs, offsetMs, because }) => {
    return markup`<tr><td class="name"><b>${node}</b></td><td>${formatMs(atMs)}</td>
<td>${because}</td><td class="r">${offsetWords(offsetMs)}</td></tr>`;
  });
  return markup`<h3>Wall clocks</h3><div class="wide"><table><thead><tr><th>Node</th><th>At</th>
<th>Because of</th><th class="r">Offset from then on</th></tr></thead><tbody>${rows}</tbody></table>
</div>${moreRows(offsets.length)}`;
}

/** How far a wall clock is ahead or behind: `+60 min`. */
export function offsetWords(offsetMs: number): string {
  return `${offsetMs > 0 ? '+' : ''}${formatDuration(offsetMs)}`;
}

/** A judge's answer as a table shows it. */
export interface CheckRow {
  readonly check: string;
  /** Which paper or rule asks for it, where that is known. */
  readonly source?: string;
  /** `seen` is no judge's: a node that stopped or refused, which may be right under a fault. */
  readonly answer: CheckResult['answer'] | 'seen';
  readonly atMs: number | undefined;
  readonly sentence: string;
}

/**
 * All judges: what broke, in order of time; what is unknown; what nodes did; what held. Service
 * levels have a table of their own.
 */
export function checkRowsOf({ verdict, ends }: RunEvidence): readonly CheckRow[] {
  const judged = verdict.checks.filter(({ slo }) => slo === undefined);
  const rows = judged.flatMap(({ check, answer, source, anomalies }): readonly CheckRow[] => {
    const head = { check, answer, ...(source === undefined ? {} : { source }) };
    if (answer === 'valid' || anomalies.length === 0) {
      return [{ ...head, atMs: undefined, sentence: '' }];
    }
    return anomalies.map(({ atMs, sentence }) => {
      return { ...head, atMs, sentence: toSentence(sentence) };
    });
  });
  // A node that an operating error stopped, or kept from starting, broke no promise.
  const words = { broken: 'stopped itself', stopped: 'stopped', refused: 'refused to start' };
  const stopped = ends.map(({ node, type, atMs, cause }) => ({
    check: `${node} ${words[type]}`,
    answer: 'seen' as const,
    atMs,
    sentence: toSentence(cause),
  }));
  const rank = { invalid: 0, unknown: 1, seen: 2, valid: 3 } as const;
  const isNamed = (end: CheckRow) =>
    rows.some(({ sentence, atMs }) => atMs === end.atMs && sentence !== '');
  return [...rows, ...stopped.filter((end) => !isNamed(end))].sort(
    (a, b) => rank[a.answer] - rank[b.answer] || (a.atMs ?? Infinity) - (b.atMs ?? Infinity),
  );
}

/** What was checked. */
export function renderChecks(run: RunEvidence): Markup {
  return markup`<section id="checks"><h2>What was checked</h2>${checksTable(run)}</section>`;
}

/** All judges of `run` with their answers. */
export function checksTable(run: RunEvidence): Markup {
  const words = {
    ...{ invalid: '\u2715 broke', unknown: '? unknown', seen: 'seen', valid: '\u2713 held' },
  } as const;
  const names = { invalid: 'bad', unknown: '', seen: '', valid: 'held' } as const;
  const all = checkRowsOf(run);
  const rows = all.slice(0, MAX_ROWS).map(({ check, source, answer, atMs, sentence }) => {
    const at = atMs === undefined ? '' : `at ${formatMs(atMs)}`;
    const from = source === undefined ? '' : markup`<br><span class="kv">${source}</span>`;
    return markup`<tr><td><b>${check}</b>${from}</td><td>${sentence}</td>
<td><span class="${names[answer]}">${words[answer]}</span> ${at}</td></tr>`;
  });
  return markup`<div class="wide"><table><thead><tr>
<th>Promise</th><th>What was seen</th><th>Answer</th></tr></thead><tbody>${rows}</tbody></table>
</div>
${moreRows(all.length)}`;
}

/** Latency, availability and throughput of the run as it was found. */
export function renderWholeRun({ found, shrunk }: ExperimentReport): Markup {
  const figures = runFigures(found);
  if (figures === undefined) return markup``;
  const title = shrunk === undefined ? 'The run over time' : 'The whole run, before shrinking';
  return markup`<section id="run"><h2>${title}</h2>${figures}</section>`;
}

/** The chart of `run` over time and its percentiles; undefined of fewer than `MIN_PLOTTED`. */
export function runFigures(run: RunEvidence): Markup | undefined {
  const { history, endMs, verdict } = run;
  const timings = timingsOf(history, endMs);
  if (timings.length < MIN_PLOTTED) return undefined;
  const figures = latencyFigures(timings);
  const bands = bandsOf(run);
  const wrongMs = verdict.checks.flatMap(({ answer, anomalies }) =>
    answer === 'invalid' ? anomalies.flatMap(({ atMs }) => atMs ?? []) : [],
  )[0];
  const chart = { timings, bands, endMs, ...(wrongMs === undefined ? {} : { wrongMs }) };
  const unanswered =
    figures.unknownCount === 0
      ? 'All were answered.'
      : `${formatCount(figures.unknownCount)} got no answer in time (\u00d7 at the top): ` +
        'their outcome is unknown, never counted as failed.';
  const percentiles = latencyRows(run).map(
    ([name, text]) => markup`<div><dt>${name}</dt><dd>${text}</dd></div>`,
  );
  const load = `${plural(figures.count, 'operation')} under ${plural(bands.length, 'fault')}`;
  return markup`<p class="lede">${load} in ${formatDuration(endMs)}. ${unanswered}</p>
<figure class="on-wide">${renderTimeChart(chart, 1216)}</figure>
<figure class="on-narrow">${renderTimeChart(chart, 358)}</figure>
<dl class="pairs">${percentiles}</dl>`;
}

/** The percentiles in words, with a warning where there are too few operations for them. */
export function latencyRows({
  history,
  endMs,
}: RunEvidence): readonly (readonly [string, string])[] {
  const figures = latencyFigures(timingsOf(history, endMs));
  const few = (share: number) => {
    const beyond = Math.floor(figures.okCount * (1 - share));
    return beyond < 10 ? ` (n=${formatCount(figures.okCount)}: ${beyond} above it)` : '';
  };
  const answered = `${formatCount(figures.okCount)} of ${formatCount(figures.count)}`;
  if (figures.okCount === 0) return [['answered ok', answered]];
  return [
    ['p50', formatMs(figures.p50)],
    ['p90', `${formatMs(figures.p90)}${few(0.9)}`],
    ['p99', `${formatMs(figures.p99)}${few(0.99)}`],
    ['p99.9', `${formatMs(figures.p999)}${few(0.999)}`],
    ['greatest', formatMs(figures.max)],
    ['answered ok', answered],
  ];
}

/** What was exercised, beside what was not. */
export function renderEvidence(report: ExperimentReport): Markup {
  const isShrunk = report.shrunk !== undefined;
  const head = isShrunk ? markup`<th class="r">Shrunk</th>` : '';
  const seedCount = report.hunt?.seedCount;
  const last =
    seedCount === undefined ? '' : markup`<th class="r">${plural(seedCount, 'seed')}</th>`;
  const toRow = ({ what, shrunk, found, hunt }: EvidenceRow) => {
    const left = isShrunk ? markup`<td class="r">${formatCount(shrunk ?? 0)}</td>` : '';
    const all = hunt === undefined ? '' : formatCount(hunt);
    const right = seedCount === undefined ? '' : markup`<td class="r">${all}</td>`;
    return markup`<tr><td>${what}</td>${left}<td class="r">${formatCount(found)}</td>${right}</tr>`;
  };
  const rows = evidenceOf(report).map(toRow);
  const { reached, missed } = markRowsOf(report);
  const columns = markup`${head}<th class="r">${isShrunk ? 'Whole run' : 'Count'}</th>${last}`;
  const silences = silencesOf(report).map(
    ({ missing, about }) => markup`<tr><td>${missing}</td><td>${about}</td></tr>`,
  );
  return markup`<section id="evidence"><h2>Did it test anything?</h2>
<p class="lede">A valid verdict on a quiet run means little, so every report counts what took
place.</p><div class="two">
<table><thead><tr><th>Happened</th>${columns}</tr></thead><tbody>${rows}</tbody></table>
<table><thead><tr><th>Did not happen</th>
<th>So this run says nothing about</th></tr></thead><tbody>${silences}</tbody></table>
</div>${marksPart(columns, reached.map(toRow), missed)}</section>`;
}

function marksPart(
  columns: Markup,
  rows: readonly Markup[],
  missed: readonly string[],
): Markup | '' {
  if (rows.length + missed.length === 0) return '';
  const never = missed.length === 0 ? '' : markup`<p>Never reached: ${missed.join('; ')}.</p>`;
  return markup`<h3>Marks of the protocol</h3><p class="lede">What nodes counted of themselves, over
all of them and all of their lives.</p><table><thead><tr><th>Reached</th>${columns}</tr></thead>
<tbody>${rows}</tbody></table>${never}`;
}

function moreRows(count: number): Markup | '' {
  return count > MAX_ROWS
    ? markup`<p class="kv">The first ${MAX_ROWS} of ${formatCount(count)}.</p>`
    : '';
}

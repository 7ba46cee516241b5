/**
 * The opening of a page: verdict, headline, the command that reproduces, and the key figures.
 */
import type { Plan } from '@mangrove/experiment';
import type { ExperimentReport } from '../run-report.ts';
import { headlineOf, shownRun } from './headline.ts';
import { latencyFigures, timingsOf } from './latency.ts';
import { type Markup, markup } from './markup.ts';
import { linkTimes } from './time-link.ts';
import { clip, formatCount, formatDuration, formatMs, plural } from './wording.ts';

/** A key figure: its name, the figure, and what to know about it. */
export interface KeyFact {
  readonly name: string;
  readonly figure: string;
  readonly note: string;
}

/** What identifies a run: the name of each identifier and its text. */
export function identifiersOf(report: ExperimentReport): readonly (readonly [string, string])[] {
  const run = shownRun(report);
  const { commit, isModified } = report.environment;
  const hash = run.hash === undefined ? [] : [['trace', run.hash] as const];
  const seed = report.seed === undefined ? [] : [['seed', String(report.seed)] as const];
  return [
    ...seed,
    ...hash,
    ['commit', `${clip(commit, 12)}${isModified ? ' with changes' : ''}`],
    ['made', report.madeAt],
  ];
}

/** How much a plan does. */
function planText({ clients, operations, faults }: Plan): string {
  const load = `${plural(clients.length, 'client')}, ${plural(operations.length, 'op')}`;
  return `${load}, ${plural(faults.length, 'fault')}`;
}

/** The key figures of a report. */
export function keyFactsOf(report: ExperimentReport): readonly KeyFact[] {
  const { found, shrunk, hunt } = report;
  const run = shownRun(report);
  const figures = latencyFigures(timingsOf(found.history, found.endMs));
  const { replicas } = run.plan;
  const before = found.plan;
  const answered = figures.count === 0 ? 0 : (figures.okCount / figures.count) * 100;
  const small = figures.okCount < 1000 ? `, of ${formatCount(figures.okCount)}` : '';
  return [
    {
      name: 'World',
      figure: run.world,
      note: run.world === 'sim' ? 'virtual time, replays exactly' : 'real processes and time',
    },
    { name: 'Cluster', figure: plural(replicas.length, 'node'), note: report.subject },
    {
      name: shrunk === undefined ? 'Plan' : 'Shrunk plan',
      figure: planText(run.plan),
      note:
        shrunk === undefined
          ? `${formatDuration(run.endMs)} of the run\u2019s time`
          : `from ${planText(before)}`,
    },
    {
      name: 'Answered ok',
      figure: `${formatCount(Math.floor(answered * 10) / 10)} %`,
      note: `${plural(figures.unknownCount, 'unknown outcome')}`,
    },
    {
      name: 'Latency p50 / p99',
      ...(figures.okCount === 0
        ? { figure: '\u2013', note: 'nothing was answered' }
        : {
            figure: `${formatMs(figures.p50)} / ${formatMs(figures.p99)}`,
            note: `greatest ${formatMs(figures.max)}${small}`,
          }),
    },
    ...(hunt === undefined
      ? []
      : [
          {
            name: 'Found in',
            figure: formatDuration(hunt.failures[0]?.afterMs ?? hunt.elapsedMs),
            note: `${plural(hunt.seedCount, 'seed')} tried`,
          },
        ]),
  ];
}

/** Everything above the first section. */
export function renderOpening(report: ExperimentReport): Markup {
  const { answer, sentence, notes } = headlineOf(report);
  const sign = answer === 'valid' ? '\u2713' : answer === 'invalid' ? '\u2715' : '?';
  const facts = keyFactsOf(report).map(
    ({ name, figure, note }) =>
      markup`<div><dt>${name}</dt><dd>${figure}<small>${note}</small></dd></div>`,
  );
  const identifiers = identifiersOf(report).map(
    ([name, text]) => markup`<span>${name} <b>${text}</b></span>`,
  );
  return markup`<header><div class="masthead"><span class="name">${report.experiment}</span>
<span>Mangrove report</span><span class="theme js-only" role="group" aria-label="Colours">
${themeButton('auto', 'Auto', true)}${themeButton('light', 'Light', false)}
${themeButton('dark', 'Dark', false)}</span></div>
<div class="verdict"><span class="v ${answer}">${sign} ${answer.toUpperCase()}</span>
<h1>${linkTimes(sentence)}</h1>${notes.map((note) => markup`<p>${note}</p>`)}</div>
<div class="repro"><span>Reproduce</span><code id="command">${report.command}</code>
<button type="button" class="js-only" data-copy="command">Copy</button></div>
<div class="ids">${identifiers}</div><dl class="facts">${facts}</dl></header>`;
}

function themeButton(choice: string, word: string, isPressed: boolean): Markup {
  return markup`<button type="button" data-theme-choice="${choice}"
 aria-pressed="${String(isPressed)}">${word}</button>`;
}

/**
 * The report as Markdown: the same facts as the page, for reading in a terminal, a review or a
 * post-mortem. It has tables instead of drawings.
 */
import type { ExperimentReport, RunEvidence } from '../run-report.ts';
import { answerOf, diffOf, environmentRows, huntRows } from './cause.ts';
import { clockOffsets } from './clock-offsets.ts';
import { argumentOf, describeExplained, titleOf } from './contradiction-chart.ts';
import { type EvidenceRow, evidenceOf, silencesOf } from './evidence.ts';
import { bandsOf, whenOf } from './fault-band.ts';
import { explanationOf, headlineOf, sentenceOf, shownRun } from './headline.ts';
import { inevitabilitySentence, percent, shareOf } from './inevitability-chart.ts';
import { injectedFaults } from './injected-faults.ts';
import { MIN_PLOTTED } from './latency.ts';
import { markRowsOf } from './mark-rows.ts';
import { showHidden } from './markup.ts';
import { identifiersOf } from './opening.ts';
import { otherTitle } from './other-runs.ts';
import { storyOf, storyOfRun } from './run-story.ts';
import {
  checkRowsOf,
  latencyRows,
  MAX_ROWS,
  offsetWords,
  partWords,
  toldOperations,
} from './sections.ts';
import { serviceLevelsOf } from './service-levels.ts';
import type { Story } from './story.ts';
import { formatCount, formatMs, plural, toSentence } from './wording.ts';

/** The report as one text. */
export function renderMarkdown(report: ExperimentReport): string {
  const { answer, sentence, notes } = headlineOf(report);
  const parts = [
    `# ${answer.toUpperCase()}: ${escapeMarkdown(report.experiment)}`,
    `**${escapeMarkdown(sentence)}**`,
    notes.map(escapeMarkdown).join(' '),
    fenced('sh', [report.command]),
    identifiersOf(report)
      .map(([name, text]) => `${name} ${inlineCode(text)}`)
      .join(' \u00b7 '),
    ...contradiction(report),
    ...story(report),
    ...titled('## What was injected', injected(shownRun(report))),
    ...titled('## What clients saw', seen(storyOf(report))),
    ...titled('## What was checked', checks(shownRun(report))),
    ...serviceLevels(report),
    ...titled('## Latency', latency(report.found)),
    ...report.others.flatMap(otherRun),
    ...evidence(report),
    ...cause(report),
    ...pairs('When did it become inevitable?', inevitabilityRows(report)),
    ...pairs('How it was found', huntRows(report)),
    ...pairs('Environment', environmentRows(report)),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** `text` so that Markdown shows it as it is, on one line: no markup of its own, no HTML. */
export function escapeMarkdown(text: string): string {
  return showHidden(text)
    .replaceAll(/[\r\n\t]+/g, ' ')
    .replaceAll(/[\\`*_{}[\]|~]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

function inevitabilityRows({ inevitability }: ExperimentReport) {
  if (inevitability === undefined) return [];
  const rows = inevitability.points.map((point) => {
    const runs = `${point.failureCount} of ${point.runCount} runs failed`;
    return [formatMs(point.atMs), `${percent(shareOf(point))}, ${runs}`] as const;
  });
  return [['in a sentence', inevitabilitySentence(inevitability)] as const, ...rows];
}

function contradiction(report: ExperimentReport): readonly string[] {
  const explanation = explanationOf(shownRun(report));
  if (explanation === undefined || explanation.operations.length === 0) return [];
  const rows = explanation.operations.slice(0, MAX_ROWS).map((operation) => {
    const { process, fromMs, untilMs, outcome } = operation;
    const until = outcome === 'info' ? 'never' : formatMs(untilMs);
    return [process, describeExplained(operation), formatMs(fromMs), until];
  });
  const sentences = explanation.sentences.slice(0, MAX_ROWS);
  return [
    `## ${titleOf(explanation)}`,
    table(['process', 'operation', 'called', 'answered'], rows),
    escapeMarkdown(argumentOf(explanation)),
    sentences.map((line) => `- ${escapeMarkdown(toSentence(line))}`).join('\n'),
  ];
}

function story(report: ExperimentReport): readonly string[] {
  const steps = storyOf(report).steps;
  if (steps.length === 0) return [];
  const lines = steps.map(({ atMs, title, text, isWrong }, index) => {
    const head = `**${escapeMarkdown(title)}**${isWrong ? ' \u2715' : ''}`;
    return `${index + 1}. ${formatMs(atMs)}: ${head}. ${escapeMarkdown(text)}`;
  });
  return ['## How it happened', lines.join('\n')];
}

function injected(run: RunEvidence): readonly string[] {
  const rows = bandsOf(run)
    .slice(0, MAX_ROWS)
    .map((band) => [`F${band.number}`, band.label, band.type, whenOf(band)]);
  const missed = run.notInjected.map((each) => `- Not injected: ${escapeMarkdown(each)}`);
  const list =
    rows.length === 0
      ? 'Nothing: no fault was planned.'
      : table(['', 'fault', 'kind', 'when'], rows);
  const clocks = clockOffsets(injectedFaults(run)).slice(0, MAX_ROWS);
  const offsets = clocks.map(({ node, atMs, because, offsetMs }) => [
    ...[node, formatMs(atMs), because, offsetWords(offsetMs)],
  ]);
  const wall =
    offsets.length === 0
      ? ''
      : table(['clock of', 'at', 'because of', 'offset from then on'], offsets);
  return [list, wall, missed.join('\n')];
}

/** What clients did, as far as it led up to the decisive moment. */
function seen(story: Story): readonly string[] {
  const rows = toldOperations(story).map((operation) => {
    const { process, label, result, outcome, startMs, endMs, isContradiction } = operation;
    const until = outcome === 'info' ? '' : formatMs(endMs);
    return [
      process,
      label,
      formatMs(startMs),
      until,
      `${result}${isContradiction ? ' \u2715' : ''}`,
    ];
  });
  if (rows.length === 0) return [];
  return [table(['process', 'operation', 'called', 'answered', 'result'], rows), partWords(story)];
}

function checks(run: RunEvidence): readonly string[] {
  const rows = checkRowsOf(run)
    .slice(0, MAX_ROWS)
    .map(({ check, source, answer, atMs, sentence }) => {
      const at = atMs === undefined ? '' : ` at ${formatMs(atMs)}`;
      const word = { invalid: 'broke', unknown: 'unknown', seen: 'seen', valid: 'held' }[answer];
      const from = source === undefined ? '' : ` (${source})`;
      return [`${check}${from}`, `${word}${at}`, sentence];
    });
  return [table(['promise', 'answer', 'what was seen'], rows)];
}

function serviceLevels(report: ExperimentReport): readonly string[] {
  const words = { invalid: 'missed', unknown: 'unknown', valid: 'held' } as const;
  const rows = serviceLevelsOf(report).map(({ objective, measured, count, answer }) => {
    return [objective, measured, formatCount(count), words[answer]];
  });
  return rows.length === 0
    ? []
    : ['## Service levels', table(['objective', 'measured', 'of', 'answer'], rows)];
}

function latency(run: RunEvidence): readonly string[] {
  const count = run.history.filter(({ type }) => type === 'invoke').length;
  return count < MIN_PLOTTED ? [] : [table(['', ''], latencyRows(run))];
}

/** A run in another world: what the page says of it. */
function otherRun(run: RunEvidence): readonly string[] {
  return [
    `## ${escapeMarkdown(otherTitle(run))}`,
    `**${run.verdict.answer.toUpperCase()}.** ${escapeMarkdown(sentenceOf(run))}`,
    ...titled('### What was injected', injected(run)),
    ...titled('### What clients saw', seen(storyOfRun(run))),
    ...titled('### What was checked', checks(run)),
    ...titled('### Latency', latency(run)),
  ];
}

/** A part under its heading; nothing where there is none. */
function titled(heading: string, parts: readonly string[]): readonly string[] {
  return parts.length === 0 ? [] : [heading, ...parts];
}

function evidence(report: ExperimentReport): readonly string[] {
  const isShrunk = report.shrunk !== undefined;
  const seedCount = report.hunt?.seedCount;
  const toRow = ({ what, found, shrunk, hunt }: EvidenceRow) => [
    what,
    ...(isShrunk ? [formatCount(shrunk ?? 0)] : []),
    formatCount(found),
    ...(seedCount === undefined ? [] : [hunt === undefined ? '' : formatCount(hunt)]),
  ];
  const head = [
    ...(isShrunk ? ['happened', 'shrunk', 'whole run'] : ['happened', 'count']),
    ...(seedCount === undefined ? [] : [plural(seedCount, 'seed')]),
  ];
  const { reached, missed } = markRowsOf(report);
  const isMarked = reached.length + missed.length > 0;
  const silences = silencesOf(report).map(({ missing, about }) => [missing, about]);
  return [
    '## Did it test anything?',
    table(head, evidenceOf(report).map(toRow)),
    ...(isMarked ? ['### Marks of the protocol', table(head, reached.map(toRow))] : []),
    ...(missed.length > 0 ? [`Never reached: ${escapeMarkdown(missed.join('; '))}.`] : []),
    '### What this run says nothing about',
    table(['did not happen', 'so this run says nothing about'], silences),
  ];
}

function cause(report: ExperimentReport): readonly string[] {
  const { planted } = report;
  if (planted === undefined) return [];
  const { bug, rule, lineNumber } = planted;
  const signs = { same: ' ', removed: '-', added: '+' } as const;
  const lines = diffOf(planted).map(({ type, text }) => `${signs[type]} ${text}`);
  return [
    '## Root cause: a planted bug',
    `${escapeMarkdown(toSentence(bug.breaks))} From ${escapeMarkdown(bug.source)}. ` +
      `Bug ${inlineCode(bug.name)}, ${inlineCode(`${bug.file}:${lineNumber}`)}, in memory only.`,
    rule === undefined ? '' : escapeMarkdown(answerOf(rule)),
    fenced('diff', lines),
  ];
}

function pairs(title: string, rows: readonly (readonly [string, string])[]): readonly string[] {
  return rows.length === 0 ? [] : [`## ${title}`, table(['', ''], rows)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  return [line(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n');
}

/** A block of code whose fence is longer than any run of backticks inside it. */
function fenced(language: string, lines: readonly string[]): string {
  const text = lines.map(showHidden).join('\n');
  const longest = [...text.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), 2);
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

function inlineCode(text: string): string {
  return `\`${showHidden(text).replaceAll(/[`\r\n|]/g, ' ')}\``;
}

/**
 * The last sections of a page: the planted bug with its lines, how the run was found, and where.
 */
import type {
  DesignRule,
  ExperimentReport,
  PlantedReport,
  RunEvidence,
  ShrinkStep,
} from '../run-report.ts';
import { sizeOf } from '../run-report.ts';
import { round } from './diagram-layout.ts';
import { type Markup, markup, trusted } from './markup.ts';
import { formatCount, formatDuration, plural, toSentence } from './wording.ts';

/** A line of a planted bug: as it is, left out by the bug, or put in by it. */
export interface DiffLine {
  readonly type: 'same' | 'removed' | 'added';
  /** In the file as it is; missing for a line that the bug puts in. */
  readonly lineNumber?: number;
  readonly text: string;
}

/** The lines around a planted bug: the two excerpts differ in their middle. */
export function diffOf({
  cleanLines,
  plantedLines,
  lineNumber,
}: PlantedReport): readonly DiffLine[] {
  let start = 0;
  const most = Math.min(cleanLines.length, plantedLines.length);
  while (start < most && cleanLines[start] === plantedLines[start]) start += 1;
  let end = 0;
  while (end < most - start && cleanLines.at(-1 - end) === plantedLines.at(-1 - end)) end += 1;
  const same = (index: number): DiffLine => ({
    type: 'same',
    lineNumber: lineNumber + index,
    text: cleanLines[index] ?? '',
  });
  const tail = cleanLines.length - end;
  return [
    ...cleanLines.slice(0, start).map((_, index) => same(index)),
    ...cleanLines.slice(start, tail).map(
      (text, index): DiffLine => ({
        ...{ type: 'removed', lineNumber: lineNumber + start + index, text },
      }),
    ),
    ...plantedLines
      .slice(start, plantedLines.length - end)
      .map((text): DiffLine => ({ type: 'added', text })),
    ...cleanLines.slice(tail).map((_, index) => same(tail + index)),
  ];
}

/** The planted bug; nothing where the code was clean. */
export function renderCause({ planted }: ExperimentReport): Markup {
  if (planted === undefined) return markup``;
  const { bug, rule, cleanAnswer } = planted;
  const lines = diffOf(planted).map(({ type, lineNumber, text }) => {
    const sign = type === 'same' ? ' ' : type === 'removed' ? '\u2212' : '+';
    const name = type === 'same' ? '' : type === 'removed' ? 'del' : 'add';
    const place = markup`<span class="ln">${lineNumber ?? ''}</span>`;
    return markup`<span class="${name}">${place}${sign} ${text}\n</span>`;
  });
  const clean =
    cleanAnswer === undefined
      ? 'The clean code was not run under this plan.'
      : `Without the bug, the same plan is ${cleanAnswer}.`;
  return markup`<section id="cause"><h2>Root cause: a planted bug</h2><div class="two"><div>
<p>${toSentence(bug.breaks)} ${clean}</p>
${rule === undefined ? '' : markup`<p>${answerOf(rule)}</p>`}
<p class="kv">${toSentence(`from ${bug.source}`)} The change is made in
memory only: the file on disk is clean. Lines marked with + are the bug\u2019s, lines marked with
\u2212 are what it takes away.</p></div><div>
<p class="kv mono">${bug.file}:${planted.lineNumber}, bug ${bug.name}</p>
<pre>${lines}</pre></div></div></section>`;
}

/** What in the design answers a bug, in a sentence. */
export function answerOf({ number, file, text }: DesignRule): string {
  return `What in the design answers it is ${number} of ${file}: \u201c${text}\u201d`;
}

/** How a run was found and made smaller, in pairs of a name and a text. */
export function huntRows(report: ExperimentReport): readonly (readonly [string, string])[] {
  const { hunt, shrinkSteps, found, shrunk } = report;
  const rows: (readonly [string, string])[] = [];
  if (hunt !== undefined) {
    const perSecond = Math.round(hunt.seedCount / Math.max(hunt.elapsedMs / 1000, 1e-3));
    rows.push([
      'Search',
      `${plural(hunt.seedCount, 'seed')} from ${hunt.firstSeed} ` +
        `in ${formatDuration(hunt.elapsedMs)} ` +
        `on ${plural(hunt.workerCount, 'core')}, ${formatCount(perSecond)} a second`,
    ]);
    rows.push([
      'Simulated',
      `${formatDuration(hunt.simulatedMs)}, ${plural(hunt.eventCount, 'event')}`,
    ]);
    const unknown = hunt.unknownCount === 0 ? '' : `, ${formatCount(hunt.unknownCount)} unknown`;
    rows.push([
      'Failures',
      `${formatCount(hunt.failureCount)} of ${formatCount(hunt.seedCount)}${unknown}`,
    ]);
    const first = hunt.failures[0];
    if (first !== undefined) {
      rows.push(['First failure', `seed ${first.seed}, after ${formatDuration(first.afterMs)}`]);
    }
  }
  if (shrunk !== undefined) {
    const kept = shrinkSteps.filter(({ isKept }) => isKept).length;
    const took = shrinkSteps.reduce((sum, { elapsedMs }) => Math.max(sum, elapsedMs), 0);
    rows.push([
      'Shrinking',
      `${plural(shrinkSteps.at(-1)?.run ?? 0, 'run')} in ${formatDuration(took)}: ` +
        `${plural(shrinkSteps.length, 'attempt')}, ${formatCount(kept)} of them made it smaller`,
    ]);
    rows.push(['Before', sizeText(found)], ['After', sizeText(shrunk)]);
  }
  return rows;
}

function sizeText({ plan, eventCount }: RunEvidence): string {
  const { replicaCount, clientCount, faultCount, operationCount } = sizeOf(plan);
  const events = eventCount === undefined ? '' : `, ${plural(eventCount, 'event')}`;
  return (
    `${plural(replicaCount, 'node')}, ${plural(clientCount, 'client')}, ` +
    `${plural(faultCount, 'fault')}, ${plural(operationCount, 'operation')}${events}`
  );
}

/** Where and with what it ran, in pairs of a name and a text. */
export function environmentRows(report: ExperimentReport): readonly (readonly [string, string])[] {
  const { nodeVersion, platform, cpu, cpuCount, commit, isModified } = report.environment;
  return [
    ['Commit', `${commit}${isModified ? ', with uncommitted changes' : ''}`],
    ['Node.js', `${nodeVersion}, ${platform}`],
    ['Processor', `${cpu}, ${plural(cpuCount, 'core')}`],
    ['Format', report.format],
  ];
}

/** How it was found, beside the curve of its size, and the environment. */
export function renderOrigin(report: ExperimentReport): Markup {
  const rows = huntRows(report);
  const found =
    rows.length === 0
      ? ''
      : markup`<section id="found"><h2>How it was found</h2><div class="two">
<dl class="pairs">${pairs(rows)}</dl>
${shrinkCurve(report.shrinkSteps)}</div></section>`;
  return markup`${found}<section id="environment"><h2>Environment</h2>
<dl class="pairs">${pairs(environmentRows(report))}</dl></section>`;
}

function pairs(rows: readonly (readonly [string, string])[]): readonly Markup[] {
  return rows.map(([name, text]) => markup`<div><dt>${name}</dt><dd>${text}</dd></div>`);
}

/**
 * Faults and operations left, by attempt, on a scale on which to halve is a step of the same height
 * everywhere: the first attempts leave out hundreds, and the last ones matter as much. Recorded
 * choices are not counted: there are thousands of them, and none where a plan is left to its seed.
 */
function shrinkCurve(steps: readonly ShrinkStep[]): Markup | '' {
  if (steps.length < 2) return '';
  const [width, height, left, bottom] = [480, 150, 44, 122];
  const sizes = steps.map(({ size }) => size.faultCount + size.operationCount);
  const most = sizes.reduce((greatest, each) => Math.max(greatest, each), 1);
  const last = sizes.at(-1) ?? 0;
  const x = (index: number) => round(left + (index / (steps.length - 1)) * (width - left - 40));
  const least = Math.max(1, Math.min(...sizes));
  const depth = Math.log(most / least) || 1;
  const share = (size: number) => Math.log(Math.max(size, least) / least) / depth;
  const y = (size: number) => round(bottom - share(size) * (bottom - 20));
  const path = sizes.map((size, index) => `${index === 0 ? 'M' : 'L'}${x(index)} ${y(size)}`);
  const end = x(steps.length - 1);
  const label = `Size of the plan by attempt: from ${most} to ${last} faults and operations`;
  return markup`<figure class="wide">
<svg class="chart" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img"
 aria-label="${label}"><path class="grid" d="M${left} ${bottom}H${end}"/>
<path class="curve" d="${trusted(path.join(''))}"/>
<text class="ax" x="${left - 8}" y="${y(most) + 4}" text-anchor="end">${formatCount(most)}</text>
<text class="ax" x="${left - 8}" y="${bottom + 4}" text-anchor="end">${formatCount(least)}</text>
<text class="chart-title" x="${end + 5}" y="${y(last) + 4}">${formatCount(last)}</text>
<text class="ax" x="${left}" y="${bottom + 16}">attempt 1</text>
<text class="ax" x="${end}" y="${bottom + 16}" text-anchor="end">${formatCount(steps.length)}</text>
</svg><figcaption class="kv">Faults and operations left, by attempt; logarithmic.</figcaption>
</figure>`;
}

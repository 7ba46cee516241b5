/**
 * Shows what stands in a page and in its Markdown twin: for a failure, for none, for an unknown
 * outcome, and for a run in which every text tries to break out.
 */
import { toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { figureEightReport, figureEightRun, strikesAsPlanned } from '../../test/figure-eight.ts';
import { fullReport } from '../../test/full-report.ts';
import { HOSTILE, hostileReport } from '../../test/hostile-report.ts';
import { localRun } from '../../test/local-report.ts';
import type { ExperimentReport } from '../run-report.ts';
import { readEmbeddedReport } from './embedded-report.ts';
import { headlineOf } from './headline.ts';
import { renderPage } from './html-report.ts';
import { escapeMarkdown, renderMarkdown } from './markdown-report.ts';

const NO_SCRIPT = { text: '', policy: "'none'" };
const report = fullReport();
const page = renderPage(report, NO_SCRIPT);

/** A run in which everything held. */
function validReport(): ExperimentReport {
  const { shrunk: _shrunk, ...rest } = figureEightReport();
  const run = figureEightRun();
  const checks = run.verdict.checks.map(({ check }) => ({
    ...{ check, answer: 'valid' as const, anomalies: [] },
  }));
  return { ...rest, found: { ...run, verdict: { answer: 'valid', checks } } };
}

describe('service levels', () => {
  const slo = { type: 'availability', phase: 'during', percentMin: 90 } as const;
  const after = { type: 'latency', phase: 'after', percentile: 99, msMax: 500 } as const;
  const wait = { type: 'outage', msMax: 100 } as const;
  const valid = validReport();
  const checks = [
    ...valid.found.verdict.checks,
    { check: 'a', answer: 'valid', anomalies: [], slo: { slo, measured: 97.25, count: 120 } },
    { check: 'b', answer: 'unknown', anomalies: [], slo: { slo: after, count: 0 } },
    { check: 'c', answer: 'invalid', anomalies: [], slo: { slo: wait, count: 9 } },
  ] as const;
  const run = { ...valid.found, verdict: { answer: 'invalid' as const, checks } };

  it('stand in a table of their own, in the page and in its twin', () => {
    const told = { ...valid, found: run };
    const html = renderPage(told, NO_SCRIPT).replaceAll('\n', '');
    const section = html.slice(html.indexOf('id="slos"'), html.indexOf('id="run"'));
    expect(section).toContain('Availability during the faults is at least 90 %.');
    for (const text of ['97.3\u00a0%', '120', '\u2713 held', 'nothing to measure', '? unknown']) {
      expect(section).toContain(text);
    }
    expect(section).toContain('no end in this run');
    expect(section).toContain('\u2715 missed');
    expect(renderMarkdown(told)).toContain(
      '| p99 after the faults is at most 500 ms. | nothing to measure | 0 | unknown |',
    );
  });

  it('are not there where the experiment has none', () => {
    expect(renderPage(valid, NO_SCRIPT)).not.toContain('id="slos"');
    expect(renderMarkdown(valid)).not.toContain('Service levels');
  });
});

describe('the headline', () => {
  it('states the consequence in one sentence with times', () => {
    expect(headlineOf(report).sentence).toBe(
      'x=2 was confirmed at 982\u00a0ms, and a read that began 370\u00a0ms later returned 1.',
    );
  });

  it('says that the planted bug was expected and that the clean code is valid', () => {
    expect(headlineOf(report).notes).toEqual([
      'Expected: the bug old-term-commit was planted, and it is what this report is about.',
      'The clean code is valid under the same plan.',
    ]);
  });

  it('leaves the proof to the judge where another write was about', () => {
    const run = figureEightRun();
    const [check, ...rest] = run.verdict.checks;
    const explanation = check!.explanation!;
    const other = { ...explanation.operations[0]!, process: 'c3', fromMs: 900, untilMs: 1300 };
    const operations = [...explanation.operations, { ...other, input: 1 }];
    const checks = [{ ...check!, explanation: { ...explanation, operations } }, ...rest];
    const twisted = { ...report, shrunk: { ...run, verdict: { ...run.verdict, checks } } };
    expect(headlineOf(twisted).sentence).toBe(
      'x=2 was confirmed at 982\u00a0ms, and a read that began 370\u00a0ms later returned 1: ' +
        'no order of the operations explains what clients saw.',
    );
  });

  it('names two reads that cannot follow each other', () => {
    const run = figureEightRun();
    const [check, ...rest] = run.verdict.checks;
    const read = { ...check!.explanation!.operations[1]!, output: 5, fromMs: 1300, untilMs: 1352 };
    const operations = [read, ...check!.explanation!.operations.slice(1)];
    const checks = [{ ...check!, explanation: { ...check!.explanation!, operations } }, ...rest];
    const twisted = { ...report, shrunk: { ...run, verdict: { ...run.verdict, checks } } };
    expect(headlineOf(twisted).sentence).toBe(
      'A read returned x=5 at 1\u202f352\u00a0ms, and a read right after it returned 1: ' +
        'no order of the operations explains what clients saw.',
    );
  });

  it('says of a clean run what it was put through', () => {
    expect(headlineOf(validReport())).toMatchObject({
      answer: 'valid',
      sentence:
        'Every check held: 5\u00a0operations under 3\u00a0faults ' +
        'in 1\u202f650\u00a0ms of the run\u2019s time.',
    });
  });

  it('never takes unknown for valid', () => {
    const valid = validReport();
    const anomalies = [
      { class: 'linearizability' as const, sentence: 'the judge ran out of steps' },
    ];
    const checks = [{ check: 'linearizable', answer: 'unknown' as const, anomalies }];
    const unknown = {
      ...valid,
      found: { ...valid.found, verdict: { answer: 'unknown' as const, checks } },
    };
    expect(headlineOf(unknown)).toEqual({
      answer: 'unknown',
      sentence: 'It is not known whether the promises held: the judge ran out of steps.',
      notes: ['Unknown is not valid: nothing was proven either way.'],
    });
    expect(renderPage(unknown, NO_SCRIPT)).toContain('? UNKNOWN');
  });
});

describe('a run in another world', () => {
  const both = { ...report, others: [localRun()] };
  const section = () => {
    const html = renderPage(both, NO_SCRIPT).replaceAll('\n', '');
    return html.slice(html.indexOf('id="other-1"'), html.indexOf('id="evidence"'));
  };

  it('has a section with its faults, figures, checks and what clients saw', () => {
    for (const text of [
      ...['<h2>kv on 3 real processes</h2>', '\u2713 VALID</b> Every check held: ', 'n1 crashes'],
      ...['n2 cut off from n1 and n3', 'Latency of each of ', '<dt>p99</dt>', 'write r/0='],
      ...['every register is linearizable', 'those that led up to the decisive moment.'],
    ]) {
      expect(section()).toContain(text);
    }
    expect(renderPage(both, NO_SCRIPT)).not.toContain('Also run');
    // The diagram is of the other run: no time of this one may move its cursor.
    expect(section()).not.toContain('href="#t-');
  });

  it('has the same in the twin', () => {
    const text = renderMarkdown(both);
    const told = text.slice(text.indexOf('## kv on 3 real processes'), text.indexOf('## Did it'));
    expect(told).toContain('**VALID.** Every check held: ');
    for (const title of ['What was injected', 'What clients saw', 'What was checked', 'Latency']) {
      expect(told).toContain(`### ${title}\n\n|`);
    }
  });
});

describe('wall clocks that are off', () => {
  const [n1, n2] = [toNodeId('n1'), toNodeId('n2')];
  const found = figureEightRun();
  const faults = [
    { type: 'clock-drift', node: n1, atMs: 200, untilMs: 1200, ppm: 500 },
    { type: 'wall-jump', node: n2, atMs: 300, byMs: -40 },
    { type: 'wall-jump', node: n2, atMs: 700, byMs: 3_600_040 },
  ] as const;
  const plan = { ...found.plan, faults: [...found.plan.faults, ...faults] };
  const told = { ...validReport(), found: { ...found, plan, strikes: strikesAsPlanned(plan) } };

  const offsets = [
    ['n1', '200 ms', 'drift of 500 ppm begins', '0 ms'],
    ['n2', '300 ms', 'jump', '-40 ms'],
    ['n2', '700 ms', 'jump', '+60 min'],
    ['n1', '1\u202f200 ms', 'drift of 500 ppm ends', '+0.5 ms'],
  ];

  it('have a table of how far, and since when, in the page', () => {
    const html = renderPage(told, NO_SCRIPT).replaceAll('\n', '');
    const table = html.slice(html.indexOf('<h3>Wall clocks</h3>'), html.indexOf('id="states"'));
    const rows = [...table.matchAll(/<tr>(<td.*?)<\/tr>/g)].map(([, row = '']) =>
      [...row.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, cell = '']) =>
        cell.replaceAll(/<[^>]*>/g, '').replaceAll('\u00a0', ' '),
      ),
    );
    expect(rows).toEqual(offsets);
  });

  it('have the same in the twin', () => {
    const text = renderMarkdown(told).replaceAll('\u00a0', ' ');
    const table = text.slice(text.indexOf('| clock of | at |')).split('\n\n')[0]?.split('\n');
    expect(table?.slice(2)).toEqual(offsets.map((row) => `| ${row.join(' | ')} |`));
  });

  it('have none where nothing was done to them', () => {
    expect(renderPage(validReport(), NO_SCRIPT)).not.toContain('Wall clocks');
    expect(renderMarkdown(validReport())).not.toContain('clock of');
  });
});

describe('an invariant', () => {
  it('stands with its source, where it held too', () => {
    const valid = validReport();
    const held = {
      check: 'term: it never goes back',
      answer: 'valid',
      source: 'Raft 5.1',
    } as const;
    const verdict = {
      ...{ answer: 'valid' as const, checks: [{ ...held, anomalies: [] }] },
    };
    const told = { ...valid, found: { ...valid.found, verdict } };
    const html = renderPage(told, NO_SCRIPT).replaceAll('\n', '');
    expect(html).toContain(
      '<b>term: it never goes back</b><br><span class="kv">Raft 5.1</span></td><td></td>' +
        '<td><span class="held">\u2713 held</span>',
    );
    expect(renderMarkdown(told)).toContain('| term: it never goes back (Raft 5.1) | held |');
  });
});

describe('the page', () => {
  it('has every section of a failure, each once', () => {
    const ids = [...page.matchAll(/<section id="(\w+)"/g)].map(([, id]) => id);
    expect(ids).toEqual([
      ...['contradiction', 'how', 'inevitable', 'injected', 'states', 'history', 'checks', 'slos'],
      ...['run', 'evidence', 'cause', 'found', 'environment'],
    ]);
  });

  it('leaves out what does not apply to a clean run', () => {
    const ids = [...renderPage(validReport(), NO_SCRIPT).matchAll(/<section id="(\w+)"/g)];
    expect(ids.map(([, id]) => id)).toEqual([
      ...['how', 'injected', 'states', 'history', 'checks', 'evidence', 'environment'],
    ]);
  });

  it('stands without a trace, as of real processes, and says in which world it ran', () => {
    const { trace: _trace, hash: _hash, ...run } = figureEightRun();
    const { shrunk: _shrunk, seed: _seed, ...rest } = figureEightReport();
    const local = renderPage({ ...rest, found: { ...run, world: 'local' } }, NO_SCRIPT);
    const ids = [...local.matchAll(/<section id="(\w+)"/g)].map(([, id]) => id);
    expect(ids).toEqual([
      ...['contradiction', 'how', 'injected', 'history', 'checks', 'evidence', 'environment'],
    ]);
    expect(local).toContain('<dd>local<small>real processes and time</small></dd>');
  });

  it('names command, seed and hash', () => {
    expect(page).toContain(`<code id="command">${report.command}</code>`);
    expect(page).toContain('<span>seed <b>7</b></span>');
    expect(page).toContain('<b>9f3c41aee2b07c15</b>');
  });

  it('asks for nothing from outside, and its policy forbids it', () => {
    expect(page).not.toMatch(/(?:src|href)="(?!#)|url\((?!#)|@import|https?:\/\/(?!www\.w3\.org)/);
    expect(page).toContain("default-src 'none'");
  });

  it('shows the planted line and the one that it replaces, with the line of the file', () => {
    const lines = page.replaceAll(/<[^>]*>/g, '').split('\n');
    const at = lines.findIndex((line) => line.startsWith('42'));
    expect(lines[at]).toContain('42\u2212   if (copiesOf(index) &gt;= majority &amp;&amp; log');
    expect(lines[at + 1]).toBe('+   if (copiesOf(index) &gt;= majority) {');
  });

  it('says what in the design answers the bug, and so does its twin', () => {
    const answer = 'What in the design answers it is R17 of systems/raft/DESIGN.md: \u201cOnly';
    expect(page).toContain(answer);
    expect(renderMarkdown(report)).toContain(answer);
    const { rule: _rule, ...planted } = report.planted!;
    expect(renderPage({ ...report, planted }, NO_SCRIPT)).not.toContain('answers it');
  });

  it('counts the runs of the shrinking, of which an attempt takes several', () => {
    const told = /<dt>Shrinking<\/dt><dd>([^<]*)/.exec(page)?.[1]?.replaceAll('\u00a0', ' ');
    expect(told).toBe('120 runs in 2.6 s: 40 attempts, 14 of them made it smaller');
  });

  it('says where a percentile rests on a handful of operations', () => {
    expect(page).toMatch(/p99\.9<\/dt><dd>[\d\u202f]+\u00a0ms \(n=422: 0 above it\)/);
  });

  it('carries its plans, and they are read back as they were', () => {
    const data = readEmbeddedReport(page);
    expect(data.plan).toEqual(report.shrunk!.plan);
    expect(data.foundPlan).toEqual(report.found.plan);
    expect(data).toMatchObject({ seed: 7, bug: 'old-term-commit', experiment: report.experiment });
  });

  it('refuses to be read where its data is missing or damaged', () => {
    expect(() => readEmbeddedReport('<p>hello')).toThrow('no data inside');
    const damaged = page.replace('"format":"mangrove-report/1"', '"format":"other/1"');
    expect(() => readEmbeddedReport(damaged)).toThrow('mangrove-report/1');
    expect(() =>
      readEmbeddedReport(page.replace('"mangrove-report">{', '"mangrove-report">{{')),
    ).toThrow('damaged data');
  });

  it('is the same for the same report', () => {
    expect(renderPage(fullReport(), NO_SCRIPT)).toBe(page);
  });
});

describe('a report in which every text is hostile', () => {
  it('has no element or attribute that its texts asked for', () => {
    const hostile = renderPage(hostileReport(), NO_SCRIPT);
    expect(hostile).not.toMatch(/<img|<svg onload|<\/style>(?!<\/head>)/i);
    expect([...hostile.matchAll(/<script/g)]).toHaveLength(3);
    expect([...hostile.matchAll(/<\/script>/g)]).toHaveLength(3);
    expect(hostile).toContain('&lt;/script&gt;&lt;img');
  });

  it('is read back with its texts unchanged', () => {
    expect(readEmbeddedReport(renderPage(hostileReport(), NO_SCRIPT)).experiment).toBe(HOSTILE);
  });

  it('stays one table in Markdown, without HTML', () => {
    const text = renderMarkdown(hostileReport());
    const code = /^(`{3,})[\s\S]*?^\1$/gm;
    expect(text.replaceAll(code, '').replaceAll(/`[^`\n]*`/g, '')).not.toMatch(/<[a-z/]/i);
  });
});

describe('the Markdown twin', () => {
  const text = renderMarkdown(report);

  it('has the same headline, command, steps and evidence', () => {
    expect(text).toContain(`**${headlineOf(report).sentence}**`);
    expect(text).toContain(`\`\`\`sh\n${report.command}\n\`\`\``);
    expect(text).toMatch(/^9\. 1\u202f440\u00a0ms: \*\*c2 gets 1\*\* \u2715\./m);
    expect(text).toContain('### What this run says nothing about');
    expect(text).toContain('+   if (copiesOf(index) >= majority) {');
  });

  it('has tables whose rows all have as many cells as their head', () => {
    const cellsOf = (line: string) => line.replaceAll('\\|', '').split('|').length;
    const tables = text
      .trimEnd()
      .split('\n\n')
      .filter((part) => part.startsWith('|'));
    expect(tables.length).toBeGreaterThan(6);
    for (const lines of tables.map((part) => part.split('\n'))) {
      for (const line of lines) expect(cellsOf(line)).toBe(cellsOf(lines[0]!));
    }
  });

  it('escapes what Markdown would read', () => {
    expect(escapeMarkdown('a|b *c* [d](e) <f>\n# g')).toBe(
      'a\\|b \\*c\\* \\[d\\](e) &lt;f&gt; # g',
    );
  });
});

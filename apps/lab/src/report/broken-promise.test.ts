/**
 * Shows what a report says of a promise that is not about an order: what was promised, what its
 * judge saw, and no argument about orders, which would be false.
 */
import { describe, expect, it } from 'vitest';
import { isolationReport, watchReport } from '../../test/broken-promises.ts';
import { figureEightReport } from '../../test/figure-eight.ts';
import type { ExperimentReport } from '../run-report.ts';
import { describeExplained } from './contradiction-chart.ts';
import { explanationOf, headlineOf } from './headline.ts';
import { renderPage } from './html-report.ts';
import { renderMarkdown } from './markdown-report.ts';
import { storyOf } from './run-story.ts';

/** What is true of linearizability alone. */
const ORDER = /behaves like one copy|[Nn]o order/;

/** The page as text, without its data. */
function textOf(report: ExperimentReport): string {
  const page = renderPage(report, { text: '', policy: "'none'" });
  return page
    .replaceAll(/<(style|script|svg)[\s\S]*?<\/\1>/g, '')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/\s+/g, ' ');
}

const stepsOf = (report: ExperimentReport) => storyOf(report)?.steps ?? expect.fail('no story');

describe('a watch that missed a change', () => {
  const report = watchReport();
  const missed = 'c2 segment 2';

  it('is told as the promise and what its judge saw, in the page and in its twin', () => {
    expect(report.found.verdict).toMatchObject({ answer: 'invalid', anomaly: 'promise' });
    for (const text of [textOf(report), renderMarkdown(report)]) {
      expect(text).not.toMatch(ORDER);
      expect(text).toContain('The broken promise');
      expect(text).toContain('What was promised: watches are ordered, unique, atomic');
      expect(text).toContain(`. What was seen:`);
      expect(text).toContain(missed);
    }
  });

  it('is one step of the story, at the answer at which it was seen', () => {
    const wrong = stepsOf(report).filter(({ isWrong }) => isWrong);
    expect(wrong).toHaveLength(1);
    expect(wrong[0]).toMatchObject({ atMs: 580, node: 'c2' });
    expect(wrong[0]?.text).toContain(missed);
    expect(wrong[0]?.text).not.toMatch(ORDER);
  });
});

describe('an isolation level that was not kept', () => {
  const report = isolationReport();

  it('is told by the cycle, in the page and in its twin', () => {
    expect(report.found.verdict).toMatchObject({ answer: 'invalid', anomaly: 'promise' });
    for (const text of [textOf(report), renderMarkdown(report)]) {
      expect(text).not.toMatch(ORDER);
      expect(text).toContain('What was promised: transactions on lists are strictly serializable.');
      expect(text).toContain('G2');
    }
  });

  it('has the times of the run, and its transactions in the words of the judge', () => {
    const [check] = report.found.verdict.checks;
    expect(check?.anomalies[0]?.atMs).toBe(436);
    const told = explanationOf(report.found)?.operations ?? expect.fail('no explanation');
    expect(told.map(({ fromMs, untilMs }) => [fromMs, untilMs])).toEqual([
      ...[
        [300, 420],
        [320, 436],
      ],
    ]);
    expect(describeExplained(told[0]!)).toBe('txn r x [], append y 1 \u2192 ok');
    expect(headlineOf(report).sentence).toContain('T0: r x [], append y 1. T1: r y [], append');
  });

  it('is a step of the story', () => {
    const wrong = stepsOf(report).filter(({ isWrong }) => isWrong);
    expect(wrong).toHaveLength(1);
    expect(wrong[0]?.text).toContain('G2');
  });
});

it('an order is argued for where one was promised', () => {
  const report = figureEightReport();
  for (const text of [textOf(report), renderMarkdown(report)]) {
    expect(text).toContain('The contradiction');
    expect(text).toContain('behaves like one copy puts them in some order');
  }
  const wrong = stepsOf(report).find(({ isWrong }) => isWrong);
  expect(wrong?.text).toContain('No order of the operations explains all answers.');
});

it('what is explained is what the verdict is called by', () => {
  const watch = watchReport().found.verdict;
  const order = figureEightReport().found.verdict;
  const checks = [...watch.checks, ...order.checks];
  const verdict = { ...order, checks };
  expect(explanationOf({ verdict })?.class).toBe('linearizability');
  expect(explanationOf({ verdict: { ...verdict, anomaly: 'promise' } })?.class).toBe('promise');
});

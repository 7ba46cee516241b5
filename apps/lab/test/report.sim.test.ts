/**
 * Shows that reports of real runs of the simulator are whole: the first system under drawn faults,
 * seed by seed, and a run in which nothing happened at all.
 */
import { registerExperiment } from '@mangrove/first-system';
import { drawPlan, simulate } from '@mangrove/sim';
import { describe, expect, it } from 'vitest';
import { renderDiagram } from '../src/report/diagram.ts';
import { layOut } from '../src/report/diagram-layout.ts';
import { firstView } from '../src/report/explorer.ts';
import { renderPage } from '../src/report/html-report.ts';
import { renderMarkdown } from '../src/report/markdown-report.ts';
import { StateIndex } from '../src/report/node-state.ts';
import { storyOf } from '../src/report/run-story.ts';
import type { ExperimentReport, RunEvidence } from '../src/run-report.ts';
import { figureEightPlan, figureEightReport } from './figure-eight.ts';

const NO_SCRIPT = { text: '', policy: "'none'" };

/** What is left of a figure that was not there. */
const HOLES = /\bNaN\b|\bundefined\b|\bInfinity\b|\[object/;

async function reportOf(seed: number): Promise<ExperimentReport> {
  const plan = drawPlan(registerExperiment, seed);
  const run = await simulate(registerExperiment.subject, plan, { isRecording: true });
  const { trace, history, endMs, hash, eventCount, counts, strikes } = run;
  if (trace === undefined) expect.fail('the run was not recorded');
  const found: RunEvidence = {
    ...{ world: 'sim', plan, history, endMs, hash, eventCount, counts, trace, notInjected: [] },
    strikes,
    ends: run.ends.map((end) => ({ ...end, cause: String(end.cause) })),
    verdict: { answer: 'valid', checks: [] },
  };
  return { ...withoutShrunk(), found, seed };
}

function withoutShrunk(): ExperimentReport {
  const { shrunk: _shrunk, ...rest } = figureEightReport();
  return rest;
}

describe('reports of simulated runs', () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`tell every message and every change, without a hole: seed ${seed}`, async () => {
      const report = await reportOf(seed);
      const story = storyOf(report) ?? expect.fail('a recorded run has a story');
      const { records } = report.found.trace ?? expect.fail('a recorded run has a trace');
      const countOf = (type: string) => records.filter((record) => record.type === type).length;
      const arrived = story.messages.filter(({ fate }) => fate === 'delivered').length;
      const lost = story.messages.filter(({ fate }) => fate === 'lost').length;
      expect([arrived, lost]).toEqual([countOf('deliver'), countOf('drop')]);
      expect(story.operations).toHaveLength(countOf('invoke'));
      for (const { startIndex, startMs } of story.operations) {
        expect(records[startIndex]).toMatchObject({ type: 'invoke' });
        expect(records[startIndex]?.atMs).toBeCloseTo(startMs, 3);
      }
      expect(renderPage(report, NO_SCRIPT)).not.toMatch(HOLES);
      expect(renderMarkdown(report)).not.toMatch(HOLES);
    });
  }

  it('put every step after the messages that led to it, and can be zoomed anywhere', async () => {
    const story = storyOf(await reportOf(2)) ?? expect.fail('a recorded run has a story');
    for (const { atMs, path } of story.steps) {
      for (const index of path) {
        expect(story.messages[index]?.endMs).toBeLessThanOrEqual(atMs + 1e-6);
      }
    }
    const states = new StateIndex(story.replicas, story.changes);
    for (let fromMs = 0; fromMs < story.endMs; fromMs += story.endMs / 25) {
      const window = { fromMs, untilMs: fromMs + 40 };
      const view = { ...firstView(story), window, cursorMs: fromMs };
      expect(renderDiagram(story, 640, view)).not.toMatch(HOLES);
      expect(layOut(story, 640, view).flags.size).toBeLessThanOrEqual(story.steps.length);
      expect(states.at(fromMs).size).toBe(story.replicas.length);
    }
  });

  it('stand where nothing happened at all', () => {
    const report = withoutShrunk();
    const { replicas, clients } = figureEightPlan();
    const plan = { ...figureEightPlan(), faults: [], operations: [] };
    const trace = {
      ...{ format: 'mangrove-trace/1', replicas, clients, records: [] },
      isCut: false,
    };
    const nothing = { ...{ plan, history: [], endMs: 0, ends: [], counts: {} } };
    const found = {
      ...{ ...report.found, ...nothing, trace: { ...trace, format: 'mangrove-trace/1' as const } },
      verdict: { answer: 'unknown' as const, checks: [] },
    };
    const page = renderPage({ ...report, found }, NO_SCRIPT);
    expect(page).not.toMatch(HOLES);
    expect(page).toContain('Nothing has happened yet');
  });
});

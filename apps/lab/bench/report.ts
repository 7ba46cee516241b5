/**
 * How long a report takes to make and to move in: the story of 10 000 records, on this machine's
 * Node.js, which has the engine of the browser that most people read it with.
 *
 * A cursor that is dragged has a frame of 16.7 ms for each move, and leaves the browser half of it.
 */
import type { Bench, BenchRow } from '@mangrove/experiment';
import { drawDiagram } from '../src/report/diagram.ts';
import { layOut } from '../src/report/diagram-layout.ts';
import { renderOverlay } from '../src/report/diagram-overlay.ts';
import { firstView, nowLine } from '../src/report/explorer.ts';
import { renderPage } from '../src/report/html-report.ts';
import { StateIndex } from '../src/report/node-state.ts';
import { renderPanel } from '../src/report/state-panel.ts';
import { busyPlan, busyScript, busyStory } from '../test/busy-story.ts';
import { figureEightRun } from '../test/figure-eight.ts';
import { fullReport } from '../test/full-report.ts';

const RECORD_COUNT = 10_000;
const FRAME_MS = 1000 / 60;

/** The benchmark. */
export const bench: Bench = {
  name: 'report',
  async run(report) {
    report(row('make a page', median(5, makePage()), 1000, 'ratio <= 1'));
    const { move, zoom } = explore();
    report(row('move the cursor', median(200, move), FRAME_MS, 'ratio <= 0.5'));
    report(row('zoom', median(50, zoom), 3 * FRAME_MS, 'ratio <= 1'));
  },
};

function makePage(): () => void {
  const script = busyScript(RECORD_COUNT);
  const history = script.history();
  const endMs = (history.at(-1)?.atMs ?? 0) + 50;
  const run = { ...figureEightRun(), trace: script.trace(), history, endMs, plan: busyPlan(endMs) };
  const made = { ...fullReport(RECORD_COUNT), shrunk: run };
  return () => {
    renderPage(made, { text: '', policy: "'none'" });
  };
}

/** What the page does at a move of the cursor, and at a zoom, without the browser's own part. */
function explore(): { readonly move: () => void; readonly zoom: () => void } {
  const story = busyStory(RECORD_COUNT);
  const view = firstView(story);
  const layout = layOut(story, 684, view);
  const states = new StateIndex(story.replicas, story.changes);
  let turn = 0;
  const next = () => {
    turn = (turn + 0.381_966) % 1;
    return story.fromMs + turn * (story.endMs - story.fromMs);
  };
  const move = () => {
    const cursorMs = next();
    renderOverlay(story, layout, { ...view, cursorMs, stepIndex: -1 });
    renderPanel(story, states.at(cursorMs), cursorMs);
    nowLine(story, cursorMs);
  };
  const zoom = () => {
    const fromMs = next();
    const window = { fromMs, untilMs: Math.min(story.endMs, fromMs + 2000) };
    const near = { ...view, window };
    drawDiagram(story, layOut(story, 684, near), near);
  };
  return { move, zoom };
}

function median(count: number, work: () => void): number {
  work();
  const times = Array.from({ length: count }, () => {
    const began = performance.now();
    work();
    return performance.now() - began;
  });
  return times.sort((a, b) => a - b)[Math.floor(count / 2)] ?? 0;
}

function row(name: string, ours: number, reference: number, goal: string): BenchRow {
  const ratio = ours / reference;
  const met = ratio <= Number(goal.split(' ').at(-1));
  return { bench: 'report', case: name, ours, reference, unit: 'ms', ratio, goal, met };
}

/**
 * A report in which every text that can come from a run, a plan or a system tries to break out of
 * the page.
 */
import { toNodeId } from '@mangrove/host';
import type { ExperimentReport, RunEvidence } from '../src/run-report.ts';
import type { HistoryExplanation } from '../src/verdict.ts';
import { figureEightPlan } from './figure-eight.ts';
import { TraceScript } from './trace-script.ts';

/** Ends scripts, attributes, comments, styles and code, and turns the direction of writing. */
export const HOSTILE =
  '</script><img src=x onerror=alert(1)>"\'><svg onload=alert(1)>--></style>```\u202e$|\u0000';

/** The report. */
export function hostileReport(): ExperimentReport {
  const run = hostileRun();
  return {
    ...{ format: 'mangrove-report/1', experiment: HOSTILE, subject: HOSTILE, madeAt: HOSTILE },
    command: HOSTILE,
    environment: {
      ...{ nodeVersion: HOSTILE, platform: HOSTILE, cpu: HOSTILE, cpuCount: 2 },
      ...{ commit: HOSTILE, isModified: true },
    },
    ...{ found: run, shrunk: run, seed: 1, shrinkSteps: [], others: [run] },
    planted: {
      bug: {
        ...{ name: HOSTILE, file: HOSTILE, find: HOSTILE, replace: HOSTILE, breaks: HOSTILE },
        ...{ source: HOSTILE, experiment: HOSTILE, seedBudget: 1 },
      },
      ...{
        lineNumber: 1,
        cleanLines: [HOSTILE],
        plantedLines: [`${HOSTILE} `],
        cleanAnswer: 'valid',
      },
    },
  };
}

function hostileRun(): RunEvidence {
  const script = new TraceScript(['n1', 'n2'], ['c1']);
  const write = script.invoke('c1', 1, HOSTILE, HOSTILE, HOSTILE);
  const asked = script.send('c1', 'n1', HOSTILE, 1, 4, write.record);
  const log = `1:${HOSTILE.replaceAll(' ', '')}`;
  script.state('n1', 5, { role: HOSTILE, term: 1, log, [HOSTILE]: HOSTILE }, asked);
  script.state('n2', 5, { role: 'leader', term: 1, [HOSTILE]: HOSTILE }, asked);
  script.event('n1', 6, HOSTILE, { [HOSTILE]: HOSTILE }, asked);
  script.lose('n1', 'n2', HOSTILE, 7, asked, HOSTILE);
  script.down('n2', 8, 3, HOSTILE);
  write.end(20, 'ok', script.send('n1', 'c1', HOSTILE, 10, 20, asked), HOSTILE);
  script.invoke(`c1.${HOSTILE}`, 21, HOSTILE, HOSTILE).end(30, 'info');
  const history = script.history().map((event) => ({ ...event, error: HOSTILE }));
  const operation = {
    ...{
      process: HOSTILE,
      f: HOSTILE,
      key: HOSTILE,
      input: HOSTILE,
      output: { [HOSTILE]: HOSTILE },
    },
    ...{ outcome: 'ok' as const, fromMs: 1, untilMs: 20, invokeIndex: 0, returnIndex: 1 },
  };
  const anomaly = { class: 'promise' as const, sentence: `${HOSTILE} at 20 ms`, atMs: 20 };
  const explanation: HistoryExplanation = {
    ...{ class: 'promise', check: HOSTILE, key: HOSTILE },
    ...{ operations: [{ ...operation, isMarked: true }], sentences: [HOSTILE] },
  };
  const point = { operation: 'sync', target: HOSTILE, nth: 1, when: 'after' } as const;
  return {
    world: 'sim',
    plan: {
      ...figureEightPlan(),
      ...{ experiment: HOSTILE, replicas: ['n1', 'n2'].map(toNodeId), clients: [toNodeId('c1')] },
      faults: [
        { type: 'crash-at', node: toNodeId('n2'), point, downMs: 5, disk: 'kept' },
        { type: 'bit-rot', node: toNodeId('n1'), atMs: 3, path: HOSTILE, positionPerMille: 1 },
        { type: 'action', name: HOSTILE, atMs: 9, args: { [HOSTILE]: HOSTILE } },
      ],
      operations: [],
    },
    history,
    verdict: {
      ...{ answer: 'invalid', anomaly: 'promise' },
      checks: [{ check: HOSTILE, answer: 'invalid', anomalies: [anomaly], explanation }],
    },
    strikes: [
      { fault: 0, atMs: 8, untilMs: 13 },
      { fault: 1, atMs: 3, untilMs: 3 },
      { fault: 2, atMs: 9, untilMs: 9 },
    ],
    ...{ endMs: 40, hash: HOSTILE, eventCount: 3, trace: script.trace() },
    ends: [{ node: toNodeId('n2'), incarnation: 1, atMs: 8, type: 'broken', cause: HOSTILE }],
    counts: { [HOSTILE]: 1 },
    notInjected: [HOSTILE],
  };
}

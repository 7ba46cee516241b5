/**
 * A report for tests as real processes give it: no trace, no hash, three nodes of which one is
 * killed, one paused and one cut off while clients go on. Made up, not recorded.
 */
import type { HistoryEvent } from '@mangrove/experiment';
import { toNodeId } from '@mangrove/host';
import type { ExperimentReport, RunEvidence } from '../src/run-report.ts';
import { figureEightPlan, figureEightReport } from './figure-eight.ts';

const NODES = ['n1', 'n2', 'n3'].map(toNodeId);
const CLIENTS = ['c1', 'c2', 'c3'].map(toNodeId);
const END_MS = 10_000;

/** Nobody is served for a while after the leader is killed, and after the next one is cut off. */
const OUTAGES = [
  { fromMs: 2500, untilMs: 2900 },
  { fromMs: 6000, untilMs: 6350 },
];

/** The run. */
export function localRun(): RunEvidence {
  const [killed, cutOff, paused] = [NODES[0]!, NODES[1]!, NODES[2]!];
  const others = [killed, paused];
  const cut = { atMs: 6000, untilMs: 8000 };
  const plan = {
    ...figureEightPlan(),
    ...{ experiment: 'kv', replicas: NODES, clients: CLIENTS, operations: [] },
    ...{ activeMs: 9000, quietMs: 1000, operationTimeoutMs: 2000 },
    faults: [
      { type: 'crash', node: killed, disk: 'kept', atMs: 2500, untilMs: 4500 } as const,
      { type: 'pause', node: paused, atMs: 5000, untilMs: 5500 } as const,
      { type: 'cut', from: [cutOff], to: others, ...cut } as const,
      { type: 'cut', from: others, to: [cutOff], ...cut } as const,
    ],
  };
  const checks = [
    'every register is linearizable (read, write, cas, delete)',
    'no node breaks by its own doing',
    'after the faults every client gets an answer',
  ];
  return {
    ...{ world: 'local', plan, history: historyOf(), endMs: END_MS },
    strikes: [
      { fault: 0, atMs: 2500, untilMs: 4600 },
      { fault: 1, atMs: 5000, untilMs: 5500 },
      { fault: 2, ...cut },
      { fault: 3, ...cut },
    ],
    verdict: {
      answer: 'valid',
      checks: checks.map((check) => ({ check, answer: 'valid', anomalies: [] })),
    },
    ...{ ends: [], counts: { 'fault crash': 1, 'fault cut': 2, 'fault pause': 1 } },
    notInjected: [],
  };
}

/** The report of the run alone. */
export function localReport(): ExperimentReport {
  const { shrunk: _shrunk, seed: _seed, ...rest } = figureEightReport();
  const command = 'npx mangrove lab run kv --world local --seed 1';
  return { ...rest, experiment: 'kv', subject: 'kv', command, seed: 1, found: localRun() };
}

function historyOf(): readonly HistoryEvent[] {
  return CLIENTS.flatMap(historyOfClient).sort((a, b) => a.atMs - b.atMs);
}

/** One operation after the other; the first client learns nothing of what an outage meets. */
function historyOfClient(client: string, place: number): readonly HistoryEvent[] {
  const events: HistoryEvent[] = [];
  let life = 1;
  for (let atMs = 40 + place * 17, nth = 0; atMs < 9000; nth += 1) {
    const outage = OUTAGES.find(({ fromMs, untilMs }) => atMs >= fromMs && atMs < untilMs);
    const waitMs = outage === undefined ? 0 : outage.untilMs - atMs;
    const isLost = waitMs > 0 && place === 0;
    const tookMs = isLost ? 2000 : waitMs + 3 + ((nth * 7) % 11);
    const head = { process: life === 1 ? client : `${client}.${life}`, key: 'r/0' };
    const told = isLost
      ? ({ type: 'info', error: 'no answer in time' } as const)
      : ({ type: 'ok', value: nth - (nth % 2) } as const);
    const asked = nth % 2 === 0 ? { ...head, f: 'write', value: nth } : { ...head, f: 'read' };
    events.push({ ...asked, type: 'invoke', atMs }, { ...asked, ...told, atMs: atMs + tookMs });
    if (isLost) life += 1;
    atMs += tookMs + 90 + ((nth * 13) % 29);
  }
  return events;
}

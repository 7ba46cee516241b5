/**
 * Two stories for the tests of reports in which no order of single keys is the matter: a watch that
 * misses a change, and two transactions that each overlook the other. The runs are made up; what is
 * said of them is what the judges of the store say.
 */
import type { HistoryEvent } from '@mangrove/experiment';
import { toNodeId } from '@mangrove/host';
import { kvPromises } from '@mangrove/kv';
import { judge } from '../src/judge.ts';
import type { ExperimentReport, RunEvidence } from '../src/run-report.ts';
import { figureEightPlan, figureEightReport, strikesAsPlanned } from './figure-eight.ts';
import { TraceScript } from './trace-script.ts';

const NODES = ['n1', 'n2', 'n3'] as const;
const END_MS = 900;

/** A watcher goes on at another member, which begins one revision too late. */
export function watchReport(): ExperimentReport {
  const script = begun(['c1', 'c2', 'c3']);
  const put = (atMs: number, value: number, revision: number, at: string) => {
    const write = script.invoke('c1', atMs, 'put', 'w/a', value);
    const asked = script.send('c1', at, `put w/a=${value}`, atMs, atMs + 12, write.record);
    const written = script.send(at, 'c1', `revision ${revision}`, atMs + 40, atMs + 52, asked);
    write.end(atMs + 52, 'ok', written, { revision });
    return asked;
  };
  const change = (revision: number, value: number) => {
    return { key: 'w/a', revision, type: 'put', value } as const;
  };
  const first = script.invoke('c2', 60, 'next', 'w/', []);
  const watch = script.send('c2', 'n1', 'watch w/ from 2', 60, 75, first.record);
  put(90, 1, 2, 'n1');
  first.end(150, 'ok', script.send('n1', 'c2', 'change 2', 132, 150, watch), [
    { type: 'begin', segment: 1, prefix: 'w/', from: 2 },
    { type: 'created', segment: 1, revision: 1 },
    { type: 'response', segment: 1, changes: [change(2, 1)] },
    { type: 'end', segment: 1, reason: 'lost' },
  ]);
  script.down('n1', 200, 0, 'power loss');
  lead(script, 'n2', 330, 3);
  put(380, 2, 3, 'n2');
  put(500, 3, 4, 'n2');
  const second = script.invoke('c2', 420, 'next', 'w/', []);
  const again = script.send('c2', 'n3', 'watch w/ from 3', 420, 436, second.record);
  const told = script.send('n2', 'n3', 'append 4', 515, 540, again);
  second.end(580, 'ok', script.send('n3', 'c2', 'change 4', 560, 580, told), [
    { type: 'begin', segment: 2, prefix: 'w/', from: 3 },
    { type: 'created', segment: 2, revision: 2 },
    { type: 'response', segment: 2, changes: [change(4, 3)] },
  ]);
  const scribe = script.invoke('c3', 700, 'log', 'w/');
  const read = script.send('c3', 'n2', 'read log', 700, 715, scribe.record);
  scribe.end(760, 'ok', script.send('n2', 'c3', 'log', 740, 760, read), {
    ...{ upTo: 4, changes: [change(2, 1), change(3, 2), change(4, 3)] },
  });
  return reportOf('kv-contract-lean', script, 'watches are ordered');
}

/** Each of two transactions reads what the other is about to write; a third one sees both. */
export function isolationReport(): ExperimentReport {
  const script = begun(['c1', 'c2', 'c3']);
  const run = (client: string, fromMs: number, untilMs: number, asked: Micro, told: Micro) => {
    const transaction = script.invoke(client, fromMs, 'txn', 'lists', asked);
    const there = script.send(client, 'n1', 'txn', fromMs, fromMs + 14, transaction.record);
    const back = script.send('n1', client, 'done', untilMs - 16, untilMs, there);
    transaction.end(untilMs, 'ok', back, told);
  };
  const read = (key: string, list: readonly number[] | null) => ['r', key, list] as const;
  const append = (key: string, value: number) => ['append', key, value] as const;
  run('c1', 300, 420, [read('x', null), append('y', 1)], [read('x', []), append('y', 1)]);
  run('c2', 320, 436, [read('y', null), append('x', 2)], [read('y', []), append('x', 2)]);
  script.down('n1', 470, 0, 'power loss');
  script.start('n1', 520, 2);
  lead(script, 'n1', 560, 3);
  run('c3', 640, 720, [read('x', null), read('y', null)], [read('x', [2]), read('y', [1])]);
  return reportOf('kv-lean', script, 'transactions on lists');
}

type Micro = readonly (readonly ['r' | 'append', string, number | readonly number[] | null])[];

function begun(clients: readonly string[]): TraceScript {
  const script = new TraceScript(NODES, clients);
  for (const node of NODES) {
    script.start(node, 0);
    script.state(node, 1, { role: 'follower', term: 1, commitIndex: 1 });
  }
  lead(script, 'n1', 40, 2);
  return script;
}

function lead(script: TraceScript, node: string, atMs: number, term: number): void {
  script.state(node, atMs, { role: 'leader', term, commitIndex: 1 }, script.timer(node, atMs));
}

/** The report of the run as its judges see it; `promise` is how the one that speaks begins. */
function reportOf(experiment: string, script: TraceScript, promise: string): ExperimentReport {
  const { shrunk: _shrunk, ...rest } = figureEightReport();
  const history: readonly HistoryEvent[] = script.history();
  const crash = { type: 'crash', node: toNodeId('n1'), disk: 'unsynced-lost' } as const;
  const isBack = experiment === 'kv-lean';
  const times = isBack ? { atMs: 470, untilMs: 520 } : { atMs: 200, untilMs: END_MS };
  const plan = {
    ...figureEightPlan(),
    ...{ experiment, replicas: NODES.map(toNodeId) },
    clients: ['c1', 'c2', 'c3'].map(toNodeId),
    ...{ faults: [{ ...crash, ...times }], operations: [], activeMs: 800, quietMs: 100 },
  };
  const judges = kvPromises.filter(({ check }) => check.startsWith(promise));
  const verdict = judge(judges, {
    ...{ history, ends: [], stuck: [], activeMs: 800, quietMs: 100, endMs: END_MS },
    ...{ slos: [], strikes: [] },
  });
  const found: RunEvidence = {
    ...{ world: 'sim', plan, history, verdict, endMs: END_MS, strikes: strikesAsPlanned(plan) },
    ...{ hash: '51b0c6d2f7a9e384', eventCount: 120, trace: script.trace(), ends: [] },
    ...{ counts: { 'messages sent': 20, crashes: 1 }, notInjected: [] },
  };
  const command = `npx mangrove lab run ${experiment} --seed 7`;
  return { ...rest, experiment, subject: 'kv', command, found };
}

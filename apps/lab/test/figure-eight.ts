/**
 * A story for the tests of reports: five nodes, two clients, an entry of an old term that is
 * committed by counting copies, and so lost (Raft, figure 8). Made up, not recorded.
 */
import { endOf, type Plan } from '@mangrove/experiment';
import { toNodeId } from '@mangrove/host';
import type { ExperimentReport, FaultStrike, RunEvidence } from '../src/run-report.ts';
import type { HistoryExplanation, Verdict } from '../src/verdict.ts';
import { TraceScript } from './trace-script.ts';

const NODES = ['n1', 'n2', 'n3', 'n4', 'n5'] as const;

/** The trace and history of the story. */
export function figureEightScript(): TraceScript {
  const script = new TraceScript(NODES, ['c1', 'c2']);
  for (const node of NODES) {
    script.start(node, 0);
    follow(script, node, 1, 1, '1:x=1', 1);
  }
  firstTerm(script);
  rivalTerm(script);
  wrongCommit(script);
  lostWrite(script);
  return script;
}

function firstTerm(script: TraceScript): void {
  win(script, 'n1', 2, 90, '1:x=1', 1, ['n2', 'n3', 'n4', 'n5']);
  heartbeats(script, 'n1', 160, 290, ['n2', 'n3', 'n4', 'n5']);
  const read = script.invoke('c2', 172, 'read', 'x');
  const asked = script.send('c2', 'n1', 'read x', 172, 190, read.record);
  read.end(260, 'ok', script.send('n1', 'c2', 'x is 1', 241, 260, asked), 1);
  const appended = script.send('c1', 'n1', 'write x=2', 286, 304, -1);
  lead(script, 'n1', 304.1, 2, '1:x=1 2:x=2', 1, appended);
  const copy = script.send('n1', 'n2', 'append 2', 308, 340, appended);
  script.down('n1', 314, 0, 'power loss');
  follow(script, 'n2', 340.1, 2, '1:x=1 2:x=2', 1, copy);
  script.lose('n2', 'n1', 'appended 2', 341, copy, 'n1 is down');
}

function rivalTerm(script: TraceScript): void {
  script.lose('n5', 'n1', 'vote for n5?', 480, -1, 'n1 is down');
  win(script, 'n5', 3, 480, '1:x=1', 1, ['n3', 'n4']);
  const write = script.invoke('c2', 612, 'write', 'y', 7);
  const asked = script.send('c2', 'n5', 'write y=7', 612, 630, write.record);
  lead(script, 'n5', 630.1, 3, '1:x=1 3:y=7', 1, asked);
  script.down('n5', 634, 0, 'power loss');
  script.start('n1', 490, 2);
  follow(script, 'n1', 491, 2, '1:x=1 2:x=2', 1);
  const retry = script.send('c2', 'n5', 'write y=7', 1214, 1240, write.record);
  lead(script, 'n5', 1240.1, 5, '1:x=1 3:y=7 5:y=7', 1, retry);
  const acks = ['n2', 'n3', 'n4'].map((node, index) => {
    const there = script.send('n5', node, 'append 3', 1244, 1262 + index * 5, retry);
    follow(script, node, 1262.1 + index * 5, 5, '1:x=1 3:y=7 5:y=7', 1, there);
    return script.send(node, 'n5', 'appended 3', 1264 + index * 5, 1284 + index * 6, there);
  });
  const last = acks.at(1) ?? -1;
  lead(script, 'n5', 1290.1, 5, '1:x=1 3:y=7 5:y=7', 3, last);
  for (const [index, node] of ['n2', 'n3', 'n4'].entries()) {
    const there = script.send('n5', node, 'commit 3', 1292, 1310 + index * 4, last);
    follow(script, node, 1310.1 + index * 4, 5, '1:x=1 3:y=7 5:y=7', 3, there);
  }
  write.end(1323, 'ok', script.send('n5', 'c2', 'y=7 written', 1304, 1323, last));
}

function wrongCommit(script: TraceScript): void {
  const write = script.invoke('c1', 286, 'write', 'x', 2);
  win(script, 'n1', 4, 665, '1:x=1 2:x=2', 1, ['n2', 'n3', 'n4']);
  const retry = script.send('c1', 'n1', 'write x=2', 886, 903, write.record);
  const acks = ['n2', 'n3'].map((node, index) => {
    const there = script.send('n1', node, 'append 2', 905, 926 + index * 4, retry);
    if (node === 'n3') follow(script, node, 930.1, 4, '1:x=1 2:x=2', 1, there);
    return script.send(node, 'n1', 'appended 2', 928 + index * 5, 948 + index * 9, there);
  });
  const last = acks.at(-1) ?? -1;
  lead(script, 'n1', 957.1, 4, '1:x=1 2:x=2', 2, last);
  script.event('n1', 957.1, 'committed', { index: 2, copies: 3 }, last);
  write.end(982, 'ok', script.send('n1', 'c1', 'x=2 written', 958, 982, last));
  script.down('n1', 962, 0, 'power loss');
  for (const node of ['n2', 'n3', 'n4']) script.lose(node, 'n1', 'alive', 970, -1, 'n1 is down');
}

function lostWrite(script: TraceScript): void {
  script.start('n5', 760, 2);
  follow(script, 'n5', 761, 3, '1:x=1 3:y=7', 1);
  win(script, 'n5', 5, 1180, '1:x=1 3:y=7', 1, ['n2', 'n3', 'n4']);
  for (const [index, node] of ['n2', 'n3', 'n4'].entries()) {
    const there = script.send('n5', node, 'append 2', 1230, 1250 + index * 4, -1);
    follow(script, node, 1250.1 + index * 4, 5, '1:x=1 3:y=7', 1, there);
    script.event(node, 1250.2 + index * 4, 'replaced', { index: 2, term: 3 }, there);
  }
  script.start('n1', 1240, 3);
  follow(script, 'n1', 1241, 4, '1:x=1 2:x=2', 1);
  const read = script.invoke('c2', 1352, 'read', 'x');
  const asked = script.send('c2', 'n5', 'read x', 1352, 1371, read.record);
  read.end(1440, 'ok', script.send('n5', 'c2', 'x is 1', 1421, 1440, asked), 1);
  const late = script.send('n5', 'n1', 'append 2', 1425, 1447, -1);
  follow(script, 'n1', 1447.1, 5, '1:x=1 3:y=7', 3, late);
  script.invoke('c1', 1468, 'read', 'x');
}

type Followers = readonly string[];

function lead(
  script: TraceScript,
  node: string,
  atMs: number,
  term: number,
  log: string,
  commitIndex: number,
  cause: number,
): void {
  script.state(node, atMs, { role: 'leader', term, votedFor: node, commitIndex, log }, cause);
}

function follow(
  script: TraceScript,
  node: string,
  atMs: number,
  term: number,
  log: string,
  commitIndex: number,
  cause = -1,
): void {
  script.state(node, atMs, { role: 'follower', term, votedFor: '-', commitIndex, log }, cause);
}

/** An election from the time-out to the deciding vote. */
function win(
  script: TraceScript,
  node: string,
  term: number,
  atMs: number,
  log: string,
  commitIndex: number,
  voters: Followers,
): void {
  const fields = { term, votedFor: node, commitIndex, log };
  const began = script.timer(node, atMs);
  script.state(node, atMs + 0.1, { role: 'candidate', ...fields }, began);
  const votes = voters.map((voter, index) => {
    const asked = script.send(node, voter, `vote for ${node}?`, atMs, atMs + 21 + index * 6, began);
    return script.send(voter, node, 'vote', atMs + 22 + index * 6, atMs + 44 + index * 8, asked);
  });
  const decisive = votes[1] ?? votes[0] ?? -1;
  script.state(node, atMs + 52.1, { role: 'leader', ...fields }, decisive);
}

function heartbeats(
  script: TraceScript,
  node: string,
  fromMs: number,
  untilMs: number,
  peers: Followers,
): void {
  for (let atMs = fromMs; atMs < untilMs; atMs += 50) {
    for (const [index, peer] of peers.entries()) {
      const there = script.send(node, peer, 'heartbeat', atMs, atMs + 18 + index, -1);
      script.send(peer, node, 'heartbeat ok', atMs + 20 + index, atMs + 40 + index, there);
    }
  }
}

/** The explanation that a judge gives of the story. */
export function figureEightExplanation(script: TraceScript): HistoryExplanation {
  const history = script.history();
  const at = (atMs: number, f: string) =>
    history.findIndex((event) => event.atMs === atMs && event.f === f);
  return {
    ...{ class: 'linearizability', check: 'every key is linearizable', key: 'x' },
    operations: [
      {
        ...{ process: 'c1', f: 'write', key: 'x', input: 2, outcome: 'ok' },
        ...{
          fromMs: 286,
          untilMs: 982,
          invokeIndex: at(286, 'write'),
          returnIndex: at(982, 'write'),
        },
      },
      {
        ...{ process: 'c2', f: 'read', key: 'x', output: 1, outcome: 'ok' },
        ...{
          fromMs: 1352,
          untilMs: 1440,
          invokeIndex: at(1352, 'read'),
          returnIndex: at(1440, 'read'),
        },
      },
    ],
    sentences: [
      'If the write comes before the read, the read must return 2. It returned 1.',
      'The read cannot come before the write: the write was answered before the read began.',
    ],
  };
}

const NO_CHOICES = { links: {}, draws: {} };

/** The plan of the story. */
export function figureEightPlan(): Plan {
  const crash = (node: string, atMs: number, untilMs: number) =>
    ({ type: 'crash', node: toNodeId(node), disk: 'unsynced-lost', atMs, untilMs }) as const;
  return {
    format: 'mangrove-plan/1',
    experiment: 'raft/leader-crash-during-append',
    replicas: NODES.map(toNodeId),
    clients: ['c1', 'c2'].map(toNodeId),
    ...{ activeMs: 1500, quietMs: 150, operationTimeoutMs: 800, seed: 7 },
    faults: [crash('n1', 314, 490), crash('n5', 634, 760), crash('n1', 962, 1240)],
    operations: [
      { client: toNodeId('c1'), atMs: 286, f: 'write', key: 'x', value: 2 },
      { client: toNodeId('c2'), atMs: 1352, f: 'read', key: 'x' },
    ],
    choices: NO_CHOICES,
  };
}

/** The strikes of a run in which every fault of the plan came at its time. */
export function strikesAsPlanned({ faults }: Plan): readonly FaultStrike[] {
  return faults.flatMap((each, fault) =>
    each.type === 'crash-at' ? [] : [{ fault, atMs: each.atMs, untilMs: endOf(each) }],
  );
}

/** The run of the story with its verdict. */
export function figureEightRun(): RunEvidence {
  const script = figureEightScript();
  const explanation = figureEightExplanation(script);
  const verdict: Verdict = {
    answer: 'invalid',
    anomaly: 'linearizability',
    checks: [
      {
        check: 'every key is linearizable',
        answer: 'invalid',
        anomalies: [
          {
            class: 'linearizability',
            sentence: 'no order of the operations on x explains what clients saw',
            atMs: 1440,
          },
        ],
        explanation,
      },
      { check: 'at most one leader in a term', answer: 'valid', anomalies: [] },
      { check: 'clients see progress in the quiet phase', answer: 'valid', anomalies: [] },
    ],
  };
  return {
    world: 'sim',
    plan: figureEightPlan(),
    history: script.history(),
    verdict,
    endMs: 1650,
    strikes: strikesAsPlanned(figureEightPlan()),
    hash: '9f3c41aee2b07c15',
    eventCount: 231,
    trace: script.trace(),
    ends: [],
    counts: { 'messages sent': 96, 'messages lost': 6, crashes: 3, 'bytes lost': 0, restarts: 3 },
    notInjected: [],
  };
}

/** The whole report of the story, with a planted bug. */
export function figureEightReport(): ExperimentReport {
  const run = figureEightRun();
  return {
    format: 'mangrove-report/1',
    experiment: 'raft/leader-crash-during-append',
    subject: 'raft',
    madeAt: '2026-01-02T03:04:05Z',
    command: 'npx mangrove replay results/old-term-commit.html',
    environment: {
      ...{ nodeVersion: '24.0.0', platform: 'linux x64', cpu: 'a processor', cpuCount: 2 },
      ...{ commit: '4be1c07d2a', isModified: false },
    },
    found: run,
    seed: 7,
    shrunk: run,
    shrinkSteps: [],
    others: [],
  };
}

/**
 * A long run for the tests of reports: five nodes that elect leaders, replicate and crash, with as
 * many records as are asked for. Made up by a small generator with a fixed seed.
 */
import type { Plan } from '@mangrove/experiment';
import { toNodeId } from '@mangrove/host';
import { readStory, type Story } from '../src/report/story.ts';
import { figureEightPlan, strikesAsPlanned } from './figure-eight.ts';
import { TraceScript } from './trace-script.ts';

const NODES = ['n1', 'n2', 'n3', 'n4', 'n5'] as const;

/** A run of about `recordCount` records, two operations of which are said to contradict. */
export function busyScript(recordCount: number): TraceScript {
  const script = new TraceScript(NODES, ['c1', 'c2', 'c3']);
  const draw = generator(42);
  let term = 0;
  let index = 0;
  let records = 0;
  let atMs = 0;
  let leader: string = NODES[0];
  while (records < recordCount) {
    if (index % 60 === 0) {
      term += 1;
      leader = NODES[draw(5)] ?? leader;
      atMs += 60;
      script.state(leader, atMs, { role: 'leader', term, lastIndex: index, commitIndex: index });
      for (const node of NODES) {
        if (node !== leader)
          script.state(node, atMs + 9, { role: 'follower', term, lastIndex: index });
      }
      records += 5;
    }
    records += replicate(script, { leader, term, index, atMs, draw });
    index += 1;
    atMs += 8 + draw(9);
  }
  return script;
}

/** The story of `busyScript`. */
export function busyStory(recordCount: number): Story {
  const script = busyScript(recordCount);
  const history = script.history();
  const plan = busyPlan(history.at(-1)?.atMs ?? 0);
  return readStory({
    ...{ trace: script.trace(), history, plan, strikes: strikesAsPlanned(plan) },
    endMs: (history.at(-1)?.atMs ?? 0) + 50,
    anomalies: [],
    explanation: undefined,
  });
}

/** The plan of `busyScript`: cuts of one node, again and again. */
export function busyPlan(untilMs: number): Plan {
  const others = NODES.slice(0, 4).map(toNodeId);
  const faults = [];
  for (let atMs = 700; atMs < untilMs; atMs += 2500) {
    const window = { atMs, untilMs: atMs + 400 };
    faults.push({ type: 'cut' as const, from: [toNodeId('n5')], to: others, ...window });
  }
  return { ...figureEightPlan(), clients: ['c1', 'c2', 'c3'].map(toNodeId), faults };
}

interface Round {
  readonly leader: string;
  readonly term: number;
  readonly index: number;
  readonly atMs: number;
  readonly draw: (below: number) => number;
}

/** One write and its replication; returns how many records that made. */
function replicate(script: TraceScript, { leader, term, index, atMs, draw }: Round): number {
  const client = `c${1 + (index % 3)}`;
  const write = script.invoke(`${client}.${index}`, atMs, 'write', 'x', index);
  const asked = script.send(client, leader, `write x=${index}`, atMs, atMs + 3, write.record);
  let records = 4;
  let last = asked;
  for (const node of NODES) {
    if (node === leader) continue;
    const there = script.send(
      leader,
      node,
      `append ${index}`,
      atMs + 3.2,
      atMs + 7 + draw(4),
      asked,
    );
    const fields = { role: 'follower', term, lastIndex: index, commitIndex: index - 1 };
    script.state(node, atMs + 12, fields, there);
    last = script.send(node, leader, `appended ${index}`, atMs + 12, atMs + 16 + draw(5), there);
    records += 5;
  }
  script.state(
    leader,
    atMs + 22,
    { role: 'leader', term, lastIndex: index, commitIndex: index },
    last,
  );
  const answer = script.send(leader, client, 'written', atMs + 22, atMs + 25, last);
  write.end(atMs + 25, draw(40) === 0 ? 'info' : 'ok', answer);
  return records + 4;
}

/** Numbers below a bound, the same every time (a linear congruence is random enough here). */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

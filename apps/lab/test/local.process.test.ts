/**
 * Shows the world `local`: three real processes, hurt while they work, and nothing left behind
 * however the run ends.
 */
import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { checkLinearizable, readJsonLines, register } from '@mangrove/check';
import { type Fault, leader, type Plan } from '@mangrove/experiment';
import { type NodeId, toNodeId } from '@mangrove/host';
import { askControl, controlPathOf } from '@mangrove/host-process/node';
import { drawPlan } from '@mangrove/sim';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findBug, findExperiment } from '../src/catalog.ts';
import { ReplicaHandle } from '../src/local/replica-handle.ts';
import { runLocal } from '../src/local/run-local.ts';
import { type Timing, timingsOf } from '../src/report/latency.ts';
import { anomaliesOf } from '../src/verdict.ts';

const entry = findExperiment('register');
const [n1, n2, n3] = ['n1', 'n2', 'n3'].map(toNodeId) as [NodeId, NodeId, NodeId];

/** A second of load, with these faults. A busy machine has the time it needs to get well. */
function planOf(...faults: readonly Fault[]): Plan {
  const times = { activeMs: 1000, quietMs: 6000, operationTimeoutMs: 2000 };
  return { ...drawPlan({ ...entry.experiment, ...times }, 1), faults };
}

let folder: string;
let formerFolder: string | undefined;
beforeEach(() => {
  formerFolder = process.env['TMPDIR'];
  folder = mkdtempSync(join(tmpdir(), 'ml-'));
  process.env['TMPDIR'] = folder;
});
afterEach(() => {
  if (formerFolder === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = formerFolder;
  rmSync(folder, { recursive: true, force: true });
});

/** Processes of replicas that keep their files in `folder`. */
function replicasLeft(): readonly string[] {
  const lines = execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes('replica-process.ts') && line.includes(folder));
}

function expectNothingLeft(): void {
  expect(replicasLeft()).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
}

describe('three processes', () => {
  it('keep their promises while one of them is killed and comes back', async () => {
    const said: string[] = [];
    const crash: Fault = { type: 'crash', node: n1, disk: 'kept', atMs: 200, untilMs: 500 };
    const historyPath = join(folder, 'history.jsonl');
    const evidence = await runLocal(entry, planOf(crash), {
      historyPath,
      onProgress: (sentence) => said.push(sentence),
    });
    expect(evidence).toMatchObject({ world: 'local', ends: [], notInjected: [] });
    expect(anomaliesOf(evidence.verdict)).toEqual([]);
    expect(evidence.verdict.answer).toBe('valid');
    expect(said).toEqual(['3 processes serve', 'n1 is killed', 'n1 is back']);
    expect(evidence.counts).toMatchObject({ 'fault crash': 1, 'node starts': 1 });
    const [strike] = evidence.strikes;
    expect(evidence.strikes).toMatchObject([{ fault: 0 }]);
    expect(strike?.atMs).toBeGreaterThanOrEqual(200);
    // Until the process serves again, which takes longer than until it is started.
    expect(strike?.untilMs).toBeGreaterThan(500);
    expect(evidence.counts['operations during a fault']).toBeGreaterThan(5);
    const during = evidence.history.filter(({ atMs, type }) => type === 'ok' && atMs > 200);
    expect(during.length).toBeGreaterThan(5);
    const times = evidence.history.map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    // What is written is what was judged: an unknown outcome stays unknown.
    expect(readJsonLines(readFileSync(historyPath, 'utf8'))).toEqual(evidence.history);
    rmSync(historyPath);
    expectNothingLeft();
  });

  it('are cut off, slowed and paused; what this world cannot do is told', async () => {
    const window = { atMs: 100, untilMs: 400 };
    const evidence = await runLocal(
      entry,
      planOf(
        { type: 'cut', ...window, from: [n1], to: [n2, n3] },
        { type: 'slow-disk', ...window, node: n2, latencyMs: 5 },
        { type: 'slow-disk', ...window, node: n3, latencyMs: 5 },
        { type: 'pause', ...window, node: n3 },
        { type: 'disk-full', atMs: 200, untilMs: 300, node: n3 },
        { type: 'crash', atMs: 200, untilMs: 300, node: n2, disk: 'kept' },
        { type: 'crash', ...window, node: n2, disk: 'unsynced-lost' },
        { type: 'clock-drift', ...window, node: n2, ppm: 100 },
      ),
    );
    expect(anomaliesOf(evidence.verdict)).toEqual([]);
    expect(evidence.verdict.answer).toBe('valid');
    expect(evidence.counts).toMatchObject({
      'fault cut': 1,
      'fault slow-disk': 2,
      'fault pause': 1,
    });
    expect(evidence.notInjected).toEqual([
      'crash n2 (unsynced-lost) 100-400 ms',
      'clock-drift n2 100-400 ms',
    ]);
    // The last two were not injected; the others struck, each once.
    expect(evidence.strikes.map(({ fault }) => fault).sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expectNothingLeft();
  });
});

describe('three processes, and what a fault does to their clients', () => {
  const times = { activeMs: 3000, quietMs: 6000, operationTimeoutMs: 3000 };
  const hurtBy = (...faults: readonly Fault[]) =>
    runLocal(entry, { ...drawPlan({ ...entry.experiment, ...times }, 1), faults });
  const all = [n1, n2, n3];
  const window = { atMs: 600, untilMs: 2400 };

  it('nobody is answered while all of them are paused', async () => {
    const pauses = all.map((node): Fault => ({ type: 'pause', node, ...window }));
    const { history, strikes, verdict, endMs } = await hurtBy(...pauses);
    expect(strikes).toHaveLength(3);
    const answers = history.filter(({ type }) => type === 'ok').map(({ atMs }) => atMs);
    // What a process had sent before may still be on its way for a moment.
    const pausedMs = Math.max(...strikes.map(({ atMs }) => atMs)) + 100;
    expect(answers.filter((atMs) => atMs > pausedMs && atMs < window.untilMs)).toEqual([]);
    const isWaiting = (timing: Timing) =>
      timing.startMs < window.untilMs && timing.endMs > window.untilMs;
    expect(timingsOf(history, endMs).some(isWaiting)).toBe(true);
    expect(answers.some((atMs) => atMs < window.atMs)).toBe(true);
    expect(answers.some((atMs) => atMs > window.untilMs)).toBe(true);
    expect(anomaliesOf(verdict)).toEqual([]);
    expectNothingLeft();
  });

  it('every answer is late while links are slow, and none is before', async () => {
    const { clients } = planOf();
    const latencyMs = 150;
    const { history, strikes, verdict, endMs } = await hurtBy({
      type: 'slow-links',
      from: all,
      to: clients,
      latencyMs,
      ...window,
    });
    const [strike] = strikes;
    if (strike === undefined) throw new Error('the links were not slow');
    const answered = timingsOf(history, endMs).filter(({ outcome }) => outcome === 'ok');
    const tookMs = (isIn: (timing: Timing) => boolean) =>
      answered.filter(isIn).map((timing) => timing.endMs - timing.startMs);
    const slowed = tookMs(({ startMs, endMs: at }) => {
      return startMs > strike.atMs && at < window.untilMs;
    });
    expect(slowed.length).toBeGreaterThan(3);
    // The platform's timers may fire a moment early.
    for (const ms of slowed) expect(ms).toBeGreaterThanOrEqual(latencyMs - 2);
    expect(Math.min(...tookMs(({ endMs: at }) => at < window.atMs))).toBeLessThan(latencyMs);
    expect(anomaliesOf(verdict)).toEqual([]);
    expectNothingLeft();
  });
});

describe('a run about its faults', () => {
  it('is unknown where one does not strike; those that last end with the load', async () => {
    const directed = { ...entry, experiment: { ...entry.experiment, drawScript: () => [] } };
    const all = [n1, n2, n3];
    const clients = planOf().clients;
    const forever = { atMs: 0, untilMs: 60_000 };
    // Nobody leads a register, so there is no such node to be paused.
    const never: Fault = { type: 'pause', node: leader(), atMs: 100, untilMs: 200 };
    const { verdict, strikes, history } = await runLocal(
      directed,
      planOf({ type: 'cut', from: all, to: clients, ...forever }, never),
    );
    expect(strikes.map(({ fault }) => fault)).toEqual([0]);
    const answers = history.filter(({ type }) => type === 'ok').map(({ atMs }) => atMs);
    // What was under way may arrive; then nobody is answered until the load ends.
    const cutMs = (strikes[0]?.atMs ?? 0) + 200;
    expect(answers.filter((atMs) => atMs > cutMs && atMs < 1000)).toEqual([]);
    expect(answers.some((atMs) => atMs > 1000)).toBe(true);
    const held = verdict.checks.filter(({ answer }) => answer !== 'valid');
    expect(held.flatMap(({ anomalies }) => anomalies.map(({ sentence }) => sentence))).toEqual([
      'did not strike: pause @leader 100-200 ms',
    ]);
    expect(verdict.answer).toBe('unknown');
    expectNothingLeft();
  });
});

describe('clients whose system answers at first and then never again', () => {
  it('are stuck, unless the machine was too busy to say so', async () => {
    const { bug } = findBug('register-rename-before-sync');
    const find = '      await writing;\n';
    // Each client counts its questions; the first ones have an answer.
    const replace = '      if (id > 6) await new Promise(() => {});\n';
    const silent = { ...bug, find, replace };
    const plan = { ...planOf(), quietMs: 1500, operationTimeoutMs: 300 };
    const { verdict, endMs, history } = await runLocal(entry, plan, { bug: silent });
    expect(history.filter(({ type }) => type === 'ok').length).toBeGreaterThan(3);
    const progress = verdict.checks.find(({ check }) => check.startsWith('after the faults'));
    const [anomaly] = progress?.anomalies ?? [];
    expect(anomaly).toMatchObject({ class: 'stuck' });
    const isExcused = anomaly?.sentence.includes('busy machine') === true;
    expect(progress?.answer).toBe(isExcused ? 'unknown' : 'invalid');
    expect(endMs).toBeLessThan(plan.activeMs + 2 * plan.quietMs + 1000);
    expectNothingLeft();
  });
});

describe('a replica', () => {
  it('keeps its faults over its lives, and gets new ones once it is not paused', async () => {
    const place = { experiment: 'register', node: n1, dataDirectory: join(folder, n1), port: 0 };
    const replica = new ReplicaHandle(place, undefined, () => {});
    const faults = () => {
      return askControl(controlPathOf(place.dataDirectory), { do: 'list-faults' });
    };
    try {
      await replica.open();
      const heal = await replica.hurt({ type: 'cut', peer: n2, direction: 'out' });
      const cut = { fault: { type: 'cut', peer: 'n2', direction: 'out' } };
      await expect(faults()).resolves.toMatchObject([cut]);
      await replica.signal('SIGKILL');
      const healFull = await replica.hurt({ type: 'disk-full' });
      await replica.open();
      await expect(faults()).resolves.toMatchObject([cut, { fault: { type: 'disk-full' } }]);
      await replica.signal('SIGSTOP');
      const healing = heal();
      await replica.signal('SIGCONT');
      await healing;
      await expect(faults()).resolves.toMatchObject([{ fault: { type: 'disk-full' } }]);
      await replica.signal('SIGSTOP');
      const healingFull = healFull();
      await replica.signal('SIGKILL');
      await healingFull;
    } finally {
      await replica.signal('SIGKILL');
    }
    expect(replicasLeft()).toEqual([]);
  });
});

describe('nothing is left behind', () => {
  it('when a run is aborted while a node is down', async () => {
    const controller = new AbortController();
    const crash: Fault = { type: 'crash', node: n1, disk: 'kept', atMs: 100, untilMs: 900 };
    const run = runLocal(entry, planOf(crash), {
      signal: controller.signal,
      onProgress: (sentence) => {
        if (sentence === 'n1 is killed') controller.abort(new Error('stopped by hand'));
      },
    });
    await expect(run).rejects.toThrow('stopped by hand');
    expectNothingLeft();
  });

  it('when a replica does not come to serve', async () => {
    const { bug } = findBug('register-rename-before-sync');
    const find = '  // What is on the disk for sure; nobody is told of anything else.\n';
    const failing = { ...bug, find, replace: '  if (host.node === "n2") throw new Error("no");\n' };
    await expect(runLocal(entry, planOf(), { bug: failing })).rejects.toThrow(
      'n2 ended before it served: Error: no',
    );
    expectNothingLeft();
  });

  it('when a process runs other code than it is to', async () => {
    const { bug } = findBug('register-rename-before-sync');
    const file = 'apps/lab/src/planted/vite-plugin.ts';
    const elsewhere = { ...bug, file, find: 'plantedCount = 0' };
    await expect(runLocal(entry, planOf(), { bug: elsewhere })).rejects.toThrow('the clean code');
    expectNothingLeft();
  });

  it('when the lab is gone before a replica is up', async () => {
    const program = fileURLToPath(new URL('../src/local/replica-process.ts', import.meta.url));
    const place = { experiment: 'register', node: n1, dataDirectory: join(folder, n1), port: 0 };
    const replica = fork(program, [JSON.stringify(place)]);
    // So a process sees the end of its lab; this one is still reading its own modules.
    replica.disconnect();
    await once(replica, 'exit');
    expect(replicasLeft()).toEqual([]);
  });

  it('when the lab is killed: its processes end, and the history can be judged', async () => {
    const program = fileURLToPath(new URL('./local-lab.ts', import.meta.url));
    const lab = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(lab.stdout, 'data');
    expect(replicasLeft()).toHaveLength(3);
    const [directory = ''] = readdirSync(folder);
    const path = join(folder, directory, 'history.jsonl');
    const linesIn = () => readFileSync(path, 'utf8').split('\n').length - 1;
    while (linesIn() < 20) await sleep(20);
    const before = linesIn();
    lab.kill('SIGKILL');
    await once(lab, 'exit');
    while (replicasLeft().length > 0) await sleep(20);
    const history = readJsonLines(readFileSync(path, 'utf8'));
    expect(history.length).toBeGreaterThanOrEqual(before);
    expect(checkLinearizable(register(), history)).toMatchObject({
      ...{ type: 'valid', coverage: { isTested: true } },
    });
  });
});

/**
 * Shows that a seed gives the same run in another process and in another engine's loop (a worker of
 * headless Chromium), and that whatever leaks the outside world into a run is found by name or
 * place.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Host } from '@mangrove/host';
import {
  Audit,
  type AuditEntry,
  describeDivergence,
  drawPlan,
  firstDivergence,
  type NodeEnd,
  simulate,
  TrappedGlobal,
} from '@mangrove/sim';
import { chromium, skipUnless } from '@mangrove/test-kit/node';
import { chromium as browsers } from 'playwright-core';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';
import { registerExperiment } from './register-experiment.ts';
import type { Leak } from './register-subject.ts';

const SEEDS = [3, 14, 15, 92];

describe('a seed', () => {
  const experiment = registerExperiment();

  it('gives the same run in a fresh process', { timeout: 30_000 }, async () => {
    for (const seed of SEEDS) {
      const here = await simulate(experiment.subject, drawPlan(experiment, seed));
      const there = await inFreshProcess(seed);
      if (there.hash !== here.hash) {
        const audit = new Audit();
        await simulate(experiment.subject, drawPlan(experiment, seed), { audit });
        const { entries = [] } = await inFreshProcess(seed, 'audit');
        const divergence = firstDivergence(audit.entries, entries);
        expect.fail(divergence === undefined ? 'not again' : describeDivergence(divergence));
      }
      expect(there.eventCount).toBe(here.eventCount);
    }
  });

  it('gives the same run in Chromium', { timeout: 60_000 }, async (context) => {
    const executablePath = skipUnless(context, chromium);
    const worker = await bundle('./browser-worker.ts');
    const browser = await browsers.launch({ executablePath, args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage();
      const hashes = await page.evaluate(runWorker, { worker, seeds: SEEDS });
      const own: string[] = [];
      for (const seed of SEEDS) {
        own.push((await simulate(experiment.subject, drawPlan(experiment, seed))).hash);
      }
      expect(hashes).toEqual(own);
    } finally {
      await browser.close();
    }
  });
});

/** Globals that leak, each touched by a node: by its name as the trap tells it. */
const LEAKS: Readonly<Record<string, Leak>> = Object.freeze({
  'Math.random': () => Math.random(),
  'Math.log2': () => Math.log2(3),
  'Math.exp': () => Math.exp(0.1),
  'Date.now': () => Date.now(),
  Date: () => new Date(),
  'performance.now': () => performance.now(),
  'process.hrtime': () => process.hrtime(),
  'process.hrtime.bigint': () => process.hrtime.bigint(),
  setTimeout: () => setTimeout(() => {}, 0),
  setInterval: () => setInterval(() => {}, 1),
  setImmediate: () => setImmediate(() => {}),
  'crypto.getRandomValues': () => crypto.getRandomValues(new Uint8Array(4)),
  'crypto.randomUUID': () => crypto.randomUUID(),
  'crypto.subtle.digest': () => void crypto.subtle.digest('SHA-256', new Uint8Array(1)),
  fetch: () => void fetch('http://127.0.0.1:1/'),
  'String.prototype.localeCompare': () => 'a'.localeCompare('b'),
  'Number.prototype.toLocaleString': () => (1234.5).toLocaleString(),
  'Intl.DateTimeFormat': () => new Intl.DateTimeFormat(),
  WeakRef: () => new WeakRef({}),
  FinalizationRegistry: () => new FinalizationRegistry(() => {}),
});

describe('a leak', () => {
  it.each(Object.keys(LEAKS))('through %s breaks the node and names the culprit', async (name) => {
    for (const drain of ['hop', 'checkpoint'] as const) {
      const ends = await endsWith(LEAKS[name] as Leak, drain);
      const cause = ends[0]?.cause;
      expect(cause).toBeInstanceOf(TrappedGlobal);
      expect((cause as TrappedGlobal).global).toBe(name);
      expect((cause as TrappedGlobal).stack).toContain('determinism.sim.test.ts');
    }
  });

  it('through process.nextTick breaks the node and names the culprit', async () => {
    const { causes } = await inFreshProcess(1, 'tick');
    expect(causes[0]).toContain('simulated code touched process.nextTick');
  });

  it('is told although the node caught the error', async () => {
    const ends = await endsWith(() => {
      try {
        Math.random();
      } catch {
        // As a library might that falls back to something else.
      }
    });
    expect(ends[0]?.cause).toBeInstanceOf(TrappedGlobal);
  });

  it('through state that outlives a run is found by running again', async () => {
    let count = 0;
    const seen = await twice((host) => {
      count += 1;
      if (count === 40) host.messages.send(host.node, new Uint8Array([count]));
    });
    expect(seen).toMatch(/the runs differ first at event \d+/);
    expect(seen).toMatch(/left: .* send .*[\s\S]*register-subject\.ts/);
    expect(seen).toMatch(/right: /);
  });

  it('through the order of keys that an earlier run left is found by running again', async () => {
    // Kept over runs: the second one meets the keys in the order of the first.
    const seen: Record<string, true> = {};
    let count = 0;
    const told = await twice((host) => {
      count += 1;
      seen[`${host.node}-${count % 7}`] = true;
      const last = Object.keys(seen).at(-1) ?? '';
      host.messages.send(host.node, new TextEncoder().encode(last));
    });
    expect(told).toMatch(/the runs differ first at event \d+/);
    expect(told).toMatch(/send to n\d/);
  });

  it('through work that settles outside of virtual time is found by running again', async () => {
    let isFirst = true;
    const seen = await twice((host) => {
      if (!isFirst) return;
      isFirst = false;
      const late = fs.stat('.');
      host.run(async () => {
        await late;
        host.messages.send(host.node, new Uint8Array(9));
      });
    });
    expect(seen).toMatch(/the runs differ first at event \d+/);
  });

  it('leaves no trap behind: the globals are as before a run', async () => {
    const before = [Date, Math.random, setTimeout, globalThis.fetch];
    await endsWith(() => {});
    expect([Date, Math.random, setTimeout, globalThis.fetch]).toEqual(before);
    expect(Object.is(Date, before[0])).toBe(true);
  });

  it('is not seen in those who run beside a simulation', async () => {
    const experiment = registerExperiment();
    let isOver = false;
    let tickCount = 0;
    const beside = (async () => {
      while (!isOver) {
        await new Promise((resolve) => setImmediate(resolve));
        tickCount += Date.now() > 0 && Math.random() >= 0 ? 1 : 0;
      }
    })();
    const plans = SEEDS.map((seed) => drawPlan(experiment, seed));
    const runs = plans.map((plan) => simulate(experiment.subject, plan, { drain: 'hop' }));
    const together = (await Promise.all(runs)).map(({ hash }) => hash);
    isOver = true;
    await beside;
    expect(tickCount).toBeGreaterThan(0);
    for (const [index, plan] of plans.entries()) {
      const alone = await simulate(experiment.subject, plan);
      expect(together[index]).toBe(alone.hash);
    }
  });
});

async function endsWith(leak: Leak, drain: 'hop' | 'auto' | 'checkpoint' = 'auto') {
  const experiment = registerExperiment(leak);
  const plan = { ...drawPlan(experiment, 1), faults: [], quietMs: 10 };
  const report = await simulate(experiment.subject, plan, { drain });
  return report.ends as readonly NodeEnd[];
}

/** The divergence of two runs of one seed, in words. */
async function twice(leak: (host: Host) => void): Promise<string> {
  const experiment = registerExperiment(leak);
  const audits: (readonly AuditEntry[])[] = [];
  for (let run = 0; run < 2; run++) {
    const audit = new Audit();
    await simulate(experiment.subject, drawPlan(experiment, 5), { audit });
    audits.push(audit.entries);
  }
  const divergence = firstDivergence(audits[0] ?? [], audits[1] ?? []);
  return divergence === undefined ? 'no divergence' : describeDivergence(divergence);
}

/** What `run-seed.ts` prints. */
interface FreshRun {
  readonly hash: string;
  readonly eventCount: number;
  readonly causes: readonly string[];
  readonly entries?: readonly AuditEntry[];
}

async function inFreshProcess(seed: number, mode = ''): Promise<FreshRun> {
  const program = fileURLToPath(new URL('./run-seed.ts', import.meta.url));
  const options = { maxBuffer: 256 * 1024 * 1024 };
  const args = [program, String(seed), mode];
  const { stdout } = await promisify(execFile)(process.execPath, args, options);
  return JSON.parse(stdout);
}

/** A module and all it imports as one text. */
async function bundle(path: string): Promise<string> {
  const input = fileURLToPath(new URL(path, import.meta.url));
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: false,
      lib: { entry: input, formats: ['iife'], name: 'worker', fileName: 'worker' },
    },
  });
  const [output] = [result].flat();
  const chunk = output !== undefined && 'output' in output ? output.output[0] : undefined;
  if (chunk?.code === undefined) throw new Error('the bundle has no text');
  return chunk.code;
}

/** Runs in the page. */
function runWorker(task: { worker: string; seeds: readonly number[] }): Promise<string[]> {
  const page = globalThis as unknown as {
    Worker: new (
      url: string,
    ) => {
      onmessage: (event: { data: string[] }) => void;
      onerror: (event: { message: string }) => void;
      postMessage(data: unknown): void;
    };
  };
  const blob = new Blob([task.worker], { type: 'text/javascript' });
  const worker = new page.Worker(URL.createObjectURL(blob));
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(task.seeds);
  });
}

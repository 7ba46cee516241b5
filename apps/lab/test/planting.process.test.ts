/**
 * Shows that a planted bug is in every thread that is to run it, in no other, and never on disk.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { type PlantedBug, plant } from '@mangrove/experiment';
import { createServer } from 'vite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CATALOG, findBug } from '../src/catalog.ts';
import { PROJECT_ROOT } from '../src/environment.ts';
import { checkPlanted, plantedHere, plantedLaunch } from '../src/planted/planted.ts';
import { reportPlant } from '../src/planted/planted-report.ts';
import { plantingPlugin } from '../src/planted/vite-plugin.ts';
import { WorkerPool } from '../src/worker-pool.ts';

const experiment = 'register';
const one = { experiment, workerCount: 1 };
const { bug } = findBug('register-rename-before-sync');
const bugs = CATALOG.flatMap((entry) => entry.bugs);
const sourceOf = ({ file }: PlantedBug) => readFileSync(join(PROJECT_ROOT, file), 'utf8');

/** What a worker of the lab says is planted in it, however it was started. */
async function plantedInWorker(
  launch: Pick<ReturnType<typeof plantedLaunch>, 'execArgv' | 'env'>,
): Promise<string | undefined> {
  const worker = new Worker(new URL('../src/lab-worker.ts', import.meta.url), {
    execArgv: [...launch.execArgv],
    env: { ...process.env, ...launch.env },
    workerData: { experiment },
  });
  try {
    const [{ planted }] = await once(worker, 'message');
    return planted;
  } finally {
    await worker.terminate();
  }
}

describe('the hook', () => {
  it('patches what workers run, and nothing on disk nor in this thread', async () => {
    const before = sourceOf(bug);
    const pool = await WorkerPool.open({ ...one, bug, workerCount: 2 });
    try {
      const outcomes = await Promise.all([pool.runSeed(27), pool.runSeed(27)]);
      expect(outcomes.map(({ answer }) => answer)).toEqual(['invalid', 'invalid']);
    } finally {
      await pool.close();
    }
    expect(sourceOf(bug)).toBe(before);
    expect(plantedHere()).toBeUndefined();
  });

  it('that was not loaded with --import is noticed: the worker says that it is clean', async () => {
    const { env } = plantedLaunch(bug);
    const planted = await plantedInWorker({ execArgv: [], env });
    expect(planted).toBeUndefined();
    expect(() => checkPlanted('worker 1', bug, planted)).toThrow('worker 1 runs the clean code');
  });

  it('in a worker that is to be clean is noticed too', async () => {
    const planted = await plantedInWorker(plantedLaunch(bug));
    expect(planted).toBe(bug.name);
    expect(() => checkPlanted('worker 1', undefined, planted)).toThrow(
      `the planted bug ${bug.name}`,
    );
  });

  it.each([
    ['twice or more', 'host', /stands more than once/],
    ['nowhere', 'no such text', /does not stand in/],
  ])('refuses text that stands %s in the file', async (_case, find, message) => {
    await expect(WorkerPool.open({ ...one, bug: { ...bug, find } })).rejects.toThrow(message);
  });

  it('is noticed to have done nothing where the file is not loaded', async () => {
    const elsewhere = {
      ...bug,
      file: 'apps/lab/src/planted/vite-plugin.ts',
      find: 'plantedCount = 0',
    };
    await expect(WorkerPool.open({ ...one, bug: elsewhere })).rejects.toThrow(
      'runs the clean code',
    );
  });
});

describe('a planted program', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mangrove-planted-'));
    symlinkSync(join(PROJECT_ROOT, 'node_modules'), join(folder, 'node_modules'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /**
   * What the compiler says of copies of the rooms with the bugs: each file of a copy has one at
   * most, so that every patch meets the code that it is made for.
   */
  function compile(planted: readonly PlantedBug[]): string {
    const counts = new Map<string, number>();
    for (const each of planted) {
      const room = each.file.slice(0, each.file.indexOf('/src/'));
      const nth = counts.get(each.file) ?? 0;
      counts.set(each.file, nth + 1);
      const copy = join(folder, `${room.replaceAll('/', '-')}-${nth}`);
      if (!existsSync(copy)) {
        cpSync(join(PROJECT_ROOT, room, 'src'), join(copy, 'src'), { recursive: true });
      }
      const outcome = plant(each, sourceOf(each));
      if (outcome.type === 'refused') throw new Error(outcome.reason);
      const path = join(copy, each.file.slice(room.length));
      writeFileSync(path, outcome.text);
    }
    const config = {
      extends: join(PROJECT_ROOT, 'tsconfig.json'),
      compilerOptions: { rootDir: '/' },
      include: ['*/src/**/*.ts'],
      exclude: ['node_modules', '**/*.test.ts'],
    };
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(PROJECT_ROOT, 'node_modules/typescript/bin/tsc');
    const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', folder], {
      encoding: 'utf8',
    });
    return stdout + stderr;
  }

  it('still type-checks, whichever bug it is', () => {
    expect(bugs.length).toBeGreaterThan(0);
    expect(compile(bugs)).toBe('');
  });

  it('that does not type-check would be seen', () => {
    const wrong = { ...bug, name: 'wrong', replace: '  const wrong: number = disk;' };
    expect(compile([wrong])).toContain('error TS2322');
  });
});

describe('the plugin of Vite', () => {
  it('plants the bug where Vite loads the file', async () => {
    const server = await createServer({
      configFile: false,
      root: PROJECT_ROOT,
      plugins: [plantingPlugin(bug)],
      server: { middlewareMode: true, watch: null, ws: false },
      appType: 'custom',
      logLevel: 'silent',
      optimizeDeps: { noDiscovery: true },
    });
    try {
      const loaded = await server.transformRequest(`/${bug.file}`, { ssr: true });
      expect(loaded?.code).toContain('await file.append');
      expect(loaded?.code).not.toMatch(/append\(.*\);\s*await file\.sync\(\)/);
    } finally {
      await server.close();
    }
  });

  it('fails a build that never loaded the file', () => {
    const plugin = plantingPlugin(bug);
    expect(plugin.transform('export {};', '/elsewhere.ts')).toBeUndefined();
    expect(() => plugin.buildEnd()).toThrow('was never planted');
  });
});

describe('the excerpt of a bug', () => {
  it('shows the lines around it, clean and planted, from the same line on', async () => {
    const shown = await reportPlant(bug, 'valid');
    const lines = sourceOf(bug).split('\n');
    expect(
      lines.slice(shown.lineNumber - 1, shown.lineNumber - 1 + shown.cleanLines.length),
    ).toEqual(shown.cleanLines);
    expect(shown.cleanLines.join('\n')).toContain(bug.find.trimEnd());
    expect(shown.plantedLines.join('\n')).toContain(bug.replace.trimEnd());
  });
});

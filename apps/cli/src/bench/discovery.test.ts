/**
 * Shows which files are benchmarks and which name means which, in a house of a few files.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findBenches, selectBenches } from './discovery.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mangrove-cli-'));
  const files = {
    'systems/raft/bench/commit.ts':
      "export const bench: Bench = {\n  name: 'commit-latency',\n};\n",
    'foundation/sim/bench/events.ts': 'export const bench = makeBench();\n',
    'foundation/sim/bench/events.test.ts': 'export const bench = {};\n',
    'foundation/sim/bench/peer.ts': 'throw new Error("a program of events.ts");\n',
    'foundation/sim/bench/data.json': '{}\n',
    'foundation/sim/src/bench.ts': 'export const bench = {};\n',
    'elsewhere/sim/bench/other.ts': 'export const bench = {};\n',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

it('finds what exports `bench` in the bench folder of a package, lowest floor first', () => {
  expect(findBenches(root)).toEqual([
    {
      room: 'foundation/sim',
      id: 'sim/events',
      name: 'events',
      path: join(root, 'foundation/sim/bench/events.ts'),
    },
    {
      room: 'systems/raft',
      id: 'raft/commit',
      name: 'commit-latency',
      path: join(root, 'systems/raft/bench/commit.ts'),
    },
  ]);
  expect(findBenches(join(root, 'systems'))).toEqual([]);
});

it('takes a package, its folder, a file, both, or the name in the rows', () => {
  const benches = findBenches(root);
  for (const name of ['raft', 'systems/raft', 'commit', 'raft/commit', 'commit-latency']) {
    expect(selectBenches(benches, name).map(({ id }) => id)).toEqual(['raft/commit']);
  }
  expect(selectBenches(benches, 'commi')).toEqual([]);
});

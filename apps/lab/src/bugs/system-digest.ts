/**
 * What a clean run depends on: a digest of the sources of its system, of what the system stands on,
 * of the simulator, and of the judges.
 *
 * A ledger keeps it with what was run clean, so that an alarm ends with the code that raised it,
 * and the code that came after is run anew. Comments, tests and planted bugs do not count: they are
 * not in a clean run. Neither do the packages that only real processes need.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgument } from '@mangrove/host';
import { PROJECT_ROOT } from '../environment.ts';
import { digestSources } from './shrinker-digest.ts';

/** Where the systems of the catalog are; experiments begin with the name of theirs. */
const PACKAGE_OF: Readonly<Record<string, string>> = Object.freeze({
  register: 'first-system',
  journal: 'journal',
  raft: 'raft',
  kv: 'kv',
});

/** Every run is of these, whatever its system. */
const IN_EVERY_RUN = ['sim', 'check'] as const;

/** How the lab runs a plan and judges it. */
const IN_LAB = ['judge.ts', 'judge-slos.ts', 'missed-faults.ts', 'run-plan.ts'] as const;

/** In none: a simulated node meets no machine. */
const IN_NONE: ReadonlySet<string> = new Set(['host-process']);

const FLOORS = ['foundation', 'systems', 'examples'] as const;

/** `kv` of `kv-quota` and of `kv/disk-full`. */
export function systemOf(experiment: string): string {
  return experiment.split(/[-/]/)[0] ?? experiment;
}

/** The digest for an experiment; throws `InvalidArgument` where its system is not known. */
export function digestSystem(experiment: string): string {
  const files = packagesOf(experiment).flatMap((name) => sourcesOf(`${folderOf(name)}/src`));
  const paths = [...files, ...IN_LAB.map((name) => `apps/lab/src/${name}`)];
  return digestSources(paths.map((path) => [path, readFileSync(join(PROJECT_ROOT, path), 'utf8')]));
}

/** The packages whose sources such runs are of, sorted. */
export function packagesOf(experiment: string): readonly string[] {
  const own = PACKAGE_OF[systemOf(experiment)];
  if (own === undefined) {
    const known = Object.keys(PACKAGE_OF).join(', ');
    throw new InvalidArgument('experiment', experiment, `one of a system among ${known}`);
  }
  const found = new Set<string>();
  const waiting = [own, ...IN_EVERY_RUN];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name) || IN_NONE.has(name)) continue;
    found.add(name);
    const text = readFileSync(join(PROJECT_ROOT, folderOf(name), 'package.json'), 'utf8');
    const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
    const ours = Object.keys(dependencies).filter((each) => each.startsWith('@mangrove/'));
    waiting.push(...ours.map((each) => each.slice('@mangrove/'.length)));
  }
  return [...found].sort();
}

function folderOf(name: string): string {
  const floor = FLOORS.find((each) => existsSync(join(PROJECT_ROOT, each, name)));
  return `${floor}/${name}`;
}

function sourcesOf(folder: string): readonly string[] {
  return readdirSync(join(PROJECT_ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .filter((name) => !/(^|\/)planted|-bugs\.ts$/.test(name))
    .sort()
    .map((name) => `${folder}/${name}`);
}

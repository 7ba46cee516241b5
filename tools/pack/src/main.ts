/**
 * The command `npm run pack:check`: packs every package as it would be published and tries the
 * tarballs. It builds, packs, lints with publint, installs, compiles and imports every door on each
 * Node.js that the house promises. Nothing is published. Exits with 1 at the first thing that
 * fails.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { privateDependencies } from './manifest.ts';
import { run } from './run.ts';
import { type Room, readRooms, stage } from './staging.ts';
import { compileAgainst, importDoors, install, nodesToTry, type Trial } from './trial.ts';

const HOUSE = resolve(import.meta.dirname, '../../..');

async function main(): Promise<void> {
  const rooms = readRooms(HOUSE);
  const published = rooms.filter(({ manifest }) => manifest.private !== true);
  say(`packs ${published.length} packages; takes about a minute, more on a slow line`);
  checkDependencies(rooms, published);
  await step('build', () => run('npm', ['run', '--silent', 'build'], { cwd: HOUSE }));
  const work = mkdtempSync(join(tmpdir(), 'mangrove-pack-'));
  try {
    await tryPackages(published, work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  say('every package can be published');
}

function checkDependencies(rooms: readonly Room[], published: readonly Room[]): void {
  const house = rooms.map(({ manifest }) => manifest);
  const faults = published.flatMap(({ manifest }) =>
    privateDependencies(manifest, house).map(
      (name) => `${manifest.name} depends on ${name}, which is private`,
    ),
  );
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

async function tryPackages(published: readonly Room[], work: string): Promise<void> {
  const tarballs: string[] = [];
  for (const room of published) tarballs.push(await pack(room, work));
  const trial: Trial = {
    folder: join(work, 'trial'),
    tarballs,
    doors: published.flatMap(({ manifest }) =>
      Object.keys(manifest.exports ?? {}).map((door) => manifest.name + door.slice(1)),
    ),
    commands: published.flatMap(({ manifest }) =>
      Object.values(manifest.bin ?? {}).map((path) => join('node_modules', manifest.name, path)),
    ),
  };
  await step('install the tarballs', () => install(trial));
  await step('compile against their types', () => compileAgainst(trial, HOUSE));
  for (const node of await nodesToTry(join(work, 'nodes'))) {
    say(await importDoors(trial, node));
  }
}

/** Stages, lints and packs one package; resolves to the path of its tarball. */
async function pack(room: Room, work: string): Promise<string> {
  const name = basename(room.path);
  const folder = join(work, 'staged', name);
  const target = join(work, 'tarballs');
  mkdirSync(folder, { recursive: true });
  mkdirSync(target, { recursive: true });
  stage(HOUSE, room, folder);
  const publint = join(HOUSE, 'node_modules/publint/src/cli.js');
  await run(process.execPath, [publint, 'run', folder, '--strict'], { cwd: HOUSE });
  const printed = await run('npm', ['pack', '--json', '--pack-destination', target], {
    cwd: folder,
  });
  const [packed] = JSON.parse(printed) as readonly PackedPackage[];
  if (packed === undefined) throw new Error(`npm packed nothing of ${room.path}`);
  say(`${packed.id}: ${packed.entryCount} files, ${Math.ceil(packed.size / 1024)} KiB`);
  return join(target, packed.filename);
}

/** What `npm pack --json` says. */
interface PackedPackage {
  readonly id: string;
  readonly filename: string;
  readonly size: number;
  readonly entryCount: number;
}

async function step(name: string, work: () => Promise<unknown>): Promise<void> {
  const before = performance.now();
  await work();
  say(`${name}: ok, ${((performance.now() - before) / 1_000).toFixed(1)} s`);
}

function say(line: string): void {
  console.log(`pack: ${line}`);
}

try {
  await main();
} catch (error) {
  console.error(`pack: failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

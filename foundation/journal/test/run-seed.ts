/**
 * One seed of the model check: a node with a journal, its twin, and faults of its disk, for two
 * virtual seconds. A seed gives one run with a shared journal and another with a plain one.
 */
import type { DiskFate, DiskOperation, Fault } from '@mangrove/experiment';
import { SeededRandom, toNodeId } from '@mangrove/host';
import { Simulation } from '@mangrove/sim';
import { driverOf, type JournalKind, Lives } from './driver.ts';

const NODE = toNodeId('n1');
const RUN_MS = 2000;

/** What a seed showed. */
export interface SeedReport {
  readonly counts: Readonly<Record<string, number>>;
  readonly hash: string;
  /** What is wrong; undefined where the journal was as its twin to the end. */
  readonly fault: string | undefined;
}

/** Runs a seed. */
export async function runSeed(seed: number, kind: JournalKind): Promise<SeedReport> {
  const lives = new Lives(kind);
  const simulation = new Simulation({ seed, nodes: [NODE], restartAfterMs: 5 });
  lives.rotCount = () => simulation.counts.get('bits rotten') ?? 0;
  simulation.start(NODE, driverOf(lives));
  for (const fault of drawFaults(new SeededRandom(seed, 'faults'))) simulation.inject(fault);
  try {
    await simulation.run(RUN_MS);
    // Whatever happened before: on a disk that is well, the journal opens, is right, and answers.
    simulation.crash(NODE, 'kept');
    simulation.restart(NODE);
    const restCount = () => lives.counts['rested'] ?? 0;
    const before = restCount();
    await simulation.run(RUN_MS + 60_000, () => restCount() > before);
    const broken = simulation.ends.find(({ type }) => type === 'broken');
    const stuck = 'it does not open, or hangs, although its disk is well again';
    const fault =
      broken !== undefined ? describe(broken.cause) : restCount() > before ? undefined : stuck;
    return { counts: lives.counts, hash: simulation.hash(), fault };
  } finally {
    simulation.close();
  }
}

function describe(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

/** Swarm: each kind of fault is there or not, seldom or often. */
function drawFaults(random: SeededRandom): Fault[] {
  const faults: Fault[] = [];
  const window = (maxMs: number) => {
    const atMs = random.below(RUN_MS);
    return { atMs, untilMs: atMs + 1 + random.below(maxMs) };
  };
  const fate = (): DiskFate => random.pick(['unsynced-lost', 'unsynced-lost', 'kept'] as const);
  const times = (max: number) => (random.chance(1, 2) ? random.below(max + 1) : 0);
  for (let left = times(12); left > 0; left--) {
    faults.push({ type: 'crash', node: NODE, disk: fate(), ...window(20) });
  }
  for (let left = times(6); left > 0; left--) {
    const operation = random.pick<DiskOperation>([
      'write',
      'sync',
      'truncate',
      'remove',
      'sync-directory',
      'open',
    ]);
    const when = random.pick(['before', 'after'] as const);
    const point = { operation, nth: 1 + random.below(80), when };
    faults.push({ type: 'crash-at', node: NODE, point, downMs: 5, disk: fate() });
  }
  for (let left = times(6); left > 0; left--) {
    const operation = random.pick<DiskOperation>(['write', 'sync', 'read', 'truncate', 'open']);
    const count = 1 + random.below(2);
    faults.push({ type: 'disk-error', node: NODE, operation, path: '', count, ...window(100) });
  }
  for (let left = times(4); left > 0; left--) {
    faults.push({ type: 'disk-full', node: NODE, ...window(100) });
  }
  for (let left = random.chance(1, 3) ? random.between(1, 3) : 0; left > 0; left--) {
    const path = random.pick(['journal/segment', 'journal/segment', 'journal/reserved']);
    const positionPerMille = random.below(1000);
    faults.push({ type: 'bit-rot', node: NODE, path, positionPerMille, ...window(1) });
  }
  if (random.chance(1, 4)) faults.push({ type: 'stall-disk', node: NODE, ...window(200) });
  return faults;
}

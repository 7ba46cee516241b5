/**
 * The experiments of the store at the length of long hunts: the same clients, faults and promises,
 * in less than half of the events, most of which are under faults and load.
 *
 * Faults last for less long. What follows is short in most seeds; in some it is long enough for a
 * lease that lives for ever to show, which takes four seconds without a renewal. At the end every
 * question is asked once or a few times, by who has the part for it, where the other experiments
 * have every client ask all of them. Each client still has to get an answer, and no promise is left
 * untested.
 */
import type { Experiment, Operation, Stretch } from '@mangrove/experiment';
import { kvContractExperiment } from './contract-experiment.ts';
import { kvExperiment } from './kv-experiment.ts';

/** Long enough for every scenario, the longest of which begins at 200 ms, in milliseconds. */
const ACTIVE_MS = 1800;

/** In half of the seeds the founders find each other, and a leader, before anything happens. */
const FAULTS_FROM_MS: readonly number[] = Object.freeze([0, 400]);

/** A leader is found within that; once in so many seeds it is known that no lease is left. */
const SETTLING_MS: readonly number[] = Object.freeze([...Array<number>(7).fill(1000), 4200]);

/** A seed that had little to do is calm until then. */
const EVENT_COUNT_MIN = 5000;

/** So many of ten turns of the other experiments' clients are taken. */
const TURNS_OF_TEN = 6;

/** Who does what at the end, by places; the rest falls to the first three in turn. */
type Parts = Readonly<Record<string, readonly number[]>>;

/** The clients that read and write, in both experiments. */
const WORKERS: readonly number[] = Object.freeze([0, 1, 2]);

/**
 * A set is read by who added to it, and the end of leases written down by who had one. Those who
 * read with bounds are at home at two founders, of which one may have left; the third client may be
 * at one that never joins.
 */
const PARTS: Parts = Object.freeze({
  ...{ add: [0], 'read-set': [0], txn: [0, 2], 'read-bounded': [0, 1] },
  ...{ grant: [8], look: [8], log: [8] },
  // Some members may not have what was the newest when they were asked.
  'compare-hashes': [0, 1, 2, 8],
});

/** An operation, and the places of those who do it. */
type Dealt = readonly [operation: Operation, places: readonly number[]];

/**
 * What comes before the questions: where nobody has written there is nothing to be stale, where no
 * list has grown nothing depends on anything, and who has written nothing down is no scribe.
 */
function first(list: string): readonly Dealt[] {
  return [
    [{ f: 'write', key: 'b/300', value: -1 }, [1]],
    [{ f: 'txn', value: [['append', list, -1]] }, [0]],
    [{ f: 'log' }, [8]],
  ];
}

/** `kv`, at the length of long hunts. */
export const kvLeanExperiment: Experiment = lean(kvExperiment, 'l/x', {
  acquire: [5, 6],
  'catch-up': [7],
});

/** `kv-contract`, at the length of long hunts. */
export const kvContractLeanExperiment: Experiment = lean(kvContractExperiment, 'l/0', {
  acquire: [4, 5],
  'catch-up': [6, 7],
});

function lean(experiment: Experiment, list: string, ownParts: Parts): Experiment {
  const { name, workload } = experiment;
  const { active, last } = workload;
  const parts = { ...PARTS, ...ownParts };
  const all = typeof last === 'function' ? [] : last;
  const firstRead = all.findIndex(({ f }) => f === 'read');
  const asked = all.map((operation, index): Dealt => {
    return [operation, parts[operation.f] ?? [WORKERS[index % WORKERS.length] ?? 0]];
  });
  // For some seconds after the faults a watch may be on its way to a member; each asking waits.
  const again = asked.filter(([{ f }]) => f === 'catch-up');
  const dealt = [...first(list), ...asked, ...again, ...again, ...again];
  // Whoever renews a lease has looked before whether any is left, so one look is not disturbed. A
  // read is tried at one member after the other: it is how each client shows that it gets on.
  const byAll = all.filter(({ f }, at) => f === 'look-at-all' || at === firstRead);
  return Object.freeze({
    ...experiment,
    name: `${name}-lean`,
    activeMs: ACTIVE_MS,
    faultsFromMs: FAULTS_FROM_MS,
    settlingMs: SETTLING_MS,
    eventCountMin: EVENT_COUNT_MIN,
    workload: {
      active: (stretch: Stretch) => {
        return active(stretch).filter((_, index) => (7 * index) % 10 < TURNS_OF_TEN);
      },
      last: (place: number) => [
        ...byAll,
        ...dealt.flatMap(([operation, places]) => {
          return operation.f !== 'look-at-all' && places.includes(place) ? [operation] : [];
        }),
      ],
    },
  });
}

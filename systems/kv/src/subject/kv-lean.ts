/**
 * The experiments of the store at the length of long hunts: the same clients, faults and promises,
 * in three quarters of the events, half of which are under faults and load.
 *
 * Faults last for less long. The quiet phase is as long as theirs: a lease that lives for ever
 * shows after four seconds without a renewal. At the end every question is asked once, by who has
 * the part for it, where the other experiments have every client ask all of them. Each client still
 * has to get an answer, and no promise is left untested.
 */
import type { Experiment, Operation } from '@mangrove/experiment';
import { kvContractExperiment } from './contract-experiment.ts';
import { kvExperiment } from './kv-experiment.ts';

/** Long enough for every scenario, whatever its length, in milliseconds. */
const ACTIVE_MS = 2400;

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
  ...{ add: [0], 'read-set': [0], write: [1], 'read-bounded': [0, 1] },
  ...{ grant: [8], look: [8], log: [8] },
});

/** Where nobody has written there is nothing to be stale. */
const FRESH: Operation = Object.freeze({ f: 'write', key: 'b/300', value: -1 });

/** `kv`, at the length of long hunts. */
export const kvLeanExperiment: Experiment = lean(kvExperiment, { acquire: [5], 'catch-up': [7] });

/** `kv-contract`, at the length of long hunts. */
export const kvContractLeanExperiment: Experiment = lean(kvContractExperiment, {
  ...{ acquire: [4], 'catch-up': [6, 7] },
});

function lean(experiment: Experiment, ownParts: Parts): Experiment {
  const { name, workload } = experiment;
  const { active, last } = workload;
  const parts = { ...PARTS, ...ownParts };
  const all = typeof last === 'function' ? [] : [FRESH, ...last];
  const firstRead = all.findIndex(({ f }) => f === 'read');
  const dealt = all.map((operation, index): readonly [Operation, readonly number[]] => {
    return [operation, parts[operation.f] ?? [WORKERS[index % WORKERS.length] ?? 0]];
  });
  // Whoever renews a lease has looked before whether any is left, so one look is not disturbed. A
  // read is tried at one member after the other: it is how each client shows that it gets on.
  const first = all.filter(({ f }, at) => f === 'look-at-all' || at === firstRead);
  return Object.freeze({
    ...experiment,
    name: `${name}-lean`,
    activeMs: ACTIVE_MS,
    workload: {
      active,
      last: (place: number) => [
        ...first,
        ...dealt.flatMap(([operation, places]) => {
          return operation.f !== 'look-at-all' && places.includes(place) ? [operation] : [];
        }),
      ],
    },
  });
}

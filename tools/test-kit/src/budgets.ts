/**
 * How long the tests of each package may take, so that the whole stays under twenty minutes.
 *
 * The time of a package is what its test files take, one after the other, on a machine of two
 * cores. What needs more is a campaign: a command of its own, not a test. A slow machine must not
 * make a run fail (decision 8): the budgets of packages are for the machine that they were set on,
 * and stretch with the pace of the one at hand. That of the whole does not; it has room for that.
 */

/** What the reporter holds a run to. */
export interface Budgets {
  /** Wall time of the whole run, in seconds. */
  readonly suiteSeconds: number;
  /** What a run of everything usually takes, in seconds; said at its start. */
  readonly usualSeconds: number;
  /** By room; a room without a budget may not have tests. */
  readonly roomSeconds: Readonly<Record<string, number>>;
}

/** Budgets, stretched for a machine. */
export interface Paced extends Budgets {
  /** `machinePace`. */
  readonly pace: number;
}

/** What `budgets` come to on a machine of this pace. */
export function atPace(budgets: Budgets, pace: number): Paced {
  const stretched = Object.entries(budgets.roomSeconds).map(([room, seconds]) => [
    room,
    seconds * pace,
  ]);
  return { ...budgets, roomSeconds: Object.fromEntries(stretched), pace };
}

/** The budgets of the house. */
export const BUDGETS: Budgets = {
  suiteSeconds: 1020,
  usualSeconds: 480,
  roomSeconds: {
    'foundation/host': 5,
    'foundation/wire': 10,
    'foundation/experiment': 5,
    'foundation/check': 85,
    'foundation/crdt': 15,
    'foundation/sim': 30,
    'foundation/host-process': 75,
    'foundation/journal': 50,
    'foundation/membership': 30,
    'systems/raft': 195,
    'systems/geo-store': 30,
    'systems/cache': 25,
    'systems/k8s-operator': 40,
    'systems/kv': 120,
    'systems/broker': 50,
    'systems/rate-limiter': 30,
    'systems/streams': 30,
    'systems/scheduler': 30,
    'apps/lab': 455,
    'apps/console': 25,
    'apps/cli': 240,
    'examples/first-system': 35,
    'tools/test-kit': 25,
    'tools/tidy': 30,
    'tools/pack': 5,
  },
};

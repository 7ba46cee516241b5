/**
 * How long the tests of each package may take, so that the whole stays under twenty minutes.
 *
 * The time of a package is what its test files take, one after the other, on a machine of two
 * cores. What needs more is a campaign: a command of its own, not a test. Machines that compute
 * alike differ by two in how fast they start processes, as many tests of the command line and the
 * lab do: their budgets are for the slower ones.
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

/** The budgets of the house. */
export const BUDGETS: Budgets = {
  suiteSeconds: 900,
  usualSeconds: 360,
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
    'systems/raft': 170,
    'systems/geo-store': 30,
    'systems/cache': 25,
    'systems/k8s-operator': 40,
    'systems/kv': 100,
    'systems/broker': 50,
    'systems/rate-limiter': 30,
    'systems/streams': 30,
    'systems/scheduler': 30,
    'apps/lab': 390,
    'apps/console': 25,
    'apps/cli': 300,
    'examples/first-system': 35,
    'tools/test-kit': 25,
    'tools/tidy': 30,
    'tools/pack': 5,
  },
};

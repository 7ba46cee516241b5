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
    'foundation/host': 10,
    'foundation/wire': 15,
    'foundation/experiment': 10,
    'foundation/check': 100,
    'foundation/crdt': 20,
    'foundation/sim': 45,
    'foundation/host-process': 75,
    'foundation/journal': 60,
    'foundation/membership': 40,
    'systems/raft': 190,
    'systems/geo-store': 45,
    'systems/cache': 40,
    'systems/k8s-operator': 50,
    'systems/kv': 100,
    'systems/broker': 85,
    'systems/rate-limiter': 40,
    'systems/streams': 45,
    'systems/scheduler': 40,
    'apps/lab': 430,
    'apps/console': 30,
    'apps/cli': 330,
    'examples/first-system': 40,
    'tools/test-kit': 25,
    'tools/tidy': 25,
    'tools/pack': 10,
  },
};

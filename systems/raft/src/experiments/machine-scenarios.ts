/**
 * Scenarios in which machines fail: processes, disks, clocks, power.
 */
import { bothWays, cut, type Fault, follower, leader, OTHERS } from '@mangrove/experiment';
import { FAULTS_FROM_MS, FAULTS_UNTIL_MS, MOSTLY_READS, type Scenario } from './led-system.ts';
import { CALM_AFTER, staysUp } from './service-levels.ts';

const WINDOW = Object.freeze({ atMs: FAULTS_FROM_MS, untilMs: FAULTS_UNTIL_MS });

/** Every scenario of this file. */
export const machineScenarios: readonly Scenario[] = Object.freeze([
  {
    name: 'leader-crash-during-append',
    about: 'the leader crashes when it has sent an entry to one follower and not to the others',
    replicaCount: 5,
    drawFaults: (random, _cast, { appendKind }): readonly Fault[] =>
      [1500, 3000].map((fromMs, nth) => {
        const when = nth === 0 ? 'after' : 'before';
        const send = { operation: 'send', kind: appendKind, when } as const;
        const point = { ...send, nth: random.between(1, 8), fromMs };
        const node = leader(nth + 1);
        return { type: 'crash-at', node, point, downMs: 1000, disk: 'kept' };
      }),
    slos: [...staysUp({ percentMin: 90, outageMsMax: 1500 }), ...CALM_AFTER],
  },
  {
    name: 'crash-between-append-and-sync',
    about: 'the power of the leader, then of a follower, fails between an append and its sync',
    replicaCount: 3,
    drawFaults: (random): readonly Fault[] =>
      [leader(), follower()].map((node, place) => {
        const fromMs = 1500 + 1500 * place;
        const sync = { operation: 'sync', when: 'before', fromMs } as const;
        const point = { ...sync, nth: random.between(1, 8) };
        return { type: 'crash-at', node, point, downMs: 800, disk: 'unsynced-lost' };
      }),
    slos: [...staysUp({ percentMin: 90, outageMsMax: 1500 }), ...CALM_AFTER],
  },
  {
    name: 'slow-disk-lagging-follower',
    about: 'the disk of a follower is slow, so that it lags; the others are a majority',
    replicaCount: 3,
    drawFaults: (): readonly Fault[] => [
      { type: 'slow-disk', node: follower(), latencyMs: 150, ...WINDOW },
    ],
    slos: [...staysUp({ percentMin: 99, outageMsMax: 500, p99MsMax: 500 }), ...CALM_AFTER],
  },
  {
    name: 'snapshot-install-under-load',
    about: 'a follower that was cut off needs a snapshot, and crashes as it gets it, under load',
    replicaCount: 3,
    drawFaults: (_random, _cast, { snapshotKind }): readonly Fault[] => {
      const receive = { operation: 'receive', kind: snapshotKind, when: 'after' } as const;
      const point = { ...receive, nth: 1, fromMs: 2900 };
      return [
        ...cut(bothWays([follower()], [OTHERS]), { atMs: 1500, untilMs: 3000 }),
        { type: 'crash-at', node: follower(), point, downMs: 300, disk: 'kept' },
      ];
    },
    slos: [...staysUp({ percentMin: 95, outageMsMax: 1000, p99MsMax: 1000 }), ...CALM_AFTER],
  },
  {
    name: 'clock-jump-lease-reads',
    about: 'wall clocks jump by an hour and clocks drift as far as is allowed, under lease reads',
    replicaCount: 3,
    load: MOSTLY_READS,
    drawFaults: (random): readonly Fault[] => {
      const jumps = Array.from({ length: 6 }, (_, nth): Fault => {
        const byMs = random.pick([3_600_000, -3_600_000, 1000, -1000]);
        const node = nth % 2 === 0 ? leader(nth + 1) : follower();
        return { type: 'wall-jump', node, atMs: FAULTS_FROM_MS + 300 * nth, byMs };
      });
      const drifts = [
        { type: 'clock-drift', node: leader(), ppm: -200, ...WINDOW },
        { type: 'clock-drift', node: follower(2), ppm: 200, ...WINDOW },
      ] as const;
      return [...jumps, ...drifts];
    },
    slos: [...staysUp({ percentMin: 99.9, outageMsMax: 500, p99MsMax: 1000 }), ...CALM_AFTER],
  },
  {
    name: 'full-cluster-power-loss',
    about: 'the power of every node fails at once, with writes under way; un-synced ones are lost',
    replicaCount: 5,
    drawFaults: (random, { replicas }) =>
      replicas.flatMap((node): readonly Fault[] => {
        const untilMs = FAULTS_FROM_MS + random.between(200, 600);
        const slow = { latencyMs: 30, atMs: FAULTS_FROM_MS - 100, untilMs: FAULTS_FROM_MS };
        return [
          // So that every disk holds something that it has not synced when the power fails.
          { type: 'slow-disk', node, ...slow },
          { type: 'crash', node, disk: 'unsynced-lost', atMs: FAULTS_FROM_MS, untilMs },
        ];
      }),
    slos: [{ type: 'outage', msMax: 3000 }, ...CALM_AFTER],
    unavailable: 'every node is down',
  },
  {
    name: 'disk-full',
    about: 'the disk of the leader is full, later that of a follower',
    replicaCount: 3,
    drawFaults: (): readonly Fault[] => [
      { type: 'disk-full', node: leader(), atMs: 1500, untilMs: 2500 },
      { type: 'disk-full', node: follower(), atMs: 3200, untilMs: 4200 },
    ],
    slos: [...staysUp({ percentMin: 80, outageMsMax: 1500 }), ...CALM_AFTER],
  },
] satisfies readonly Scenario[]);

/**
 * The service levels of the scenarios in the simulator, where no machine is busy: a run that is
 * twice as bad as what was measured misses them, however far it is from those of processes.
 *
 * They are chosen by measuring: of each scenario the worst figures of seeds 200 to 209, of Raft's
 * register and of the store, as `apps/lab/test/measure-levels.ts` prints them. What is promised is
 * twice as long, and twice the share without success, which is at least a hundredth. Where a
 * percentile had no end, since so many operations were not answered, nothing more is promised than
 * of processes; nor is it of a scenario that is not in the list.
 */
import { describeLevel, type Slo } from '@mangrove/experiment';

/** The worst that was measured: percent of operations that ended in `ok`, the rest in ms. */
type Worst = readonly [
  okDuring: number,
  outage: number,
  recovery: number,
  okAfter: number,
  p50During: number,
  p99During: number,
  p999During: number,
  p50After: number,
  p99After: number,
  p999After: number,
];

const { POSITIVE_INFINITY: NO_END } = Number;

const WORST: Readonly<Record<string, Worst>> = Object.freeze({
  'leader-crash-during-append': [99, 248.6, 181.4, 100, 3.5, 408.6, NO_END, 3.3, 49.2, 61.2],
  'crash-between-append-and-sync': [99.3, 442.5, 236.4, 100, 3.1, 444.5, NO_END, 2.9, 54.9, 66.3],
  'slow-disk-lagging-follower': [100, 59.9, 102.9, 99.8, 3.3, 226.5, 264.5, 2.8, 55.8, NO_END],
  'snapshot-install-under-load': [100, 63.7, 169.9, 100, 4.4, 222, 235.1, 2.7, 52, 60.9],
  'clock-jump-lease-reads': [100, 59.7, 12.9, 100, 2, 43.8, 60.1, 2, 29.7, 59.6],
  'full-cluster-power-loss': [55.6, 806.7, 534.8, 100, 705.3, NO_END, NO_END, 3.3, 52.1, 211.3],
  'disk-full': [98.8, 300.1, 127.2, 99.7, 3.1, 294.1, NO_END, 2.9, 50.4, NO_END],
  'leader-isolated': [98.5, 193, 39.8, 99.8, 4, 190.1, NO_END, 3.5, 51.4, NO_END],
  'majority-isolated': [0, 2314, 347.1, 99.8, NO_END, NO_END, NO_END, 3.5, 57.5, NO_END],
  'leader-flapping': [97.8, 354.2, 22.4, 100, 3.6, NO_END, NO_END, 3.3, 49.9, 75.4],
  'stale-reads': [99, 637.3, 152.2, 100, 2.3, NO_END, NO_END, 2.2, 42.4, 118.4],
  'bridge-cut': [97.2, 347, 87.8, 100, 4.1, 347, NO_END, 3.4, 50.7, 221.2],
  'ring-cut': [96.5, 448.3, 50.4, 99.8, 4.5, 436.3, NO_END, 3.4, 46.7, 61.3],
  'one-way-cut': [99, 478.3, 53.2, 99.7, 3.5, 439.8, NO_END, 3.1, 54.5, NO_END],
  swizzle: [97.4, 1579.9, 26.8, 100, 4, NO_END, NO_END, 3.2, 50, 107.7],
  'membership-change-under-partition': [98, 264.7, 48.6, 100, 3.4, 87.9, NO_END, 3.1, 49.1, 67.3],
});

/** The objectives of a scenario in the simulator, in the place of `slos`, those of processes. */
export function levelsInSim(scenario: string, slos: readonly Slo[]): readonly Slo[] {
  const worst = WORST[scenario];
  if (worst === undefined) return slos;
  const isServed = slos.some((slo) => slo.type === 'availability' && slo.phase === 'during');
  const more = isServed ? slowestDuring(slos) : [];
  return [...slos, ...more]
    .map((slo) => tightened(slo, worst))
    .filter((slo) => !('msMax' in slo) || Number.isFinite(slo.msMax));
}

/** The percentiles of the time of the faults of which nothing is promised of processes. */
function slowestDuring(slos: readonly Slo[]): readonly Slo[] {
  return ([99, 99.9] as const)
    .map((percentile): Slo => {
      return { type: 'latency', phase: 'during', percentile, msMax: NO_END };
    })
    .filter((slo) => !slos.some((each) => describeLevel(each) === describeLevel(slo)));
}

function tightened(slo: Slo, worst: Worst): Slo {
  if (slo.type === 'availability') {
    const share = Math.max(1, 2 * (100 - worst[slo.phase === 'during' ? 0 : 3]));
    return { ...slo, percentMin: Math.max(slo.percentMin, roundDown(100 - share)) };
  }
  return { ...slo, msMax: Math.min(slo.msMax, roundUp(2 * msOf(slo, worst))) };
}

function msOf(slo: Exclude<Slo, { readonly type: 'availability' }>, worst: Worst): number {
  if (slo.type === 'outage') return worst[1];
  if (slo.type === 'recovery') return worst[2];
  const [p50, p99, p999] = slo.phase === 'during' ? worst.slice(4, 7) : worst.slice(7, 10);
  return { 50: p50, 99: p99, 99.9: p999 }[slo.percentile] ?? NO_END;
}

/** To two digits. */
function roundUp(ms: number): number {
  if (!Number.isFinite(ms)) return ms;
  const unit = ms < 10 ? 0.1 : ms < 100 ? 1 : 10;
  return Math.round(Math.ceil(ms / unit) * unit * 10) / 10;
}

function roundDown(percent: number): number {
  return Math.floor(percent * 10) / 10;
}

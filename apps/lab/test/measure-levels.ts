/**
 * Measures what the service levels of the scenarios in the simulator are chosen by: of each the
 * worst figures of some seeds, of both systems that play it.
 *
 *     node apps/lab/test/measure-levels.ts 200 209 [scenario ...] > levels.txt
 */
import process from 'node:process';
import type { Slo } from '@mangrove/experiment';
import { drawPlan } from '@mangrove/sim';
import { CATALOG } from '../src/catalog.ts';
import { judgeSlos } from '../src/judge-slos.ts';
import { runPlan } from '../src/run-plan.ts';

const LATENCIES = (['during', 'after'] as const).flatMap((phase) =>
  ([50, 99, 99.9] as const).map((percentile): Slo => {
    return { type: 'latency', phase, percentile, msMax: 0 };
  }),
);
const FIGURES: readonly Slo[] = [
  { type: 'availability', phase: 'during', percentMin: 100 },
  { type: 'outage', msMax: 0 },
  { type: 'recovery', msMax: 0 },
  { type: 'availability', phase: 'after', percentMin: 100 },
  ...LATENCIES,
];

const [from = 200, until = 209] = process.argv.slice(2, 4).map(Number);
const wanted = process.argv.slice(4);
const names = CATALOG.flatMap(({ experiment: { name, drawScript } }) =>
  drawScript === undefined ? [] : (name.split('/')[1] ?? []),
);
for (const scenario of wanted.length === 0 ? new Set(names) : wanted) {
  const worst: number[] = FIGURES.map(({ type }) => (type === 'availability' ? 100 : 0));
  for (const entry of CATALOG.filter(({ experiment }) =>
    experiment.name.endsWith(`/${scenario}`),
  )) {
    for (let seed = from; seed <= until; seed += 1) {
      const run = await runPlan(entry, drawPlan(entry.experiment, seed));
      for (const [place, { slo }] of judgeSlos(FIGURES, run).entries()) {
        const isShare = slo?.slo.type === 'availability';
        const figure = slo?.measured ?? (isShare ? 0 : Number.POSITIVE_INFINITY);
        const before = worst[place] ?? 0;
        worst[place] = isShare ? Math.min(before, figure) : Math.max(before, figure);
      }
    }
  }
  const words = worst.map((figure) => String(Math.round(figure * 10) / 10));
  process.stdout.write(`'${scenario}': [${words.join(', ')}],\n`);
}

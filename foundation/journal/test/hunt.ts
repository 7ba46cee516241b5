/**
 * A campaign over seeds, each with a shared and with a plain journal:
 * `node foundation/journal/test/hunt.ts FIRST COUNT`.
 */
import { runSeed } from './run-seed.ts';

const [first = 1, count = 1000] = process.argv.slice(2).map(Number);
const totals: Record<string, number> = {};
let faultCount = 0;
for (let seed = first; seed < first + count && faultCount < 5; seed++) {
  for (const kind of ['shared', 'plain'] as const) {
    const report = await runSeed(seed, kind);
    for (const [what, times] of Object.entries(report.counts)) {
      totals[what] = (totals[what] ?? 0) + times;
    }
    if (report.fault === undefined) continue;
    faultCount += 1;
    process.stdout.write(`seed ${seed}, ${kind}: ${report.fault}\n`);
  }
}
process.stdout.write(`${JSON.stringify(totals)}\n${faultCount} of ${2 * count} runs failed\n`);
process.exitCode = faultCount === 0 ? 0 : 1;

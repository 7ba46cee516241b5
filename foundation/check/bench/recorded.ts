/**
 * How long the judge of linearizability takes on histories that others recorded, beside the time of
 * the checker that they used, Porcupine in Go, on a machine of this class.
 *
 * Needs the recorded histories beside the project (`../shared/histories`); reports nothing without
 * them.
 */
import { checkLinearizable, modelNamed, readJepsenEdn, readJepsenLog } from '../src/index.ts';
import { absentHistories, recordedHistories } from '../test/recorded-histories.ts';
import { type BenchRow, boundedRow } from './bench-row.ts';

const ROUND_COUNT = 3;

/** Milliseconds for all files together, the first round and the best of some. */
export const bench = {
  name: 'check-recorded',
  run(report: (row: BenchRow) => void): Promise<void> {
    if (absentHistories() !== undefined) return Promise.resolve();
    const timed = recordedHistories('linearizability/').filter(
      (it) => it.referenceMs !== undefined,
    );
    const reference = timed.reduce((sum, { referenceMs }) => sum + (referenceMs ?? 0), 0);
    const histories = timed.map(({ file, text }) => ({
      model: file.endsWith('.log') ? modelNamed('cas-register') : modelNamed('kv', ''),
      events: file.endsWith('.log') ? readJepsenLog(text) : readJepsenEdn(text),
    }));
    const rounds = Array.from({ length: ROUND_COUNT }, () => {
      const start = performance.now();
      for (const { model, events } of histories) checkLinearizable(model, events);
      return performance.now() - start;
    });
    const name = `${timed.length} recorded histories, beside Porcupine`;
    const [cold = 0] = rounds;
    report(boundedRow('check-recorded', `${name}, cold`, cold, reference, 'ms', reference));
    const warm = Math.min(...rounds);
    report(boundedRow('check-recorded', `${name}, warm`, warm, reference, 'ms', reference));
    return Promise.resolve();
  },
};

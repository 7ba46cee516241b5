/**
 * Shows of every check of the catalogue that it works in slices, tells progress, and ends when a
 * signal says so: as a task, and behind a port.
 *
 * A crowd of operations is judged. The events count how often they are looked at: between two
 * slices that is less than a bound that does not depend on how many there are.
 */
import { expect, it } from 'vitest';
import { crowdHistory, hostileTask, settingsOf } from '../bench/hostile-histories.ts';
import {
  CHECK_NAMES,
  finishTaskInSlices,
  formatJsonLines,
  type HistoryEvent,
  type Progress,
} from '../src/index.ts';
import { connect } from './served-checks.ts';

const COUNT = 6_000;
const BOUNDS = { maxSteps: 10_000 };
/** An event is looked at a few times; a slice goes through some thousand of them at most. */
const MOST_LOOKS = 12_000;
/** Pairing the events takes six slices: whoever tells progress once more goes on in slices. */
const LEAST_SLICES = 7;

/** Events that count how often their `f` is read. */
function metered(events: readonly HistoryEvent[], meter: { count: number }): HistoryEvent[] {
  return events.map((event) => {
    const { f } = event;
    return Object.defineProperty({ ...event }, 'f', {
      enumerable: true,
      get: () => {
        meter.count++;
        return f;
      },
    });
  });
}

it.each(CHECK_NAMES)(
  'R14: %s looks at some of a crowd at a time, and can be aborted',
  async (name) => {
    const meter = { count: 0 };
    const task = hostileTask(name, metered(crowdHistory(name, COUNT), meter), BOUNDS);
    const stop = new AbortController();
    const seen: Progress[] = [];
    let [most, before] = [0, 0];
    const running = finishTaskInSlices(task, {
      pause: () => Promise.resolve(),
      signal: stop.signal,
      onProgress: (progress) => {
        most = Math.max(most, meter.count - before);
        before = meter.count;
        if (seen.push(progress) === LEAST_SLICES) stop.abort(new Error('enough'));
      },
    });
    await expect(running).rejects.toThrow('enough');
    expect(seen.length).toBe(LEAST_SLICES);
    expect(meter.count).toBeGreaterThan(100 * LEAST_SLICES);
    expect(most).toBeLessThan(MOST_LOOKS);
  },
);

it('R23: every check tells progress through a port, and is aborted through it', async () => {
  const checker = connect();
  for (const check of CHECK_NAMES) {
    const stop = new AbortController();
    const text = formatJsonLines(crowdHistory(check, 2_000));
    const onProgress = (progress: Progress) => {
      if (progress.check !== 'reading') stop.abort(new Error(`enough of ${check}`));
    };
    const settings = settingsOf(check);
    const running = checker.check(text, { check, settings }, { signal: stop.signal, onProgress });
    await expect(running).rejects.toThrow(`enough of ${check}`);
  }
});

/**
 * Shows of every check that what it explains a fault with is a history of its own: judged alone it
 * is still wrong, and whoever reads in it reads what somebody in it wrote.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type HistoryEvent,
  pairOperations,
  type RecordedOperation,
  sameValue,
  type Value,
} from '../src/index.ts';
import { judgedBy, SUBJECTS, type Subject, verdictOf } from './judged-subjects.ts';

/** The events of some operations of a history, in its order and with its times. */
function eventsOf(
  operations: readonly RecordedOperation[],
  history: readonly HistoryEvent[],
): HistoryEvent[] {
  const chosen = new Set(operations.flatMap((it) => [it.invokedAt, it.completedAt]));
  return history.filter((_, position) => chosen.has(position));
}

/** What a read saw: its answer and the items of that. */
function seenBy({ f, argument, result }: RecordedOperation): readonly Value[] {
  if (f === 'contains') return result === true && argument !== undefined ? [argument] : [];
  if (result === undefined) return [];
  return Array.isArray(result) ? [result, ...result] : [result];
}

const READS: readonly string[] = ['read', 'get', 'dequeue', 'drain', 'contains'];

/** Writes of the whole that a read of the part saw, and that are not in the part. */
function missing(
  part: readonly RecordedOperation[],
  whole: readonly RecordedOperation[],
): readonly RecordedOperation[] {
  const ids = new Set(part.map(({ id }) => id));
  const reads = part.filter(({ f, end }) => READS.includes(f) && end === 'ok');
  return whole.filter(
    (write) =>
      !ids.has(write.id) &&
      ![...READS, 'remove'].includes(write.f) &&
      write.end !== 'fail' &&
      reads.some(
        (read) =>
          read.key === write.key &&
          write.invokedAt < read.completedAt &&
          seenBy(read).some((item) => sameValue(item, write.argument)),
      ),
  );
}

/** Sums do not tell what is in them: of what may be in a sum that was read, all is kept. */
function missingFromSum(
  part: readonly RecordedOperation[],
  whole: readonly RecordedOperation[],
): readonly RecordedOperation[] {
  const until = Math.max(
    -1,
    ...part.filter(({ f, end }) => f === 'read' && end === 'ok').map((it) => it.completedAt),
  );
  const ids = new Set(part.map(({ id }) => id));
  return whole.filter(
    ({ id, f, argument, end, completedAt }) =>
      f !== 'read' && argument !== 0 && end === 'ok' && completedAt < until && !ids.has(id),
  );
}

const SUMS: readonly string[] = ['counter', 'counter-bounds', 'final-counter', 'bank'];

function expectOfItsOwn(subject: Subject, history: readonly HistoryEvent[]): number {
  const verdict = judgedBy(subject, history)?.verdict;
  if (verdict?.type !== 'invalid') return 0;
  const whole = pairOperations(history);
  for (const { operations, drawing, anomaly } of verdict.violations) {
    const alone = eventsOf(operations, history);
    const found = [anomaly, verdictOf(subject, alone)];
    if (found[1] !== 'invalid') throw new Error(`${found}: ${JSON.stringify(alone)}`);
    expect(drawing.bars.length).toBeGreaterThan(0);
    const lost = SUMS.includes(subject.name.replace('sequential:', ''))
      ? missingFromSum(operations, whole)
      : missing(operations, whole);
    if (lost.length > 0) throw new Error(`${anomaly} lacks ${JSON.stringify(lost)}`);
  }
  return 1;
}

describe.each(SUBJECTS)('$name', (subject) => {
  it('R15: a fault is explained with a history of its own, that keeps what its reads saw', () => {
    let invalidCount = 0;
    fc.assert(
      fc.property(subject.histories, (history) => {
        invalidCount += expectOfItsOwn(subject, history);
      }),
      { numRuns: 60, seed: 7 },
    );
    expect(invalidCount).toBeGreaterThan(0);
  });
});

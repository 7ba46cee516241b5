/**
 * Finds the writes that reads saw, so that the part of a history which an explanation shows keeps
 * them: a read without the writes behind it would be wrong for another reason.
 *
 * A write is one that a read saw where its argument is the answer of the read, or an item of it,
 * and where it began before the read ended. That goes for registers, sets and queues; what a
 * counter shows cannot be told apart, so there all that may be in a sum is kept.
 */
import type { RecordedOperation, Value } from './history.ts';
import { canonical } from './model.ts';
import { Pace, type Slices } from './task.ts';

/** Looks for writes among the operations of one history. */
export class ObservedWrites {
  readonly #byValue: ReadonlyMap<string, readonly RecordedOperation[]>;

  private constructor(byValue: ReadonlyMap<string, readonly RecordedOperation[]>) {
    this.#byValue = byValue;
  }

  /** @param mayHaveFailed whether a write that failed may be seen */
  static *among(
    operations: readonly RecordedOperation[],
    mayHaveFailed = false,
  ): Slices<ObservedWrites> {
    const pace = new Pace('explaining');
    const byValue = new Map<string, RecordedOperation[]>();
    for (const operation of operations) {
      if (pace.isOver()) yield;
      const { argument, end, key } = operation;
      if (isRead(operation) || argument === undefined || (end === 'fail' && !mayHaveFailed)) {
        continue;
      }
      const name = nameOf(key, argument);
      const writes = byValue.get(name);
      if (writes === undefined) byValue.set(name, [operation]);
      else writes.push(operation);
    }
    return new ObservedWrites(byValue);
  }

  /** `shown`, and what its reads saw, in the order of their invocations. */
  with(shown: readonly RecordedOperation[]): readonly RecordedOperation[] {
    const all = new Set(shown);
    for (const read of shown) {
      if (!isRead(read) || read.end !== 'ok') continue;
      for (const value of valuesIn(read.result ?? null)) {
        for (const write of this.#byValue.get(nameOf(read.key, value)) ?? []) {
          if (write.invokedAt < read.completedAt) all.add(write);
        }
      }
    }
    return [...all].sort((a, b) => a.id - b.id);
  }
}

/** What asks, and is answered with what others wrote. */
function isRead({ f }: RecordedOperation): boolean {
  return f === 'read' || f === 'dequeue' || f === 'drain';
}

/** An answer, and the items of one that is a list. */
function valuesIn(answer: Value): readonly Value[] {
  return Array.isArray(answer) ? [answer, ...answer] : [answer];
}

function nameOf(key: string | undefined, value: Value): string {
  return `${key === undefined ? '' : `key ${key}`} ${canonical(value)}`;
}

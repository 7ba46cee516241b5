/**
 * What really changed in every revision, as the scribe of a run has read it.
 */
import type { RecordedOperation, Value, WatchChange } from '@mangrove/check';
import { fieldsOf } from './promise.ts';

/** All changes up to a revision, in the order of revisions. */
export interface Truth {
  readonly upTo: number;
  readonly log: readonly WatchChange[];
}

/** What a scribe has written down, the longest of several. */
export function truthIn(operations: readonly RecordedOperation[]): Truth {
  let truth: Truth = { upTo: 0, log: [] };
  for (const operation of operations) {
    if (operation.f !== 'log' || operation.end !== 'ok') continue;
    const { upTo, changes } = fieldsOf(operation);
    if (changes === undefined || Number(upTo) < truth.upTo) continue;
    truth = { upTo: Number(upTo), log: changes as readonly WatchChange[] };
  }
  return truth;
}

/** All keys with their values at `revision`. */
export function stateAt({ log }: Truth, revision: number): ReadonlyMap<string, Value> {
  const state = new Map<string, Value>();
  for (const change of log) {
    if (change.revision > revision) break;
    if (change.type === 'put') state.set(change.key, change.value ?? null);
    else state.delete(change.key);
  }
  return state;
}

/**
 * What the store promises of its past: a revision that can be read is what it was, and all that a
 * transaction did is in one.
 */
import {
  type HistoryEvent,
  pairOperations,
  type RecordedOperation,
  sameValue,
  show,
  type Value,
  type Verdict,
  type Violation,
  violationOf,
} from '@mangrove/check';
import { fieldsOf, type KvPromise, named, revisionOf, verdictOn } from './promise.ts';
import { stateAt, type Truth, truthIn } from './truth.ts';

/** Reads of the past, and backups, are what the truth says. */
export const past: KvPromise = {
  check: 'the past reads as it was, up to the compaction',
  view: named({ 'read-past': 'read', 'back-up': 'read', log: 'log' }),
  judge: judgePast,
};

/** What a transaction writes shares a revision. */
export const transactions: KvPromise = {
  check: 'all that a transaction writes, or the end of a lease deletes, is in one revision',
  view: named({ grant: 'grant', log: 'log' }),
  judge: judgeTransactions,
};

function judgePast(seen: readonly HistoryEvent[]): Verdict {
  const operations = pairOperations(seen);
  const truth = truthIn(operations);
  const violations: Violation[] = [];
  let readCount = 0;
  for (const read of operations) {
    const revision = revisionOf(read);
    if (read.f !== 'read' || revision === undefined || revision > truth.upTo) continue;
    readCount += 1;
    const sentence = differenceOf(read, revision, truth);
    if (sentence !== undefined)
      violations.push(violationOf('other-past', [sentence], [read], read));
  }
  return verdictOn('the past', operations, violations, readCount);
}

function differenceOf(read: RecordedOperation, revision: number, truth: Truth): string | undefined {
  const got = new Map(Object.entries(fieldsOf(read)['state'] as Readonly<Record<string, Value>>));
  const due = stateAt(truth, revision);
  for (const key of new Set([...due.keys(), ...got.keys()])) {
    const [was, is] = [due.get(key) ?? null, got.get(key) ?? null];
    if (sameValue(was, is)) continue;
    return `Revision ${revision} had ${show(was)} at ${key}; ${read.process} read ${show(is)}.`;
  }
  return undefined;
}

/** The two keys of a lease are put on it at once, and go with it at once. */
function judgeTransactions(seen: readonly HistoryEvent[]): Verdict {
  const operations = pairOperations(seen);
  const truth = truthIn(operations);
  const violations: Violation[] = [];
  let grantCount = 0;
  for (const grant of operations) {
    const revision = revisionOf(grant);
    if (grant.f !== 'grant' || revision === undefined || revision > truth.upTo) continue;
    grantCount += 1;
    for (const key of ['a', 'b'].map((last) => `e/${String(fieldsOf(grant)['name'])}/${last}`)) {
      const put = truth.log.find((change) => change.key === key && change.type === 'put');
      if (put?.revision === revision) continue;
      const came = `it came in ${put?.revision ?? 'none'}`;
      const sentence = `${grant.process} put ${key} in revision ${revision}; ${came}.`;
      violations.push(violationOf('transaction-in-parts', [sentence], [grant], grant));
    }
    const ends = truth.log.filter(
      ({ key, type }) =>
        type === 'delete' && key.startsWith(`e/${String(fieldsOf(grant)['name'])}/`),
    );
    const [first, second] = ends.map((change) => change.revision);
    if (first === undefined || second === undefined || first === second) continue;
    const sentence = `The keys of one lease ended in revisions ${first} and ${second}.`;
    violations.push(violationOf('end-in-parts', [sentence], [grant], grant));
  }
  return verdictOn('revisions of transactions', operations, violations, grantCount);
}

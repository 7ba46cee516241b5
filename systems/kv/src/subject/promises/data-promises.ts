/**
 * What the store promises of its data: linearizable registers and sets, transactions that nothing
 * comes between, revisions that never go back, equal hashes.
 */
import {
  checkIsolation,
  checkLinearizable,
  checkSessions,
  checkSetFull,
  type HistoryEvent,
  kv,
  pairOperations,
  type RecordedOperation,
  type Verdict,
  violationOf,
} from '@mangrove/check';
import { highestBefore, type KvPromise, named, revisionOf, verdictOn } from './promise.ts';

/** How many steps the search for an order may take before the answer is `unknown`. */
const STEPS_MAX = 2_000_000;

/** What is promised of single keys. */
export const registers: KvPromise = {
  check: 'every register is linearizable (read, write, cas, delete)',
  view: named(
    { read: 'read', 'lease-read': 'read', write: 'write', cas: 'cas', delete: 'delete' },
    'r/',
  ),
  judge: (seen) => checkLinearizable(kv(), seen, { maxSteps: STEPS_MAX }),
};

const transactions: KvPromise = {
  check: 'transactions on lists are strictly serializable',
  view: named({ txn: 'txn' }),
  judge: (seen) => checkIsolation(seen, { level: 'strict-serializable' }).verdict,
};

const sets: KvPromise = {
  check: 'whatever was added to the set is there from then on',
  view: named({ add: 'add', 'read-set': 'read' }),
  judge: (seen) => checkSetFull(seen, { linearizable: true }).verdict,
};

const sessions: KvPromise = {
  check: 'a session sees its own writes, and never less than before',
  view: named({ write: 'write', 'read-session': 'read' }, 'q/'),
  judge: (seen) =>
    checkSessions(seen, {
      // A client goes on under another name when an outcome is not known; its token goes with it.
      session: (process) => process.split('.')[0] ?? process,
      version: revisionOf,
    }),
};

const revisions: KvPromise = {
  check: 'the revision never goes back',
  view: named({ revision: 'revision', write: 'write' }),
  judge: judgeRevisions,
};

/** What is promised of members. */
export const hashes: KvPromise = {
  check: 'members have equal hashes of equal revisions',
  view: named({ 'compare-hashes': 'hash' }),
  judge: judgeHashes,
};

/** The promises of this file. */
export const dataPromises: readonly KvPromise[] = Object.freeze([
  registers,
  transactions,
  sets,
  sessions,
  revisions,
  hashes,
]);

/** What begins after another has ended is not told less than that was. */
function judgeRevisions(seen: readonly HistoryEvent[]): Verdict {
  const operations = pairOperations(seen);
  const told = operations.filter((each) => each.end === 'ok' && revisionOf(each) !== undefined);
  const violations = told.flatMap((operation) => {
    const highest = highestBefore(told, operation);
    const [before, now] = [highest && revisionOf(highest), revisionOf(operation) ?? 0];
    if (highest === undefined || before === undefined || now >= before) return [];
    const sentence =
      `${highest.process} was told revision ${before}; ${operation.process} began after that ` +
      `and was told ${now}.`;
    return [violationOf('revision-goes-back', [sentence], [highest, operation], operation)];
  });
  return verdictOn('revisions', operations, violations, told.length);
}

function judgeHashes(seen: readonly HistoryEvent[]): Verdict {
  const operations = pairOperations(seen);
  const known = new Map<string, { readonly hash: number; readonly by: RecordedOperation }>();
  const violations = [];
  let comparedCount = 0;
  for (const operation of operations) {
    for (const told of (operation.result ?? []) as unknown as readonly ToldHash[]) {
      const { member, revision, compactRevision, hash } = told;
      const name = `revision ${revision} with what is before ${compactRevision} compacted`;
      const other = known.get(name);
      if (other === undefined) {
        known.set(name, { hash, by: operation });
        continue;
      }
      comparedCount += 1;
      if (other.hash === hash) continue;
      const sentence = `Of ${name}, ${member} has the hash ${hash}, another one ${other.hash}.`;
      const both = [...new Set([other.by, operation])];
      violations.push(violationOf('members-differ', [sentence], both, operation));
    }
  }
  return verdictOn('hashes', operations, violations, comparedCount);
}

interface ToldHash {
  readonly member: string;
  readonly revision: number;
  readonly compactRevision: number;
  readonly hash: number;
}

/**
 * Transactions on lists, as a client makes them of reads and a conditional write: read what is
 * there, then write all of it where nothing has changed meanwhile.
 */
import type { Outcome, Value } from '@mangrove/experiment';
import { singleKey } from '../core/key-range.ts';
import type { Compare, Operation } from '../core/request.ts';
import type { ContractMembers, Done } from './contract-members.ts';
import { found, fromBytes, get, put, toKey, under } from './words.ts';

/** One step of a transaction: `["append", "l1", 3]`, `["r", "l2", null]`. */
type Step = readonly [f: string, key: string, value: Value];

/** How often a transaction is tried that others got in the way of. */
const TRIES_MAX = 4;

/** What is known of the lists that a transaction concerns. */
interface Known {
  readonly revision: number;
  readonly lists: Map<string, Value[]>;
  readonly modRevisions: ReadonlyMap<string, number>;
}

/** Does the transaction `steps`, as one that nothing comes between. */
export async function transact(
  members: ContractMembers,
  turn: number,
  steps: readonly Step[],
): Promise<Outcome> {
  const keys = [...new Set(steps.map(([, key]) => key))];
  const isReading = steps.every(([f]) => f === 'r');
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const read: Operation = { type: 'txn', compares: [], success: keys.map(get), failure: [] };
    // What a conditional write rests on need not be current: it is checked when it is written.
    const consistency = isReading || tries > 0 ? 'linearizable' : 'serializable';
    const reply = await members.read(turn, read, { type: consistency });
    if (reply.type === 'refused') return { type: 'fail', error: reply.code };
    const known = knownFrom(keys, reply);
    const answers = run(steps, known);
    if (isReading) return { type: 'ok', value: answers };
    const written = await members.change(turn, conditional(steps, known, turn));
    if (written.type === 'refused') {
      return { type: written.isDefinite ? 'fail' : 'info', error: written.code };
    }
    if (written.result.type === 'txn' && isDone(written.result.results, written.result.succeeded)) {
      return { type: 'ok', value: answers };
    }
  }
  return { type: 'fail', error: 'conflict' };
}

/** A nested one says by the branch within whether it went through. */
function isDone(results: readonly { readonly type: string }[], succeeded: boolean): boolean {
  const [inner] = results as readonly { readonly type: string; readonly succeeded?: boolean }[];
  return inner?.type === 'txn' ? inner.succeeded === true : succeeded;
}

function knownFrom(keys: readonly string[], reply: Done): Known {
  const lists = new Map<string, Value[]>();
  const modRevisions = new Map<string, number>();
  const results = reply.result.type === 'txn' ? reply.result.results : [];
  for (const [index, key] of keys.entries()) {
    const [kv] = found(results[index] ?? { type: 'none' }).kvs;
    lists.set(key, kv === undefined ? [] : [...(fromBytes(kv.value) as readonly Value[])]);
    modRevisions.set(key, kv?.modRevision ?? 0);
  }
  return { revision: reply.header.revision, lists, modRevisions };
}

/** Does the steps on what is known, and gives them with what each read saw. */
function run(steps: readonly Step[], { lists }: Known): Value {
  return steps.map(([f, key, value]) => {
    const list = lists.get(key) ?? [];
    if (f === 'r') return [f, key, list.length === 0 ? null : [...list]];
    list.push(value);
    lists.set(key, list);
    return [f, key, value];
  });
}

/**
 * The write, if nothing has changed: by the revisions of the keys, by one compare of all lists, or
 * by a transaction within another, in turns.
 */
function conditional(steps: readonly Step[], known: Known, turn: number): Operation {
  const changed = new Set(steps.filter(([f]) => f !== 'r').map(([, key]) => key));
  const puts = [...changed].map((key) => put(key, known.lists.get(key) ?? []));
  const same: Compare[] = [...known.modRevisions].map(([key, number]) => ({
    range: singleKey(toKey(key)),
    relation: 'equal',
    operand: { target: 'mod', number },
  }));
  const quiet: Compare = {
    range: under('l'),
    relation: 'less',
    operand: { target: 'mod', number: known.revision + 1 },
  };
  if (turn % 3 === 0) return { type: 'txn', compares: [quiet], success: puts, failure: [] };
  const plain: Operation = { type: 'txn', compares: same, success: puts, failure: [] };
  if (turn % 3 === 1) return plain;
  return { type: 'txn', compares: [], success: [plain], failure: [] };
}

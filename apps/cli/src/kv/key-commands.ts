/**
 * `mangrove kv get|put|del|txn|watch`: keys and values.
 */
import { type KeySelector, type Operation, op, when } from '@mangrove/kv';
import { CommandError } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import { answerJson, answerText, leaseText, toJson } from './entry-text.ts';
import type { KvCall } from './kv-call.ts';

/** Which keys, as the command line says it. */
export interface KeyOptions {
  readonly prefix?: boolean;
  readonly to?: string;
}

/** What `get` may be told beside keys. */
export interface GetCommandOptions extends KeyOptions {
  readonly revision?: number;
  readonly limit?: number;
  readonly keysOnly?: boolean;
  readonly consistency: 'linearizable' | 'lease' | 'serializable';
}

/** Prints entries; `invalid` where there is none. */
export async function getKeys(
  { client, terminal, isJson }: KvCall,
  key: string,
  options: GetCommandOptions,
): Promise<Ending> {
  const { revision, limit, keysOnly = false, consistency } = options;
  const answer = await client.read(toKeys(key, options), {
    ...{ keysOnly, consistency },
    ...(revision === undefined ? {} : { revision }),
    ...(limit === undefined ? {} : { limit }),
  });
  const { entries, count, hasMore, header } = answer;
  if (isJson) {
    terminal.result(JSON.stringify({ entries: entries.map(toJson), count, hasMore, header }));
  } else {
    const isOne = options.prefix !== true && options.to === undefined;
    for (const entry of entries) {
      if (keysOnly) terminal.result(entry.key);
      else terminal.result(isOne ? entry.value : `${entry.key}  ${entry.value}`);
    }
    if (hasMore) terminal.say(`${entries.length} of ${count}: --limit shows more`);
  }
  return entries.length === 0 ? 'invalid' : 'valid';
}

/** Writes a key. */
export async function putKey(
  { client, terminal, isJson }: KvCall,
  key: string,
  value: string,
  { lease }: { readonly lease?: string },
): Promise<Ending> {
  const held = lease === undefined ? {} : { lease: await client.openLease(toLeaseId(lease)) };
  const { revision, header } = await client.put(key, value, held);
  terminal.result(isJson ? JSON.stringify({ revision, header }) : `revision ${revision}`);
  return 'valid';
}

/** Deletes keys; `invalid` where there was none. */
export async function deleteKeys(
  { client, terminal, isJson }: KvCall,
  key: string,
  options: KeyOptions,
): Promise<Ending> {
  const { deletedCount, revision } = await client.delete(toKeys(key, options));
  const text = `deleted ${deletedCount}, revision ${revision}`;
  terminal.result(isJson ? JSON.stringify({ deletedCount, revision }) : text);
  return deletedCount === 0 ? 'invalid' : 'valid';
}

/** What `txn` is told: conditions and operations, each as words. */
export interface TxnCommandOptions {
  readonly if?: readonly string[];
  readonly then?: readonly string[];
  readonly else?: readonly string[];
}

/** Does a transaction; `invalid` where a condition did not hold. */
export async function transact(
  { client, terminal, isJson }: KvCall,
  options: TxnCommandOptions,
): Promise<Ending> {
  if (options.if === undefined && options.then === undefined && options.else === undefined) {
    throw new CommandError('usage', 'say what is to be done: --if, --then, --else.');
  }
  const answer = await client
    .txn()
    .if(...(options.if ?? []).map(toCompare))
    .then(...(options.then ?? []).map(toOperation))
    .else(...(options.else ?? []).map(toOperation))
    .commit();
  const { succeeded, revision, results } = answer;
  if (isJson) {
    const told = { succeeded, revision, results: results.map(answerJson) };
    terminal.result(JSON.stringify(told));
  } else {
    const branch = succeeded ? 'the conditions hold' : 'a condition does not hold';
    terminal.result(`${branch}, revision ${revision}`);
    for (const result of results) terminal.result(answerText(result));
  }
  return succeeded ? 'valid' : 'invalid';
}

/** Prints events until it is interrupted, or so many came. */
export async function watchKeys(
  { client, terminal, isJson, signal }: KvCall,
  key: string,
  options: KeyOptions & { readonly from?: number; readonly count?: number },
): Promise<Ending> {
  const from = options.from === undefined ? {} : { from: options.from };
  const watch = client.watch(toKeys(key, options), { ...from, signal });
  let count = 0;
  for await (const event of watch) {
    const { type, revision, value } = event;
    const line = type === 'put' ? `put     ${event.key}  ${value}` : `delete  ${event.key}`;
    terminal.result(isJson ? JSON.stringify({ type, revision, ...toJson(event) }) : line);
    count += 1;
    if (count === options.count) break;
  }
  return 'valid';
}

/** The id of a lease that somebody typed. */
export function toLeaseId(text: string): Parameters<KvCall['client']['openLease']>[0] {
  if (!/^[0-9a-f]{1,16}$/.test(text)) {
    throw new CommandError('usage', `${text} is no lease: it is hexadecimal, as it was printed.`);
  }
  return BigInt(`0x${text}`) as Parameters<KvCall['client']['openLease']>[0];
}

function toKeys(key: string, { prefix, to }: KeyOptions): KeySelector {
  if (prefix === true) return { prefix: key };
  return to === undefined ? key : { from: key, to };
}

/** `greeting = hello`, `version(greeting) > 2`, `exists(greeting)`, `missing(greeting)`. */
function toCompare(text: string) {
  const presence = /^(exists|missing)\((.+)\)$/.exec(text);
  if (presence !== null) {
    const condition = when(presence[2] ?? '');
    return presence[1] === 'exists' ? condition.exists() : condition.isMissing();
  }
  const counted = /^(version|create|mod)\((.+)\) (=|!=|<|>) (\d+)$/.exec(text);
  if (counted !== null) {
    const [, what, key = '', relation, number] = counted;
    const condition = when(key);
    const args = [relation as '=', Number(number)] as const;
    if (what === 'version') return condition.version(...args);
    return what === 'create' ? condition.createRevision(...args) : condition.modRevision(...args);
  }
  const [, key = '', relation = '', value = ''] = /^(\S+) (=|!=|<|>) (.*)$/.exec(text) ?? [];
  if (relation === '') {
    const forms = '"key = value", "version(key) > 1", "exists(key)", "missing(key)"';
    throw new CommandError('usage', `"${text}" is no condition: write ${forms}.`);
  }
  return when(key).value(relation as '=', value);
}

/** `put key value`, `get key`, `del key`. */
function toOperation(text: string): Operation {
  const [, word, key = '', , value] = /^(put|get|del) (\S+)( (.*))?$/s.exec(text) ?? [];
  if (word === 'put' && value !== undefined) return op.put(key, value);
  if (word === 'get' && value === undefined) return op.get(key);
  if (word === 'del' && value === undefined) return op.delete(key);
  const forms = '"put key value", "get key" or "del key"';
  throw new CommandError('usage', `"${text}" is no operation: write ${forms}.`);
}

/** What a lease is called in output. */
export function leaseLine(id: bigint, ttlMs: number): string {
  return `lease ${leaseText(id)}, ${ttlMs / 1000} s`;
}

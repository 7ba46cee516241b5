/**
 * `mangrove kv lease` and `mangrove kv lock`: what ends with its holder.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { CommandError, Interrupted } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import { leaseText } from './entry-text.ts';
import { leaseLine, toLeaseId } from './key-commands.ts';
import type { KvCall } from './kv-call.ts';

/** Grants a lease and leaves it to itself. */
export async function grantLease(
  { client, terminal, isJson }: KvCall,
  text: string,
): Promise<Ending> {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= SECONDS_MAX)) {
    const bound = `seconds, a number above 0 and up to ${SECONDS_MAX}`;
    throw new CommandError('usage', `${text} is no time to live: it is ${bound}.`);
  }
  const { id, ttlMs } = await client.grantLease(seconds * 1000, { keepAlive: false });
  terminal.result(isJson ? JSON.stringify({ lease: leaseText(id), ttlMs }) : leaseLine(id, ttlMs));
  return 'valid';
}

/** The longest time to live: 31 years. */
const SECONDS_MAX = 1_000_000_000;

/** Ends a lease with its keys. */
export async function revokeLease(
  { client, terminal, isJson }: KvCall,
  text: string,
): Promise<Ending> {
  await (await client.openLease(toLeaseId(text))).revoke();
  terminal.result(isJson ? JSON.stringify({ lease: text }) : `lease ${text} has ended`);
  return 'valid';
}

/** Prints the leases. */
export async function listLeases({ client, terminal, isJson }: KvCall): Promise<Ending> {
  for (const id of await client.leases()) {
    terminal.result(isJson ? JSON.stringify({ lease: leaseText(id) }) : leaseText(id));
  }
  return 'valid';
}

/** Prints what is left of a lease, and its keys. */
export async function showLease(
  { client, terminal, isJson }: KvCall,
  text: string,
): Promise<Ending> {
  const lease = await client.openLease(toLeaseId(text));
  const time = await lease.timeToLive({ keys: true });
  const keys = time.keys.map((key) => Buffer.from(key).toString('utf8'));
  const { grantedMs, remainingMs } = time;
  if (isJson) terminal.result(JSON.stringify({ lease: text, grantedMs, remainingMs, keys }));
  else {
    const left = `${(remainingMs / 1000).toFixed(1)} s of ${grantedMs / 1000} s are left`;
    terminal.result(`${left}; keys: ${keys.join(', ') || 'none'}`);
  }
  return 'valid';
}

/** Keeps a lease alive until it is interrupted; `invalid` where it ends before. */
export async function keepLease(
  { client, terminal, signal }: KvCall,
  text: string,
): Promise<Ending> {
  const lease = await client.openLease(toLeaseId(text));
  await lease.renew();
  lease.keepAlive();
  terminal.say(`${leaseLine(lease.id, lease.ttlMs)}: kept alive`);
  await aborted(signal, lease.signal);
  return lease.signal.aborted ? 'invalid' : 'valid';
}

/**
 * Takes a lock, runs a program while it is held, and gives it up; without a program, holds it until
 * it is interrupted.
 */
export async function holdLock(
  call: KvCall,
  name: string,
  [program, ...args]: readonly string[],
  { ttl = 10 }: { readonly ttl?: number },
): Promise<Ending> {
  const { client, terminal, signal, isJson } = call;
  terminal.status(`waiting for ${name}`);
  await using lock = await client.lock(name, { ttlMs: ttl * 1000, signal });
  const { token, key } = lock;
  if (program === undefined) {
    terminal.result(isJson ? JSON.stringify({ key, token }) : `${name} is held, token ${token}`);
    await aborted(signal, lock.signal);
    return lock.signal.aborted ? 'invalid' : 'valid';
  }
  // What the program guards can refuse a token that is smaller than one it has seen.
  const env = { ...process.env, MANGROVE_LOCK_TOKEN: String(token), MANGROVE_LOCK_KEY: key };
  const child = spawn(program, args, { stdio: 'inherit', env });
  const stop = () => child.kill('SIGTERM');
  for (const each of [signal, lock.signal]) each.addEventListener('abort', stop, { once: true });
  const [code] = (await once(child, 'close').catch((error: unknown) => {
    throw new CommandError('could-not-run', `${program} cannot be started.`, error);
  })) as [number | null];
  if (signal.aborted) throw new Interrupted();
  if (lock.signal.aborted) {
    const sentence = `the lock ${name} was lost while ${program} ran, which was ended.`;
    throw new CommandError('could-not-run', sentence);
  }
  return code === 0 ? 'valid' : 'invalid';
}

function aborted(...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of signals) {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    }
  });
}

/**
 * What the cases tell their stories with: expectations, bounded waiting, and inboxes.
 *
 * Nothing here waits without a bound, since a promise of a life that is over never settles (H1).
 */
import { DiskError, type DiskErrorCode } from '../disk.ts';
import { InvalidArgument } from '../errors.ts';
import type { Host } from '../host.ts';
import { type NodeId, toNodeId } from '../ids.ts';
import type { Envelope, Lane } from '../messages.ts';
import { StreamError } from '../streams.ts';
import type { ContractWorld } from './world.ts';

/** How long a story waits for what must happen, in milliseconds of the world's time. */
export const PATIENCE_MS = 10_000;

/** How long a story watches for what must not happen. */
export const WATCH_MS = 150;

/** The nodes that the stories are about. */
export const N1 = toNodeId('n1');
export const N2 = toNodeId('n2');
export const N3 = toNodeId('n3');

/** Throws unless `condition` holds; `message` says what was seen, with the numbers. */
export function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Throws unless the two are the same bytes. */
export function expectBytes(actual: Uint8Array, wanted: Uint8Array, what: string): void {
  expect(
    actual.length === wanted.length,
    `${what}: ${actual.length} bytes instead of ${wanted.length}`,
  );
  for (let index = 0; index < wanted.length; index++) {
    if (actual[index] !== wanted[index]) {
      throw new Error(`${what}: byte ${index} is ${actual[index]} instead of ${wanted[index]}`);
    }
  }
}

/** What became of a promise within a time. */
export type Fate<Value> =
  | { readonly type: 'resolved'; readonly value: Value }
  | { readonly type: 'rejected'; readonly error: unknown }
  | { readonly type: 'pending' };

/** What becomes of `promise` within `boundMs` of the world's time. */
export async function fateOf<Value>(
  world: ContractWorld,
  promise: Promise<Value>,
  boundMs = PATIENCE_MS,
): Promise<Fate<Value>> {
  const seen: Fate<Value>[] = [];
  promise.then(
    (value) => seen.push({ type: 'resolved', value }),
    (error: unknown) => seen.push({ type: 'rejected', error }),
  );
  await poll(world, () => seen.length > 0, boundMs);
  return seen[0] ?? { type: 'pending' };
}

/** The value of `promise`, which must resolve within the patience of the story. */
export async function awaited<Value>(
  world: ContractWorld,
  promise: Promise<Value>,
  what: string,
): Promise<Value> {
  const fate = await fateOf(world, promise);
  if (fate.type === 'rejected') throw fate.error;
  expect(fate.type === 'resolved', `${what}: still pending after ${PATIENCE_MS} ms`);
  return fate.value;
}

/** The error with which `begin` refuses, be it thrown at once or as a rejection. */
export async function refusalOf(
  world: ContractWorld,
  begin: () => Promise<unknown>,
  what: string,
): Promise<unknown> {
  let promise: Promise<unknown>;
  try {
    promise = begin();
  } catch (error) {
    return error;
  }
  const fate = await fateOf(world, promise);
  expect(fate.type === 'rejected', `${what}: ${fate.type}, but should be refused`);
  return fate.error;
}

/** Throws unless `begin` is refused as a caller's mistake. */
export async function expectInvalid(
  world: ContractWorld,
  begin: () => Promise<unknown>,
  what: string,
): Promise<void> {
  const error = await refusalOf(world, begin, what);
  expect(error instanceof InvalidArgument, `${what}: ${show(error)} instead of InvalidArgument`);
}

/** Throws unless `begin` is refused by the disk with this code. */
export async function expectDiskError(
  world: ContractWorld,
  code: DiskErrorCode,
  begin: () => Promise<unknown>,
  what: string,
): Promise<void> {
  const error = await refusalOf(world, begin, what);
  const isRight = error instanceof DiskError && error.code === code;
  expect(isRight, `${what}: ${show(error)} instead of the disk error ${code}`);
}

/** Throws unless `error` is a stream's error with one of these codes. */
export function expectStreamError(error: unknown, codes: readonly string[], what: string): void {
  const isRight = error instanceof StreamError && codes.includes(error.code);
  expect(isRight, `${what}: ${show(error)} instead of a stream error ${codes.join(' or ')}`);
}

/** Lets time pass until `condition` holds; throws when the patience of the story is over. */
export async function until(
  world: ContractWorld,
  what: string,
  condition: () => boolean,
): Promise<void> {
  const didHold = await poll(world, condition, PATIENCE_MS);
  expect(didHold, `after ${PATIENCE_MS} ms it is still not so that ${what}`);
}

/** Repeats `act` every 20 ms until `condition` holds: how one gets through a lossy network. */
export async function insist(
  world: ContractWorld,
  what: string,
  act: () => void,
  condition: () => boolean,
): Promise<void> {
  for (let waitedMs = 0; !condition(); waitedMs += 20) {
    expect(waitedMs < PATIENCE_MS, `after ${PATIENCE_MS} ms of trying it is not so that ${what}`);
    act();
    await poll(world, condition, 20);
  }
}

/** The messages that a host has got, in order of arrival. */
export function collect(host: Host): Envelope[] {
  const inbox: Envelope[] = [];
  host.messages.onMessage((envelope) => inbox.push(envelope));
  return inbox;
}

/** Waits until the link from `host` to `peer` is up, sending small messages to prompt it. */
export async function linkUp(world: ContractWorld, host: Host, peer: Host): Promise<void> {
  await insist(
    world,
    `${host.node} is linked to incarnation ${peer.incarnation} of ${peer.node}`,
    () => void host.messages.send(peer.node, label('prompt')),
    () => host.messages.linkTo(peer.node) === peer.incarnation,
  );
}

/** Sends `text` again and again until it has arrived in `inbox`. */
export async function deliver(
  world: ContractWorld,
  from: Host,
  to: NodeId,
  text: string,
  inbox: readonly Envelope[],
  lane: Lane = 'urgent',
): Promise<void> {
  // Of large messages there may be thousands: they are not all to be read as text.
  const sizeBytes = label(text).length;
  await insist(
    world,
    `'${text}' has come from ${from.node} to ${to}`,
    () => void from.messages.send(to, label(text), lane),
    () => inbox.some(({ bytes }) => bytes.length === sizeBytes && textOf(bytes) === text),
  );
}

/** A message or a piece of a file that says `text`. */
export function label(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** What `label` was given. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** `length` bytes that depend on `seed` and on their place. */
export function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  for (let index = 0; index < length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state;
  }
  return bytes;
}

/** `error` in a line. */
export function show(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Lets time pass in growing steps until `condition` holds or `boundMs` is over. */
async function poll(
  world: ContractWorld,
  condition: () => boolean,
  boundMs: number,
): Promise<boolean> {
  let stepMs = 1;
  for (let waitedMs = 0; !condition(); waitedMs += stepMs) {
    if (waitedMs >= boundMs) return false;
    stepMs = Math.min(stepMs * 2, 16, Math.max(1, boundMs - waitedMs));
    await world.pass(stepMs);
  }
  return true;
}

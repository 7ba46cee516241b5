/**
 * Numbers as callers give them: what no message can carry, or no timer waits for, is refused at the
 * door. Further in it would be found where nobody can be told.
 */
import { InvalidArgument, MAX_DELAY_MS } from '@mangrove/host';
import type { LeaseId } from '../core/key-value.ts';

/** `value`, an integer that is `least` or more. Throws `InvalidArgument`. */
export function givenInteger(option: string, value: number, least = 0): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new InvalidArgument(option, value, `an integer, at least ${least}`);
}

/** `value`, a time that a timer can wait for. Throws `InvalidArgument`. */
export function givenDuration(option: string, value: number, least = 0): number {
  if (value >= least && value <= MAX_DELAY_MS) return value;
  throw new InvalidArgument(option, value, `from ${least} to ${MAX_DELAY_MS} ms`);
}

/** What is left of a call's time, which may be over. Throws `InvalidArgument`. */
export function givenTimeout(value: number | undefined): void {
  if (value === undefined || value <= MAX_DELAY_MS) return;
  throw new InvalidArgument('timeoutMs', value, `at most ${MAX_DELAY_MS}`);
}

/** `value`, the id of a lease: 64 bits. Throws `InvalidArgument`. */
export function givenLease(value: LeaseId): LeaseId {
  if (typeof value === 'bigint' && BigInt.asUintN(64, value) === value) return value;
  throw new InvalidArgument('lease', value, 'a bigint of 64 bits, at least 0n');
}

/**
 * Every check that can be asked for by name, in the order in which they are listed to people.
 */
import { InvalidArgument } from '@mangrove/host';
import type { Check } from './check.ts';
import { LINEARIZABLE_CHECKS, SEQUENTIAL_CHECKS } from './model-checks.ts';
import { OBJECT_CHECKS } from './object-checks.ts';
import { PROMISE_CHECKS } from './promise-checks.ts';
import { INVARIANT_CHECKS, LEVEL_CHECKS } from './transaction-checks.ts';

/** Every check. No two have one name. */
export const CHECKS: readonly Check[] = [
  ...LINEARIZABLE_CHECKS,
  ...SEQUENTIAL_CHECKS,
  ...OBJECT_CHECKS,
  ...PROMISE_CHECKS,
  ...INVARIANT_CHECKS,
  ...LEVEL_CHECKS,
];

/**
 * The name of every check: a model for linearizability (`cas-register`), a model after
 * `sequential:` for sequential consistency, a level of isolation (`serializable`), or one of the
 * others.
 */
export const CHECK_NAMES: readonly string[] = CHECKS.map(({ name }) => name);

/** The check of a name. @throws InvalidArgument when there is none */
export function checkNamed(name: string): Check {
  const check = CHECKS.find((one) => one.name === name);
  if (check === undefined) {
    throw new InvalidArgument('check', name, `one of ${CHECK_NAMES.join(', ')}`);
  }
  return check;
}

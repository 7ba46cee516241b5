/**
 * What every command is given, and how values on the command line are read.
 */
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError } from 'commander';
import type { Ending } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** What a command works with. */
export interface Surroundings {
  readonly terminal: Terminal;
  /** Aborted when the command should end. */
  readonly signal: AbortSignal;
  /** Runs the command and keeps how it ended. */
  readonly run: (command: () => Promise<Ending>) => Promise<void>;
}

/** Any JSON value. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Options that every command knows. */
export interface GlobalOptions {
  readonly json?: boolean;
}

/** The folder of the repository, where this package stands in `apps/cli`. */
export const HOUSE_ROOT: string = fileURLToPath(new URL('../../..', import.meta.url));

/** A JSON value, or a refusal that commander prints with the option's name. */
export function jsonValue(text: string): JsonValue {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('It is to be JSON: 0, null, "text".');
  }
}

/** A number above zero, or a refusal. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It is to be a number above 0.');
  return value;
}

/** The highest seed: seeds are unsigned 32-bit numbers. */
const SEED_MAX = 2 ** 32 - 1;

/** A seed, or a refusal. */
export function seedNumber(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= SEED_MAX)) {
    throw new InvalidArgumentError(`It is to be a whole number from 0 to ${SEED_MAX}.`);
  }
  return value;
}

/** How many of something, or a refusal. */
export function count(text: string): number {
  return seedNumber(text);
}

/** How many of something, from 1, or a refusal. */
export function positiveInteger(text: string): number {
  const value = seedNumber(text);
  if (value < 1) throw new InvalidArgumentError('It is to be 1 or more.');
  return value;
}

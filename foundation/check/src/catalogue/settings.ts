/**
 * What a check may be told besides its history: `limit`, `windowMs`, ...
 *
 * Settings come from a command line or a message, so each is declared with what it must be, and
 * what nobody declared is refused.
 */
import { InvalidArgument } from '@mangrove/host';
import type { Value } from '../history.ts';

/** A setting of a check, as it is shown to people. */
export interface Setting {
  readonly name: string;
  /** What it says, its unit, and what holds where it is absent. */
  readonly sentence: string;
  /** What a value must be. */
  readonly kind: 'positive number' | 'number' | 'boolean' | 'names';
  /** Whether there is no check without it. */
  readonly isRequired?: boolean;
  /** Where `kind` is `names`: those that there are. */
  readonly names?: readonly string[];
}

/** The settings that somebody gave, each of the kind that it was declared to be. */
export class Settings {
  readonly #given: ReadonlyMap<string, Value>;

  /** @throws InvalidArgument naming the setting that is missing, unknown or of another kind */
  constructor(
    check: string,
    declared: readonly Setting[],
    given: Readonly<Record<string, Value>> = {},
  ) {
    this.#given = new Map(Object.entries(given));
    for (const [name, value] of this.#given) {
      const setting = declared.find((one) => one.name === name);
      if (setting === undefined) {
        const known = declared.map((one) => one.name).join(', ');
        const bound = known === '' ? 'absent: the check takes no setting' : `one of ${known}`;
        throw new InvalidArgument(`the setting of ${check}`, name, bound);
      }
      if (!isOfKind(value, setting)) throw new InvalidArgument(name, value, wordsOf(setting));
    }
    const missing = declared.find((one) => one.isRequired === true && !this.#given.has(one.name));
    if (missing === undefined) return;
    throw new InvalidArgument(missing.name, undefined, `${wordsOf(missing)}: ${check} needs it`);
  }

  /** The number that was given; undefined where none was. */
  number(name: string): number | undefined {
    const value = this.#given.get(name);
    return typeof value === 'number' ? value : undefined;
  }

  /** Whether the setting was given as true. */
  isTrue(name: string): boolean {
    return this.#given.get(name) === true;
  }

  /** The names that were given; undefined where none were. */
  names<Name extends string>(name: string, known: readonly Name[]): readonly Name[] | undefined {
    const value = this.#given.get(name);
    if (!Array.isArray(value)) return undefined;
    return known.filter((one) => value.includes(one));
  }
}

function isOfKind(value: Value, { kind, names = [] }: Setting): boolean {
  switch (kind) {
    case 'positive number':
      return typeof value === 'number' && value > 0;
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'names':
      return Array.isArray(value) && value.every((name) => names.includes(String(name)));
    default:
      return kind satisfies never;
  }
}

function wordsOf({ kind, names = [] }: Setting): string {
  if (kind === 'names') return `a list of some of ${names.join(', ')}`;
  return kind === 'boolean' ? 'true or false' : `a ${kind}`;
}

/**
 * How faults are read from data that others sent: every field checked, unknown ones refused.
 */
import { InvalidArgument, MAX_DELAY_MS } from '@mangrove/host';
import type { HostFault } from './faults.ts';

/** Says whether a value is allowed, and in words what would be. */
interface Rule {
  readonly bound: string;
  readonly holds: (value: unknown) => boolean;
}

const oneOf = (...words: string[]): Rule => ({
  bound: `one of ${words.join(', ')}`,
  holds: (value) => words.includes(value as string),
});

const integer = (low: number, high: number): Rule => ({
  bound: `an integer from ${low} to ${high}`,
  holds: (value) => Number.isInteger(value) && Number(value) >= low && Number(value) <= high,
});

const PEER: Rule = {
  bound: 'the name of a node, or *',
  holds: (value) => typeof value === 'string' && /^(\*|[a-z0-9][a-z0-9-]{0,62})$/.test(value),
};

const PATH: Rule = {
  bound: 'the beginning of a path, at most 4096 characters',
  holds: (value) => typeof value === 'string' && value.length <= 4096,
};

const OPERATIONS = ['open', 'read', 'write', 'sync', 'truncate', 'rename', 'remove'] as const;
const DELAY = integer(0, MAX_DELAY_MS);
const ON_LINK: Readonly<Record<string, Rule>> = {
  peer: PEER,
  direction: oneOf('in', 'out', 'both'),
};
const ON_FILES: Readonly<Record<string, Rule>> = {
  path: PATH,
  operation: oneOf(...OPERATIONS, 'sync-directory', '*'),
};

/** The fields of each type of fault. */
const FORMATS: Readonly<Record<HostFault['type'], Readonly<Record<string, Rule>>>> = {
  cut: ON_LINK,
  drop: { ...ON_LINK, perMille: integer(0, 1000) },
  duplicate: { ...ON_LINK, perMille: integer(0, 1000) },
  delay: { ...ON_LINK, perMille: integer(0, 1000), delayMs: DELAY, jitterMs: DELAY },
  stall: ON_LINK,
  'disk-error': {
    ...ON_FILES,
    code: oneOf('input-output', 'no-space', 'not-found', 'already-exists', 'locked'),
    count: integer(1, 1_000_000_000),
  },
  'slow-disk': { ...ON_FILES, delayMs: DELAY },
  'stall-disk': ON_FILES,
  'disk-full': {},
};

/** `data` as a fault; throws `InvalidArgument` that names the field, its value and its bound. */
export function parseFault(data: unknown): HostFault {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new InvalidArgument('fault', data, 'an object');
  }
  const fields = data as Readonly<Record<string, unknown>>;
  const { type } = fields;
  const isKnown = typeof type === 'string' && Object.hasOwn(FORMATS, type);
  if (!isKnown) {
    throw new InvalidArgument('fault.type', type, `one of ${Object.keys(FORMATS).join(', ')}`);
  }
  const format = FORMATS[type as HostFault['type']];
  for (const [name, rule] of Object.entries(format)) {
    if (!rule.holds(fields[name])) {
      throw new InvalidArgument(`fault.${name}`, fields[name], rule.bound);
    }
  }
  for (const name of Object.keys(fields)) {
    if (name !== 'type' && !Object.hasOwn(format, name)) {
      throw new InvalidArgument(`fault.${name}`, fields[name], `absent from a fault ${type}`);
    }
  }
  return { ...fields } as unknown as HostFault;
}

/**
 * Shapes: what data from a file must look like, told field by field when it does not.
 *
 * A shape throws `InvalidArgument` that names the item (`plan.faults[3].untilMs`), its value and
 * what is allowed. Fields that a shape does not know are refused: in a plan that was edited by hand
 * they are slips of the pen, and to run without them would be to run something else.
 */
import { InvalidArgument } from '@mangrove/host';

/** Throws unless `value`, which stands at `at`, is as it must be. */
export type Shape = (value: unknown, at: string) => void;

/** The fields of a record: those that must be there, and those that may. */
export interface Fields {
  readonly must: Readonly<Record<string, Shape>>;
  readonly may?: Readonly<Record<string, Shape>>;
}

/** An integer within bounds, both included. */
export function integer(low: number, high: number): Shape {
  return satisfies(`an integer from ${low} to ${high}`, (value) => {
    return Number.isSafeInteger(value) && Number(value) >= low && Number(value) <= high;
  });
}

/** A number within bounds, both included, fractions allowed. */
export function number(low: number, high: number): Shape {
  return satisfies(`a number from ${low} to ${high}`, (value) => {
    return typeof value === 'number' && value >= low && value <= high;
  });
}

/** A text of so many characters. */
export function text(lengthMin: number, lengthMax: number): Shape {
  return satisfies(`a text of ${lengthMin} to ${lengthMax} characters`, (value) => {
    return typeof value === 'string' && value.length >= lengthMin && value.length <= lengthMax;
  });
}

/** One of these words; long lists of them are not told in full. */
export function oneOf(words: readonly string[], what = ''): Shape {
  const known = new Set<unknown>(words);
  const shown = words.length > 30 ? `${words.slice(0, 30).join(', ')}, ...` : words.join(', ');
  return satisfies(`one of ${what}${shown}`, (value) => known.has(value));
}

/** A list of at most `lengthMax` items, each of the shape `item`. */
export function listOf(item: Shape, lengthMax: number): Shape {
  return (value, at) => {
    const list = asList(value, lengthMax, at);
    // Checked one by one without a text for each: there may be millions.
    for (let index = 0; index < list.length; index++) {
      try {
        item(list[index], '');
      } catch (error) {
        if (error instanceof InvalidArgument) item(list[index], `${at}[${index}]`);
        throw error;
      }
    }
  };
}

/** A record with exactly these fields. */
export function record({ must, may = {} }: Fields): Shape {
  const allowed = [...Object.keys(must), ...Object.keys(may)];
  return (value, at) => {
    const fields = asRecord(value, at);
    for (const [name, shape] of Object.entries(must)) shape(fields[name], `${at}.${name}`);
    for (const [name, field] of Object.entries(fields)) {
      if (Object.hasOwn(must, name)) continue;
      const shape = Object.hasOwn(may, name) ? may[name] : undefined;
      if (shape === undefined) {
        const bound = `absent: there are only ${allowed.join(', ')}`;
        throw new InvalidArgument(`${at}.${name}`, describe(field), bound);
      }
      shape(field, `${at}.${name}`);
    }
  };
}

/** A record whose names are of the shape `name`, and whose fields are of the shape `field`. */
export function recordOf(name: Shape, field: Shape, sizeMax: number): Shape {
  return (value, at) => {
    const entries = Object.entries(asRecord(value, at));
    if (entries.length > sizeMax) {
      throw new InvalidArgument(at, `${entries.length} fields`, `an object of ${sizeMax} at most`);
    }
    for (const [key, item] of entries) {
      name(key, `the name of ${at}.${key}`);
      field(item, `${at}.${key}`);
    }
  };
}

/** Plain JSON of at most `depthMax` levels, as a client's value is. */
export function json(depthMax: number): Shape {
  const isWithin = (value: unknown, depth: number): boolean => {
    if (value === null || typeof value !== 'object') return value !== undefined;
    return depth > 0 && Object.values(value).every((item) => isWithin(item, depth - 1));
  };
  return satisfies(`JSON of at most ${depthMax} levels`, (value) => isWithin(value, depthMax));
}

/** `value` as a record; throws where it is none. */
export function asRecord(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidArgument(at, describe(value), 'an object');
  }
  return value as Readonly<Record<string, unknown>>;
}

/** `value` as a list of at most `lengthMax`; throws where it is none. */
export function asList(value: unknown, lengthMax: number, at: string): readonly unknown[] {
  const bound = `a list of ${lengthMax} at most`;
  if (!Array.isArray(value)) throw new InvalidArgument(at, describe(value), bound);
  if (value.length > lengthMax) throw new InvalidArgument(at, `${value.length} items`, bound);
  return value;
}

function satisfies(bound: string, holds: (value: unknown) => boolean): Shape {
  return (value, at) => {
    if (!holds(value)) throw new InvalidArgument(at, describe(value), bound);
  };
}

/** A value in a word or two: what a file holds is not repeated at length. */
function describe(value: unknown): unknown {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'object' && value !== null ? 'an object' : value;
}

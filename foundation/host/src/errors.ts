/**
 * The two errors that every package shares: a caller's mistake, and a broken invariant of our own.
 */

/** A caller's mistake: thrown at once, at the door, naming the option, its value and the bound. */
export class InvalidArgument extends Error {
  override readonly name = 'InvalidArgument';
  readonly option: string;

  constructor(option: string, value: unknown, bound: string) {
    super(`${option} is ${show(value)}, but must be ${bound}`);
    this.option = option;
  }
}

/**
 * Our own bug: something that the design says cannot be. It stops the node on which it happens, in
 * production too, and never the process that hosts the node. Nobody catches it but the Host.
 */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant';
}

/** Throws `BrokenInvariant` unless `condition` holds; `message` carries every number involved. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new BrokenInvariant(message);
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/**
 * A caller's mistake: a schema that cannot be, or an option out of its bounds.
 *
 * It is shaped like the `InvalidArgument` of `@mangrove/host`, which stands beside this package and
 * can therefore not be imported here.
 */

/** Thrown at once, at the door, naming the option, its value and the bound. */
export class InvalidArgument extends Error {
  override readonly name = 'InvalidArgument';
  readonly option: string;

  constructor(option: string, value: unknown, bound: string) {
    super(`${option} is ${String(value)}, but must be ${bound}`);
    this.option = option;
  }
}

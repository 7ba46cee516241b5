/**
 * An object with some of its parts replaced: a Host whose network a test has a hand in.
 */

/** `whole` with other parts in the place of its own. */
export function withParts<Whole extends object>(whole: Whole, parts: Partial<Whole>): Whole {
  return new Proxy(whole, {
    get: (target, key) => {
      const value: unknown = Reflect.get(key in parts ? parts : target, key);
      return typeof value === 'function' && !(key in parts) ? value.bind(target) : value;
    },
  });
}

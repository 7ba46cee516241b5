/**
 * Schemas of values that contain values of their own kind, as deep as a bound allows.
 */
import { InvalidArgument } from './invalid-argument.ts';
import type { Codec, Schema } from './schema.ts';
import { WireError } from './wire-error.ts';

/** How deep values may be nested. */
export interface RecursiveOptions {
  /** 1 is a value without another one in it; up to 100. Deeper ones are `too-deep`. */
  readonly maxDepth: number;
  /**
   * How many values one may have in it when it is read, itself, those within them and whatever is
   * `counted` included. More are `too-long`. Default: what the length of the message allows.
   */
  readonly maxCount?: number;
}

/**
 * A schema that `make` builds from itself:
 *
 *     interface Tree { readonly name: string; readonly parts: readonly Tree[] }
 *     const tree = recursive<Tree>(
 *       (self) => struct({ name: text({ max: 9 }), parts: array(self, { max: 100 }) }),
 *       { maxDepth: 10 },
 *     );
 *
 * The type has to be named, since TypeScript infers none that contains itself. Each depth is
 * compiled to a codec of its own, from the innermost outwards: so the depth is known without being
 * counted, and a hostile message costs no more of the stack than the bound says. How many values
 * there are in all is counted; `make` may have others counted with them.
 */
export function recursive<Value>(
  make: (self: Schema<Value>, counted: <Part>(part: Schema<Part>) => Schema<Part>) => Schema<Value>,
  options: RecursiveOptions,
): Schema<Value> {
  const { maxDepth, maxCount = Number.POSITIVE_INFINITY } = options;
  if (!Number.isInteger(maxDepth) || maxDepth < 1 || maxDepth > 100) {
    throw new InvalidArgument('maxDepth', maxDepth, 'an integer from 1 to 100');
  }
  return {
    compile: (layout) => {
      const refuse = (): never => {
        throw new WireError('too-deep', `more than ${maxDepth} values are in one another`);
      };
      let codec: Codec<Value> = { minBytes: 1, write: refuse, read: refuse };
      // Of the outermost value that is being read, which nothing interrupts.
      let count = 0;
      const counting = <Part>({ call: _, ...part }: Codec<Part>): Codec<Part> => ({
        ...part,
        read: (reader) => {
          count += 1;
          if (count > maxCount) {
            throw new WireError('too-long', `more than ${maxCount} values are in one`);
          }
          return part.read(reader);
        },
      });
      const counted = <Part>(part: Schema<Part>): Schema<Part> => ({
        compile: (place) => counting(part.compile(place)),
      });
      for (let depth = 1; depth <= maxDepth; depth++) {
        const inner = counting(codec);
        codec = make({ compile: () => inner }, counted).compile(layout);
      }
      const outermost = codec;
      return {
        ...outermost,
        read: (reader) => {
          count = 1;
          return outermost.read(reader);
        },
      };
    },
  };
}

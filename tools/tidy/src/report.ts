/**
 * What a check found: faults, each a place and a sentence.
 */

/** One fault. */
export interface Fault {
  /** The file, from the root of the house. */
  readonly path: string;
  /** 1-based; absent where the whole file is meant. */
  readonly line?: number;
  /** What is wrong and, where it is not plain, what to do: `imports x, which ...`. */
  readonly sentence: string;
}

/** `path:line: sentence`, as terminals and editors make a link of it. */
export function formatFault({ path, line, sentence }: Fault): string {
  return line === undefined ? `${path}: ${sentence}` : `${path}:${line}: ${sentence}`;
}

/**
 * Planted bugs: small source patches kept as data, so that production code has no switches for
 * them.
 */

/** A patch that breaks a system in a known way. Applied in memory only. */
export interface PlantedBug {
  /** kebab-case, unique in the project. */
  readonly name: string;
  /** The file that it changes, from the root of the project. */
  readonly file: string;
  /** Text that stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Which promise it breaks, in one sentence. */
  readonly breaks: string;
  /** The paper, issue or post-mortem that it comes from. */
  readonly source: string;
  /** The experiment that finds it, and within how many seeds it must. */
  readonly experiment: string;
  readonly seedBudget: number;
}

/** The outcome of applying a bug to a text: the new text, or why it does not apply. */
export type Planted =
  | { readonly type: 'planted'; readonly text: string }
  | { readonly type: 'refused'; readonly reason: string };

/** `text` with the bug in it; refused unless `find` stands in it exactly once. */
export function plant(bug: PlantedBug, text: string): Planted {
  const parts = text.split(bug.find);
  if (parts.length !== 2) {
    const count = parts.length - 1;
    const reason = `${bug.name}: its text stands ${count} times in ${bug.file}, not once`;
    return { type: 'refused', reason };
  }
  return { type: 'planted', text: parts.join(bug.replace) };
}

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
  /**
   * Which promise it breaks, in one sentence. Where a rule of the package's DESIGN.md is what
   * answers it, the number of that comes first: `R2: a voter votes for ...`.
   */
  readonly breaks: string;
  /** The paper, issue or post-mortem that it comes from. */
  readonly source: string;
  /** The experiment that finds it, and within how many seeds it must. */
  readonly experiment: string;
  readonly seedBudget: number;
  /** Missing where nobody has judged it yet. */
  readonly difficulty?: BugDifficulty;
  /** Missing where nobody has worked it out yet. */
  readonly minimum?: BugMinimum;
}

/**
 * How hard a bug is to meet: `easy` shows in seconds under any random trouble, `medium` needs the
 * right fault, `hard` a rare order of several.
 */
export type BugDifficulty = 'easy' | 'medium' | 'hard';

/**
 * The smallest run that a person would write by hand to show a bug, counted as plans are: what an
 * operator does is a fault like others.
 */
export interface BugMinimum {
  /** Each fault of the plan in a few words, `loss of power at a follower`; two crashes are two. */
  readonly faults: readonly string[];
  /** How many operations clients do, those included by which it shows. */
  readonly operationCount: number;
  /** The same, each in a few words, where somebody wrote them down. */
  readonly operations?: readonly string[];
}

/** The outcome of applying a bug to a text: the new text, or why it does not apply. */
export type Planted =
  | { readonly type: 'planted'; readonly text: string }
  | { readonly type: 'refused'; readonly reason: string };

/** `text` with the bug in it; refused unless `find` stands in it exactly once. */
export function plant(bug: PlantedBug, text: string): Planted {
  const { find, replace } = bug;
  const at = text.indexOf(find);
  // From the next character on: in `aaa`, `aa` stands twice.
  const isTwice = at >= 0 && text.indexOf(find, at + 1) >= 0;
  if (find === '' || at < 0 || isTwice) {
    const howOften = at < 0 ? 'does not stand' : 'stands more than once';
    const what = find === '' ? 'the text to be found is empty' : `its text ${howOften}`;
    return { type: 'refused', reason: `${bug.name}: ${what} in ${bug.file}` };
  }
  return { type: 'planted', text: text.slice(0, at) + replace + text.slice(at + find.length) };
}

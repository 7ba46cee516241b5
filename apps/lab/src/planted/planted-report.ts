/**
 * How a planted bug is shown: the lines around it, as they are and as they were run, and the rule
 * of the design that it breaks.
 */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type PlantedBug, plant } from '@mangrove/experiment';
import { PROJECT_ROOT } from '../environment.ts';
import type { DesignRule, PlantedReport } from '../run-report.ts';
import type { Answer } from '../verdict.ts';

/** How many lines are shown before and after the patch. */
const CONTEXT_LINES = 4;

/** The excerpts of `bug`; rejects where it does not apply to the file as it is. */
export async function reportPlant(
  bug: PlantedBug,
  cleanAnswer: Answer | undefined,
): Promise<PlantedReport> {
  const clean = await readFile(resolve(PROJECT_ROOT, bug.file), 'utf8');
  const planted = plant(bug, clean);
  if (planted.type === 'refused') throw new Error(planted.reason);
  const first = clean.slice(0, clean.indexOf(bug.find)).split('\n').length - 1;
  const start = Math.max(0, first - CONTEXT_LINES);
  const excerpt = (text: string, changed: string) => {
    const end = first + changed.split('\n').length + CONTEXT_LINES;
    return text.split('\n').slice(start, end);
  };
  return {
    bug,
    lineNumber: start + 1,
    cleanLines: excerpt(clean, bug.find),
    plantedLines: excerpt(planted.text, bug.replace),
    ...ruleOf(bug, await designOf(bug)),
    ...(cleanAnswer === undefined ? {} : { cleanAnswer }),
  };
}

/** The document of the package that `bug` changes, from the root of the project. */
function designPathOf({ file }: PlantedBug): string {
  return [...file.split('/').slice(0, 2), 'DESIGN.md'].join('/');
}

/** Its text; empty where the package has none. */
async function designOf(bug: PlantedBug): Promise<string> {
  return await readFile(join(PROJECT_ROOT, designPathOf(bug)), 'utf8').catch(() => '');
}

/** The rule that `bug` names: `- **R2** ...` in the design, to the end of its list item. */
function ruleOf(bug: PlantedBug, design: string): { readonly rule?: DesignRule } {
  const number = /^(R\d+): /.exec(bug.breaks)?.[1];
  const item = new RegExp(`^- \\*\\*${number}\\*\\* (.*(?:\\n {2}.*)*)`, 'm').exec(design)?.[1];
  if (number === undefined || item === undefined) return {};
  return { rule: { number, file: designPathOf(bug), text: item.replaceAll(/\s+/g, ' ') } };
}

/**
 * How a planted bug is shown: the lines around it, as they are and as they were run.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PlantedBug, plant } from '@mangrove/experiment';
import { PROJECT_ROOT } from '../environment.ts';
import type { PlantedReport } from '../run-report.ts';
import type { Answer } from '../verdict.ts';

/** How many lines are shown before and after the patch. */
const CONTEXT_LINES = 4;

/** The excerpts of `bug`; rejects where it does not apply to the file as it is. */
export async function reportPlant(
  bug: PlantedBug,
  cleanAnswer: Answer | undefined,
): Promise<PlantedReport> {
  const clean = await readFile(join(PROJECT_ROOT, bug.file), 'utf8');
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
    ...(cleanAnswer === undefined ? {} : { cleanAnswer }),
  };
}

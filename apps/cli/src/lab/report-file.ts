/**
 * Writes files that people open later: plans, and reports as a page and as text.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type ExperimentReport, renderMarkdown } from '@mangrove/lab';
import { renderReport } from '@mangrove/lab/node';
import { CommandError, messageOf } from '../command-error.ts';

/**
 * Writes `text` to `path`, from the current folder; folders on the way are made.
 *
 * @returns the whole path
 * @throws CommandError when it cannot be written
 */
export function writeResult(path: string, text: string): string {
  const whole = resolve(path);
  try {
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, text);
  } catch (cause) {
    const sentence = `${path} cannot be written: ${messageOf(cause)}.`;
    throw new CommandError('could-not-run', sentence, cause);
  }
  return whole;
}

/** The two files of a report, with the same facts: the page, and the text beside it. */
export interface ReportFiles {
  readonly page: string;
  readonly markdown: string;
}

/** The files that `path` names: `a/b`, `a/b.html` and `a/b.md` are `a/b.html` and `a/b.md`. */
export function reportFilesOf(path: string): ReportFiles {
  const name = path.replace(/\.(?:html|md)$/, '');
  return { page: `${name}.html`, markdown: `${name}.md` };
}

/**
 * Writes both files of `report`, as `writeResult` does.
 *
 * @param path either of them, or what their names have in common
 */
export function writeReport(path: string, report: ExperimentReport): ReportFiles {
  const files = reportFilesOf(path);
  writeResult(files.page, renderReport(report));
  writeResult(files.markdown, renderMarkdown(report));
  return files;
}

/** Where a report is, for people: `report: a.html, and as text a.md`. */
export function reportWords({ page, markdown }: ReportFiles): string {
  return `report: ${page}, and as text ${markdown}`;
}

/**
 * Finds histories that others recorded and judged, where they stand beside the project.
 *
 * They are in `../shared/histories`, with a table `verdicts.csv` of what each was found to be.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A file, and what is known of it. */
export interface RecordedHistory {
  readonly file: string;
  readonly text: string;
  readonly model: string;
  readonly verdict: string;
  /** What a good checker took for it; undefined where nobody measured. */
  readonly referenceMs: number | undefined;
}

const ROOT = resolve(import.meta.dirname, '../../../../shared/histories');

/** Why a test that needs them is skipped; undefined when they are there. */
export function absentHistories(): string | undefined {
  return existsSync(resolve(ROOT, 'verdicts.csv')) ? undefined : 'needs ../shared/histories';
}

/** The rows of the table whose file begins with `prefix`. */
export function recordedHistories(prefix: string): readonly RecordedHistory[] {
  const [, ...rows] = parseCsv(readFileSync(resolve(ROOT, 'verdicts.csv'), 'utf8'));
  return rows
    .filter(([file = '']) => file.startsWith(prefix))
    .map(([file = '', , , model = '', , verdict = '', reference = '']) => ({
      file,
      text: readFileSync(resolve(ROOT, file), 'utf8'),
      model,
      verdict,
      referenceMs: reference === '' ? undefined : Number(reference),
    }));
}

/** A file of small cases, as JSON. */
export function recordedVectors(name: string): unknown {
  return JSON.parse(readFileSync(resolve(ROOT, 'vectors', name), 'utf8'));
}

function parseCsv(text: string): string[][] {
  return text
    .trim()
    .split('\n')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
      ),
    );
}

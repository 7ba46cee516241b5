/**
 * Rows of benchmarks as a table for people.
 */
import type { BenchRow } from '@mangrove/experiment';

/**
 * Three significant digits, and a suffix for thousands and more: `1.23 M`, `456 k`, `78.9`,
 * `0.0123`.
 */
export function formatFigure(value: number): string {
  const size = Math.abs(value);
  for (const [suffix, unit] of SUFFIXES) {
    // What rounds up to the next unit is written in it.
    if (size >= unit * 0.9995) return `${digits(value / unit)} ${suffix}`;
  }
  return digits(value);
}

const SUFFIXES: readonly (readonly [string, number])[] = [
  ['G', 1e9],
  ['M', 1e6],
  ['k', 1e3],
];

function digits(value: number): string {
  const text = value.toPrecision(3);
  return text.includes('e') ? text : String(Number(text));
}

/** The table of `rows`, one line each, headed; columns are as wide as their widest cell. */
export function tableOf(rows: readonly BenchRow[]): readonly string[] {
  const cells = rows.map((row) => [
    row.bench,
    row.case,
    `${formatFigure(row.ours)} ${row.unit}`,
    formatFigure(row.reference),
    row.ratio.toPrecision(3),
    row.goal === '' ? '' : `${row.goal}: ${row.met ? 'met' : 'MISSED'}`,
  ]);
  const table = [['bench', 'case', 'ours', 'reference', 'ratio', 'goal'], ...cells];
  const widths = table[0]?.map((_, column) =>
    Math.max(...table.map((line) => line[column]?.length ?? 0)),
  );
  return table.map((line) =>
    line
      .map((cell, column) => {
        const width = widths?.[column] ?? 0;
        return NUMBER_COLUMNS.includes(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

const NUMBER_COLUMNS: readonly number[] = [2, 3, 4];

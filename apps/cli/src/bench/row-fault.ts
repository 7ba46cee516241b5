/**
 * Whether what a benchmark reported is a row: it comes from another process, so it is looked at.
 */

const TEXTS = ['bench', 'case', 'unit', 'goal'] as const;
const FIGURES = ['ours', 'reference', 'ratio'] as const;

/** What is wrong with `row`, as a sentence; undefined when nothing is. */
export function rowFault(row: unknown): string | undefined {
  if (typeof row !== 'object' || row === null) return 'it reported something that is no row';
  const fields = row as Readonly<Record<string, unknown>>;
  for (const name of TEXTS) {
    if (typeof fields[name] !== 'string') return `it reported a row without \`${name}\``;
  }
  const where = `${String(fields['bench'])}, ${String(fields['case'])}`;
  for (const name of FIGURES) {
    const value = fields[name];
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      return `its row "${where}" has no figure \`${name}\`: ${String(value)}`;
    }
  }
  if (typeof fields['met'] !== 'boolean')
    return `its row "${where}" does not say whether it is met`;
  return undefined;
}

/**
 * A row of a table in Markdown.
 */

/** The cells between bars; a bar within one would end it. */
export function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

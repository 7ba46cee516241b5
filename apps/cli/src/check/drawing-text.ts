/**
 * Draws operations as text: a line a process, a bar an operation, left to right in the order of
 * their begins and ends.
 *
 *     c1  |- write 1 -|
 *     c2        |- write 2 ...
 *     c1                  |= read -> 0 =|     <- here
 */
import type { Drawing, DrawingBar } from '@mangrove/check';

/** The widest drawing in characters; a wider one is left out, since its lines would wrap. */
export const MAX_DRAWING_WIDTH = 160;

/**
 * The lines of a drawing. A bar of `=` is one at which the violation is seen; one that ends in dots
 * has no known end. Empty when it would be too wide.
 */
export function drawingLines(drawing: Drawing): readonly string[] {
  const columns = columnsOf(drawing.bars);
  const nameWidth = Math.max(0, ...drawing.lanes.map((lane) => lane.length));
  const rows = drawing.lanes.flatMap((name, lane) =>
    rowsOf(drawing.bars.filter((bar) => bar.lane === lane)).map(
      (bars) => `${name.padEnd(nameWidth)}  ${rowText(bars, columns)}`,
    ),
  );
  return rows.some((row) => row.length > MAX_DRAWING_WIDTH) ? [] : rows;
}

/** Where each rank stands: far enough from the one before that every label fits into its bar. */
function columnsOf(bars: readonly DrawingBar[]): readonly number[] {
  const last = Math.max(0, ...bars.flatMap(({ from, to }) => [from, to ?? from + 1]));
  const columns: number[] = [];
  for (let rank = 0; rank <= last; rank++) {
    const ending = bars.filter(({ to }) => to === rank);
    const starts = ending.map((bar) => (columns[bar.from] ?? 0) + barText(bar).length - 1);
    columns.push(Math.max((columns[rank - 1] ?? -2) + 2, ...starts));
  }
  return columns;
}

/** The bars of a lane in as few rows as keep them apart: an open bar ends its row. */
function rowsOf(bars: readonly DrawingBar[]): readonly (readonly DrawingBar[])[] {
  const rows: DrawingBar[][] = [];
  for (const bar of bars.toSorted((a, b) => a.from - b.from)) {
    const row = rows.find((each) => (each.at(-1)?.to ?? Number.POSITIVE_INFINITY) <= bar.from);
    if (row === undefined) rows.push([bar]);
    else row.push(bar);
  }
  return rows;
}

function rowText(bars: readonly DrawingBar[], columns: readonly number[]): string {
  let text = '';
  for (const bar of bars) {
    const start = columns[bar.from] ?? 0;
    const end = bar.to === undefined ? 0 : (columns[bar.to] ?? 0);
    // A bar that begins where the one before ended shares its mark.
    text = text.slice(0, start).padEnd(start) + barText(bar, end - start + 1);
  }
  return text;
}

/** `|- label -|`, at least `width` wide. */
function barText({ label, to, marked }: DrawingBar, width = 0): string {
  const line = marked ? '=' : '-';
  if (to === undefined) return `|${line} ${label} ...`;
  const body = ` ${label} `;
  const fill = Math.max(2, width - body.length - 2);
  const left = Math.floor(fill / 2);
  return `|${line.repeat(left)}${body}${line.repeat(fill - left)}|`;
}

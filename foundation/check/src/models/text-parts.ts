/**
 * Finds which of many texts are parts of some others, without trying each in each.
 *
 * A text is cut at every place into pieces of the lengths that are asked for, and a piece is looked
 * up. Where that would be too many pieces, every text is taken to be found.
 */

/** The most pieces that are looked up: about a second. */
const MAX_PIECES = 5_000_000;

/** How many texts that are kept another is compared with. */
const MAX_COMPARED = 4;

/** Whether a text is a part of one of `texts`; asked of `parts` alone. */
export function partFinder(
  parts: ReadonlySet<string>,
  texts: ReadonlySet<string>,
): (part: string) => boolean {
  const lengths = [...new Set([...parts].map(({ length }) => length))];
  const wholes = wholesOf(texts);
  const pieceCount = wholes.reduce((sum, { length }) => sum + length * lengths.length, 0);
  if (pieceCount > MAX_PIECES) return () => true;
  const found = new Set<string>();
  for (const text of wholes) {
    for (const length of lengths) {
      for (let from = 0; from + length <= text.length; from++) {
        const piece = text.slice(from, from + length);
        if (parts.has(piece)) found.add(piece);
      }
    }
  }
  return (part) => found.has(part);
}

/** The texts without most of those that others begin with: of one that grows, only the last. */
function wholesOf(texts: ReadonlySet<string>): readonly string[] {
  const wholes: string[] = [];
  for (const text of [...texts].sort((a, b) => b.length - a.length)) {
    const isBeginning = wholes.slice(-MAX_COMPARED).some((whole) => whole.startsWith(text));
    if (!isBeginning) wholes.push(text);
  }
  return wholes;
}

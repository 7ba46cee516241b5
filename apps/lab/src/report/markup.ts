/**
 * Markup that is safe by construction: a template escapes whatever is put into it.
 *
 * Everything in a report may come from the system under test: names, values, errors, labels of
 * messages. So no part of the report builds HTML or SVG by hand: `markup` escapes strings, leaves
 * alone what is `Markup` already, and only `trusted` makes `Markup` of a bare string. Attributes
 * stand in double quotes, always.
 */

/** A piece of HTML or SVG in which everything foreign has been escaped. */
export class Markup {
  readonly text: string;

  /** Use `markup` or `trusted`. */
  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: strings are escaped, lists are joined, `undefined` and `false` vanish. */
export type Content = Markup | string | number | undefined | false | readonly Content[];

/** The template `` markup`<b>${name}</b>` ``, with its values escaped. */
export function markup(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  let text = parts[0] ?? '';
  for (const [index, value] of values.entries()) text += toText(value) + (parts[index + 1] ?? '');
  return new Markup(text);
}

/** `text` as it stands. Only for what this project wrote itself: style sheets, scripts, numbers. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

/** `text` so that HTML and SVG show it as it is, in an element or in a quoted attribute. */
export function escapeText(text: string): string {
  return showHidden(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/**
 * `text` with its control characters, lone surrogates and marks of writing direction made visible
 * as `\u202e`. They could make a report show something else than what it says.
 */
export function showHidden(text: string): string {
  return text.replace(HIDDEN, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).padStart(4, '0');
    return `\\u${code}`;
  });
}

/**
 * JSON that can stand inside a `script` element: nothing in it can end the element, or turn the
 * direction of writing for who reads the source.
 */
export function embedJson(value: unknown): Markup {
  const json = JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026')
    .replaceAll(UNSEEN, escapeUnits);
  return new Markup(json);
}

/** Controls, formats, lone surrogates and the two separators, but not tabs and line ends. */
const HIDDEN = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** What JSON leaves as it is though nobody sees it. */
const UNSEEN = /[\p{Cf}\u2028\u2029]/gu;

/** Both halves of a character beyond the first plane, each as `\\u....`. */
function escapeUnits(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

function toText(value: Content): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number') return String(value);
  return value.map(toText).join('');
}

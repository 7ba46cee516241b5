/**
 * How a report says things: times, counts, values and operations in the fewest words.
 */
import type { Value } from '@mangrove/experiment';

/** Between a number and its unit, so that they stay on one line. */
const NO_BREAK = '\u00a0';

/** Between groups of three digits. */
const NARROW = '\u202f';

/** A moment or a short duration in whole milliseconds: `1 352 ms`; below 10 with a decimal. */
export function formatMs(ms: number): string {
  if (Math.abs(ms) < 10 && !Number.isInteger(ms)) return `${ms.toFixed(1)}${NO_BREAK}ms`;
  return `${formatCount(Math.round(ms))}${NO_BREAK}ms`;
}

/** A duration in the unit that suits it: `85 ms`, `2.9 s`, `12 min`. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 1000) return formatMs(ms);
  if (ms < 120_000) return `${trimZero((ms / 1000).toFixed(ms < 9950 ? 1 : 0))}${NO_BREAK}s`;
  return `${formatCount(Math.round(ms / 60_000))}${NO_BREAK}min`;
}

/** A number with its digits in groups: `10 000`. Fractions keep one decimal. */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return String(count);
  if (!Number.isInteger(count)) return trimZero(count.toFixed(1));
  const digits = String(Math.abs(count));
  const grouped = digits.length > 3 ? digits.replace(/\B(?=(?:\d{3})+$)/g, NARROW) : digits;
  return count < 0 ? `-${grouped}` : grouped;
}

/** `1 fault`, `3 faults`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)}${NO_BREAK}${noun}${count === 1 ? '' : 's'}`;
}

/** `text` in at most `length` characters, the last of them `…` where some were left out. */
export function clip(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

/**
 * A value in few characters: strings without quotes where that is not misleading, and what a
 * transaction does as `r x [1], append y 2`.
 */
export function formatValue(value: Value | undefined, length = 24): string {
  if (value === undefined) return '';
  if (isTransaction(value)) return clip(value.map(formatStep).join(', '), length);
  const isPlain = typeof value === 'string' && /^[\w.:/-]+$/.test(value) && !looksTyped(value);
  return clip(isPlain ? String(value) : JSON.stringify(value), length);
}

/** Steps of a transaction: what is done, to which key, and with which value. */
function isTransaction(
  value: Value,
): value is readonly (readonly [f: string, key: string, value: Value])[] {
  const isStep = (each: Value) =>
    Array.isArray(each) && each.length === 3 && each.slice(0, 2).every(isString);
  return Array.isArray(value) && value.length > 0 && value.every(isStep);
}

function isString(value: Value): boolean {
  return typeof value === 'string';
}

function formatStep([f, key, value]: readonly [string, string, Value]): string {
  return value === null ? `${f} ${key}` : `${f} ${key} ${JSON.stringify(value)}`;
}

/** What a client asks for: `write x=2`, `read x`, `cas x [1,2]`. */
export function formatOperation(operation: {
  readonly f: string;
  readonly key?: string | undefined;
  readonly value?: Value | undefined;
}): string {
  const { key } = operation;
  const f = clip(operation.f, 24);
  const value = formatValue(operation.value);
  if (value === '') return key === undefined ? f : `${f} ${clip(key, 24)}`;
  if (key === undefined) return `${f} ${value}`;
  const isAssignment = /^(?:write|put|set|append|store)$/.test(f);
  return isAssignment ? `${f} ${clip(key, 24)}=${value}` : `${f} ${clip(key, 24)} ${value}`;
}

/** A list in words: `n1`, `n1 and n2`, `n1, n2 and n3`; above `most`, `n1, n2 and 5 others`. */
export function formatList(items: readonly string[], most = 4): string {
  if (items.length <= 1) return items[0] ?? 'none';
  const isLong = items.length > most;
  const shown = isLong ? items.slice(0, most - 1) : items.slice(0, -1);
  const last = isLong ? `${items.length - shown.length} others` : (items.at(-1) ?? '');
  return `${shown.join(', ')} and ${last}`;
}

/**
 * `text` with a capital, and a full stop where it ends without a mark. A name such as `n1` at its
 * beginning stays as it is.
 */
export function toSentence(text: string): string {
  const trimmed = text.trim();
  const isName = /^[a-z]+-?\d/.test(trimmed);
  const first = isName ? trimmed.slice(0, 1) : trimmed.slice(0, 1).toUpperCase();
  const sentence = `${first}${trimmed.slice(1)}`;
  return /[.!?:]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** Whether a string would be taken for a number or a word of JSON if it lost its quotes. */
function looksTyped(text: string): boolean {
  return /^-?\d/.test(text) || text === 'null' || text === 'true' || text === 'false';
}

function trimZero(text: string): string {
  return text.endsWith('.0') ? text.slice(0, -2) : text;
}

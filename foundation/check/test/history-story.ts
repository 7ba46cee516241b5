/**
 * Histories for tests, written as a few words a line.
 */
import type { HistoryEvent, Value } from '../src/index.ts';

const TYPES: Readonly<Record<string, HistoryEvent['type']>> = {
  '!': 'invoke',
  '=': 'ok',
  x: 'fail',
  '?': 'info',
};

/**
 * The events of a story. `a! write 1` begins an operation of process a, `a= write 1` ends it well,
 * `ax write` without effect, `a? write` in doubt; `a! write@k 1` is of the key `k`. Values are
 * JSON. Times are the numbers of the lines, or what stands in front: `12 a! read`.
 */
export function story(...lines: readonly string[]): HistoryEvent[] {
  return lines.map((line, index) => {
    const words = line.split(' ');
    const atMs = /^\d+$/.test(words[0] ?? '') ? Number(words.shift()) : index;
    const [who = '', what = '', ...value] = words;
    const [f = '', key] = what.split('@');
    const type = TYPES[who.at(-1) ?? ''];
    if (type === undefined) throw new Error(`no event: ${line}`);
    return {
      atMs,
      process: who.slice(0, -1),
      type,
      f,
      ...(key === undefined ? {} : { key }),
      ...(value.length === 0 ? {} : { value: JSON.parse(value.join(' ')) as Value }),
    };
  });
}

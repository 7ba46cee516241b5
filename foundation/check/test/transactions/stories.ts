/**
 * Histories of transactions as short texts.
 *
 * A line is a transaction: `a ok: append x 1, r x [1]`. Before the colon its process and its end
 * (`ok`, `fail`, `info`), and, where real time matters, the positions of its two events: `a ok
 * 0-3`. Without positions nothing is known of its time.
 */
import { type Transaction, toMicroOperations, type Value } from '../../src/index.ts';

/** The transactions of some lines. */
export function story(...lines: readonly string[]): Transaction[] {
  return lines.map((line, id) => {
    const [, process = '', end = '', from, to, steps = ''] =
      /^(\S+) (ok|fail|info)(?: (\d+)-(\d+|open))?: ?(.*)$/.exec(line) ?? [];
    const value = steps === '' ? [] : steps.split(', ').map(toStep);
    const isOpen = end === 'info';
    return {
      id,
      process,
      end: isOpen ? 'open' : (end as 'ok' | 'fail'),
      invokedAt: from === undefined ? -1 : Number(from),
      completedAt: to === undefined || to === 'open' ? Number.POSITIVE_INFINITY : Number(to),
      isInitial: process === 'init',
      operations: toMicroOperations(value, `line ${id}`, end === 'ok'),
    };
  });
}

/** `r x [1 2]`, `rp = 1 {x 1, y 1}` without the comma: values are JSON with spaces for commas. */
function toStep(step: string): Value {
  const [f = '', key = '', ...rest] = step.split(' ');
  if (f === 'rp') {
    const [predicate, rows] = [key, rest.join(' ')];
    const fields = rows.split(' ').filter((field) => field !== '');
    const map = Object.fromEntries(
      fields.map((field) => field.split('=')).map(([k, v]) => [k, Number(v)]),
    );
    return ['rp', predicate === 'true' ? true : ['=', Number(predicate)], map];
  }
  const text = rest.join(',');
  return [f, key, text === '' || text === 'nil' ? null : (JSON.parse(text) as Value)];
}

/**
 * Leaps: plans without several things at once, drawn at random.
 *
 * Where each fault alone is needed, because each makes up for another, no single one can be left
 * out; two or three of them often can.
 */
import type { Plan } from '@mangrove/experiment';
import { SeededRandom } from '@mangrove/host';
import type { Candidate } from './omissions.ts';

/** How many leaps are tried before one gives up. */
const LEAP_COUNT = 60;

/** The leaps from `plan`, none of them twice. */
export function* leaps(plan: Plan): Iterable<Candidate> {
  const random = new SeededRandom(plan.seed ?? 0, 'leaps');
  const items = [...plan.faults, ...plan.operations];
  const tried = new Set<string>();
  for (let leap = 0; leap < LEAP_COUNT && items.length > 2; leap++) {
    const count = random.between(2, Math.max(2, Math.ceil(items.length / 2)));
    const out = new Set<unknown>(random.shuffle(items).slice(0, count));
    const faults = plan.faults.filter((fault) => !out.has(fault));
    const operations = plan.operations.filter((operation) => !out.has(operation));
    const key = items.map((item) => (out.has(item) ? '0' : '1')).join('');
    if (tried.has(key) || operations.length === 0) continue;
    tried.add(key);
    yield [`${count} of ${items.length} faults and operations`, { ...plan, faults, operations }];
  }
}

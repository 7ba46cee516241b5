/**
 * Marks are added up over lives and runs; what was never counted stands there with its 0.
 */
import { MetricRegistry } from '@mangrove/host';
import { expect, it } from 'vitest';
import { MarkSums } from './marks.ts';

function life(won: number, sent: number) {
  const registry = new MetricRegistry();
  registry.counter('elections_won', { help: 'Elections won.', unit: '1' }).add(won);
  const labels = { way: 'sent' };
  registry.counter('snapshots', { help: 'Snapshots.', unit: '1', labels }).add(sent);
  registry.counter('host_messages', { help: 'Messages.', unit: '1' }).add(7);
  registry.gauge('term', { help: 'The term.', unit: '1' }).set(3);
  return registry.snapshot();
}

it('marks of lives and of runs are added up', () => {
  const run = new MarkSums();
  run.addLife(life(1, 0));
  run.addLife(life(2, 0));
  expect(run.marks()).toEqual({ 'Elections won': 3, 'Snapshots (sent)': 0 });
  const hunt = new MarkSums();
  hunt.addRun(run.marks());
  hunt.addRun({ 'Elections won': 1, 'Leases expired': 5 });
  const all = { 'Elections won': 4, 'Snapshots (sent)': 0, 'Leases expired': 5 };
  expect(hunt.marks()).toEqual(all);
});

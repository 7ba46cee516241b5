/**
 * Shows that a report counts what took place, and names every kind of fault that did not.
 */
import { toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { figureEightReport, figureEightRun } from '../../test/figure-eight.ts';
import type { RunEvidence } from '../run-report.ts';
import { evidenceOf, silencesOf } from './evidence.ts';
import { markRowsOf } from './mark-rows.ts';

const report = figureEightReport();

describe('the evidence', () => {
  it('counts the operations that a fault struck', () => {
    const counts = new Map(evidenceOf(report).map((row) => [row.what, row.found]));
    expect(counts.get('operations')).toBe(5);
    // The two writes overlap crashes; the reads at 172 and 1352 ms and the last one do not.
    expect(counts.get('operations during a fault')).toBe(2);
    expect(counts.get('operations with unknown outcome')).toBe(1);
    expect(counts.get('crashes')).toBe(3);
  });

  it('says what a world counted in the words of a reader, and nothing twice', () => {
    const counts = {
      ...{ 'message dropped: cut': 7, 'operation fail': 2, 'fault crash-at': 1, 'node starts': 4 },
      ...{ 'operation invoke': 5, 'operation info': 1, 'operation ok': 4, 'link down': 3 },
    };
    const { shrunk: _shrunk, ...whole } = report;
    const rows = evidenceOf({ ...whole, found: { ...figureEightRun(), counts } });
    expect(rows.map(({ what, found }) => `${what} ${found}`)).toEqual([
      ...['operations 5', 'operations refused 2', 'operations answered ok 4'],
      ...['operations during a fault 2', 'operations with unknown outcome 1'],
      ...['faults: crash at 1', 'faults in the plan 3'],
      ...['node starts 4', 'link down 3', 'messages lost: cut 7'],
    ]);
  });

  it('names marks of the protocol that no run reached', () => {
    const found = { ...figureEightRun(), marks: { 'Elections won': 3, 'Leases expired': 0 } };
    const { shrunk: _shrunk, ...whole } = report;
    const rows = markRowsOf({ ...whole, found });
    expect(rows.reached).toEqual([{ what: 'Elections won', found: 3 }]);
    expect(rows.missed).toEqual(['Leases expired']);
  });

  it('is silent about what no run contained, real processes among it', () => {
    const missing = silencesOf(report).map((each) => each.missing);
    expect(missing).toContain('Cuts of the network');
    expect(missing).toContain('Faults of clocks');
    expect(missing).toContain('Real processes');
    expect(missing).not.toContain('Crashes');
    expect(missing).not.toContain('Power failures');
  });

  it('is no longer silent about a fault that a run had', () => {
    const run = figureEightRun();
    const node = toNodeId('n1');
    const faults = [{ type: 'pause', node, atMs: 1, untilMs: 2 } as const];
    const plan = { ...run.plan, faults };
    const missingIn = (strikes: RunEvidence['strikes']) =>
      silencesOf({ ...report, found: { ...run, plan, strikes } }).map((each) => each.missing);
    expect(missingIn([{ fault: 0, atMs: 1, untilMs: 2 }])).not.toContain('Pauses');
    // It was planned, and its moment did not come.
    expect(missingIn([])).toContain('Pauses');
  });

  it('says what a world could not inject', () => {
    const run = { ...figureEightRun(), world: 'local' as const, notInjected: ['bit-rot n1'] };
    const silences = silencesOf({ ...report, others: [run] });
    expect(silences.map((each) => each.missing)).toContain(
      'bit-rot n1: not injected in world local',
    );
    expect(silences.map((each) => each.missing)).not.toContain('Real processes');
  });
});

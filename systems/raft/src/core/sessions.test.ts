/**
 * A table of sessions does what a naive one does that remembers every command for ever.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SessionTable } from './sessions.ts';

describe('sessions', () => {
  it('R59: a command that comes again is applied once, and has the result that it had', () => {
    const step = fc.record({
      session: fc.integer({ min: 1, max: 3 }),
      sequence: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const table = new SessionTable<number>(10);
        for (const session of [1, 2, 3]) table.open(session);
        const results = new Map<string, number>();
        const highest = new Map<number, number>();
        let runCount = 0;
        for (const { session, sequence } of steps) {
          const key = `${session}/${sequence}`;
          const isLate = sequence < (highest.get(session) ?? 0);
          if (!isLate && !results.has(key)) results.set(key, results.size);
          if (!isLate) highest.set(session, sequence);
          const outcome = table.apply(session, sequence, () => runCount++);
          const result = results.get(key);
          expect(outcome).toEqual(isLate ? { type: 'superseded' } : { type: 'applied', result });
        }
        expect(runCount).toBe(results.size);
      }),
    );
  });

  it('R59: at the bound the session that was used least recently is closed', () => {
    const table = new SessionTable<string>(2);
    table.open(1);
    table.open(2);
    table.apply(1, 1, () => 'one');
    table.open(3);
    expect(table.apply(2, 1, () => 'two')).toEqual({ type: 'expired' });
    expect(table.apply(1, 1, () => 'again')).toEqual({ type: 'applied', result: 'one' });
  });

  it('R59: a table that was restored knows what the other knew', () => {
    const table = new SessionTable<string>(3);
    table.open(4);
    table.open(5);
    table.apply(4, 7, () => 'seven');
    const copy = new SessionTable<string>(3);
    copy.restore(table.all());
    expect(copy.apply(4, 7, () => 'again')).toEqual({ type: 'applied', result: 'seven' });
    expect(copy.apply(4, 6, () => 'late')).toEqual({ type: 'superseded' });
    expect(copy.all()).toEqual(table.all());
  });
});

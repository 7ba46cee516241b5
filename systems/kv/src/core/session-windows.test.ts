/**
 * The sessions against a twin that forgets nothing: changes of clients that number them, settle
 * them as they end, and have them arrive late, twice and in any order; with snapshots in between.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionPlace } from './kv-request.ts';
import { type SessionOutcome, SessionWindows, WINDOW_MAX } from './session-windows.ts';

const BOUNDS = { countMax: 10, bytesMax: 1_000_000, bytesOf: () => 1 };

/** One arrival: a new change, one that came before comes again, the oldest ones end, a restart. */
const arrival = fc.oneof(
  fc.record({ type: fc.constant('new' as const), session: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ type: fc.constant('again' as const), nth: fc.nat() }),
  fc.record({ type: fc.constant('end' as const), session: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ type: fc.constant('snapshot' as const) }),
);

describe('R32: sessions', () => {
  it('apply each change once, and remember every answer that is not settled', () => {
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 60 }), (arrivals) => {
        const twin = new Twin();
        for (const each of arrivals) {
          if (each.type === 'new') twin.send(each.session);
          else if (each.type === 'end') twin.settle(each.session);
          else if (each.type === 'snapshot') twin.restart();
          else twin.sendAgain(each.nth);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('refuse what is further ahead of what is settled than answers are kept for', () => {
    const table = new SessionWindows<number>(BOUNDS);
    table.open(1);
    const ahead = { session: 1, sequence: WINDOW_MAX + 1, settled: 0 };
    expect(apply(table, ahead, () => 1)).toEqual({ type: 'too-far-ahead' });
    expect(apply(table, { ...ahead, settled: 1 }, () => 2)).toEqual({ type: 'applied', answer: 2 });
  });

  it('are closed, the least recently used first, where their answers take too much', () => {
    const table = new SessionWindows<number>({ ...BOUNDS, bytesMax: 10, bytesOf: (size) => size });
    for (const session of [1, 2]) table.open(session);
    apply(table, { session: 1, sequence: 1, settled: 0 }, () => 4);
    apply(table, { session: 2, sequence: 1, settled: 0 }, () => 4);
    apply(table, { session: 1, sequence: 2, settled: 0 }, () => 4);
    expect(table.all().map(({ session }) => session)).toEqual([1]);
    expect(apply(table, { session: 2, sequence: 1 }, () => 4)).toEqual({ type: 'expired' });
  });
});

/** A table, and what it must do by the whole history of what arrived. */
class Twin {
  private table = new SessionWindows<number>(BOUNDS);
  private readonly clients = [1, 2].map((session) => ({ session, last: 0, settled: 0 }));
  private readonly sent: Required<SessionPlace>[] = [];
  private readonly answers = new Map<string, number>();
  private readonly marks = new Map<number, number>();
  private runCount = 0;

  constructor() {
    for (const { session } of this.clients) this.table.open(session);
  }

  send(session: number): void {
    const client = this.clientOf(session);
    client.last += 1;
    const place = { session, sequence: client.last, settled: client.settled };
    this.sent.push(place);
    this.arrive(place);
  }

  sendAgain(nth: number): void {
    const place = this.sent[nth % this.sent.length];
    if (place !== undefined) this.arrive(place);
  }

  settle(session: number): void {
    const client = this.clientOf(session);
    client.settled = Math.min(client.settled + 1, client.last);
  }

  restart(): void {
    const restored = new SessionWindows<number>(BOUNDS);
    restored.restore(this.table.all());
    expect(restored.all()).toEqual(this.table.all());
    this.table = restored;
  }

  private arrive(place: Required<SessionPlace>): void {
    const { session, sequence, settled } = place;
    const name = `${session}/${sequence}`;
    const outcome = apply(this.table, place, () => {
      this.runCount += 1;
      return this.runCount;
    });
    const mark = this.marks.get(session) ?? 0;
    const isNew = sequence > mark && !this.answers.has(name);
    if (isNew) {
      this.answers.set(name, this.answers.size + 1);
      this.marks.set(session, Math.max(mark, settled));
    }
    expect(this.runCount).toBe(this.answers.size);
    if (sequence <= mark) expect(outcome).toEqual({ type: 'superseded' });
    else expect(outcome).toEqual({ type: 'applied', answer: this.answers.get(name) });
  }

  private clientOf(session: number): { session: number; last: number; settled: number } {
    return this.clients[session - 1] as (typeof this.clients)[number];
  }
}

/** Applies a change unless it was applied before, as the state does it. */
function apply(
  table: SessionWindows<number>,
  place: SessionPlace,
  run: () => number,
): SessionOutcome<number> {
  const outcome = table.look(place);
  if (outcome.type !== 'new') return outcome;
  const answer = run();
  table.remember(place, answer);
  return { type: 'applied', answer };
}

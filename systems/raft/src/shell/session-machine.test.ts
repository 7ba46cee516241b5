/**
 * Sessions pass through slices: a machine that was restored from those of another answers a command
 * that comes once more as the other did, however many sessions there are. One command may take the
 * machine within several calls.
 */
import { expect, it } from 'vitest';
import type { LogIndex, Term } from '../core/positions.ts';
import { encodeSessionCommand, SessionMachine } from './session-machine.ts';
import type { PlacedCommand, StateMachine, StreamingMachine } from './state-machine.ts';

const SESSION_COUNT = 500;

/** Adds bytes up; a result is as long as a page of sessions may be in part. */
class Sum implements StateMachine<Uint8Array> {
  total = 0;

  apply(command: Uint8Array): Uint8Array {
    this.total += command[0] ?? 0;
    const result = new Uint8Array(1000);
    result[0] = this.total & 0xff;
    return result;
  }

  snapshot(): Uint8Array {
    return new Uint8Array([this.total & 0xff]);
  }

  restore(bytes: Uint8Array): void {
    this.total = bytes[0] ?? 0;
  }
}

function command(session: number, sequence: number, index: number) {
  const data = new Uint8Array([session]);
  const encoded = encodeSessionCommand({ type: 'command', session, sequence, data });
  return { index: index as LogIndex, term: 1 as Term, command: encoded };
}

async function* streamOf(slices: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* slices;
}

it('R59: a restored machine answers a repeated command as the first one did', async () => {
  const inner = new Sum();
  const machine = new SessionMachine(inner);
  const open = encodeSessionCommand({ type: 'open' });
  for (let session = 1; session <= SESSION_COUNT; session++) {
    machine.applyBatch([{ index: session as LogIndex, term: 1 as Term, command: open }]);
  }
  const first = [];
  for (let session = 1; session <= SESSION_COUNT; session++) {
    first.push(...machine.applyBatch([command(session, 1, SESSION_COUNT + session)]));
  }
  const taking = machine.snapshotSlices();
  // What comes after the call is not in the snapshot, though the slices are taken later.
  machine.applyBatch([command(1, 2, 2 * SESSION_COUNT + 1)]);
  const slices: Uint8Array[] = [];
  for await (const slice of taking) slices.push(slice);
  expect(slices.length).toBeGreaterThan(5);

  const other = new Sum();
  const restored = new SessionMachine(other);
  await restored.restoreSlices(streamOf(slices));
  const again = Array.from({ length: SESSION_COUNT }, (_, place) => place + 1).flatMap(
    (session) => [...restored.applyBatch([command(session, 1, 3 * SESSION_COUNT + session)])],
  );
  expect(again).toEqual(first);
  await restored.restoreSlices(streamOf([]));
  expect(other.total).toBe(0);
  expect(restored.applyBatch([command(1, 1, 4)])).toEqual([{ type: 'expired' }]);
});

/** Adds bytes up, each in as many calls as it says; it counts how often it was called. */
class SlowSum implements StreamingMachine<Uint8Array> {
  total = 0;
  callCount = 0;
  private done = 0;

  applyBatch(batch: readonly PlacedCommand<Uint8Array>[]): readonly Uint8Array[] {
    this.callCount += 1;
    const [first] = batch;
    const wanted = first?.command[0] ?? 0;
    this.done += 1;
    if (this.done < wanted) return [];
    this.done = 0;
    this.total += wanted;
    return [new Uint8Array([this.total])];
  }

  snapshotSlices(): readonly Uint8Array[] {
    return [];
  }

  async restoreSlices(): Promise<void> {}
}

it('R59: a command that the machine within does in several calls is given to it again', () => {
  const inner = new SlowSum();
  const machine = new SessionMachine(inner);
  const open = encodeSessionCommand({ type: 'open' });
  for (const session of [1, 2, 3]) {
    machine.applyBatch([{ index: session as LogIndex, term: 1 as Term, command: open }]);
  }
  // The first is done in one call, the second in two, the third in three; then the second again.
  let rest = [command(1, 1, 4), command(2, 1, 5), command(3, 1, 6), command(2, 1, 7)];
  const counts = [];
  const totals = [];
  while (rest.length > 0) {
    const results = machine.applyBatch(rest);
    rest = rest.slice(results.length);
    counts.push(results.length);
    for (const each of results) totals.push(each.type === 'applied' ? each.result[0] : each.type);
    if (counts.length > 10) throw new Error('it does not get through');
  }
  expect(counts).toEqual([1, 1, 0, 2]);
  expect(totals).toEqual([1, 3, 6, 3]);
  expect(inner.callCount).toBe(6);
});

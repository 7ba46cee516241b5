/**
 * Sessions pass through slices: a machine that was restored from those of another answers a command
 * that comes once more as the other did, however many sessions there are.
 */
import { expect, it } from 'vitest';
import type { LogIndex, Term } from '../core/positions.ts';
import { encodeSessionCommand, SessionMachine } from './session-machine.ts';
import type { StateMachine } from './state-machine.ts';

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

it('a restored machine answers a repeated command as the first one did', async () => {
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

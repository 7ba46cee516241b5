/**
 * What was released is written and read as the golden file says: commands of the log, slices of the
 * state, messages of members, in each version. A line that differs is a format that changed, which
 * needs a new version and new lines; a line that is here stays for ever.
 */
import { readFileSync } from 'node:fs';
import { applyCommand, createLogCodec, NO_LEASE, type Operation, verifyBackup } from '@mangrove/kv';
import { WireError } from '@mangrove/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplicatedState } from '../src/core/replicated-state.ts';
import { writeBackup } from '../src/shell/backup.ts';
import { decodeMemberMessage, encodeMemberMessage } from '../src/shell/member-messages.ts';
import { decodeSlice, encodeSlice } from '../src/shell/state-codec.ts';
import { step } from './random-steps.ts';
import { RELEASED_COMMANDS, RELEASED_MESSAGES, RELEASED_SLICES } from './released.ts';

const logCodec = createLogCodec();

const golden = new Map(
  readFileSync(new URL('./released.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(': ') as [name: string, hex: string]),
);

function goldenOf(name: string): Uint8Array {
  return new Uint8Array(Buffer.from(golden.get(name) ?? '', 'hex'));
}

describe('the released formats', () => {
  it('R30: are written, every one of everything', () => {
    const state = new ReplicatedState();
    const put = { type: 'put', lease: NO_LEASE, wantsPrevious: false } as const;
    const operation = { ...put, key: new Uint8Array([1]), value: new Uint8Array() };
    applyCommand(state.store, { type: 'operation', operation }, 1);
    const written: [string, Uint8Array][] = [
      ...[...RELEASED_COMMANDS].map(([name, each]): [string, Uint8Array] => {
        return [name, logCodec.encode(each)];
      }),
      ...[...RELEASED_SLICES].map(([name, each]): [string, Uint8Array] => {
        return [name, encodeSlice(each)];
      }),
      ...[...RELEASED_MESSAGES].map(([name, each]): [string, Uint8Array] => {
        return [name, encodeMemberMessage(each)];
      }),
      ['1 backup', new Uint8Array(Buffer.concat([...writeBackup(state)]))],
    ];
    const lines = written.map(([name, bytes]) => [name, Buffer.from(bytes).toString('hex')]);
    expect(lines).toEqual([...golden]);
  });

  it.each([...RELEASED_SLICES])('R30: are read: %s', (name, slice) => {
    expect(decodeSlice(goldenOf(name))).toEqual(slice);
  });

  it.each([...RELEASED_MESSAGES])('R30: are read: %s', (name, message) => {
    expect(decodeMemberMessage(goldenOf(name))).toEqual(message);
  });

  it('R30: are read: a backup', async () => {
    async function* file(): AsyncGenerator<Uint8Array> {
      yield goldenOf('1 backup');
    }
    const summary = await verifyBackup(file(), () => Promise.resolve());
    expect(summary).toMatchObject({ revision: 2, keyCount: 1 });
  });
});

describe('the released format of the log', () => {
  it.each([...RELEASED_COMMANDS])('R30: is read: %s', (name, command) => {
    expect(logCodec.decode(goldenOf(name))).toEqual(command);
  });

  it('R30: whatever the store applies comes back as it was', () => {
    fc.assert(
      fc.property(step, (command) => {
        if (command.type === 'sweep' || command.type === 'compact-behind') return;
        const entry = { type: 'change', place: undefined, command } as const;
        expect(logCodec.decode(logCodec.encode(entry))).toEqual(entry);
      }),
      { numRuns: 500 },
    );
  });

  it('R30: random bytes are read as a command or refused, never more', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          logCodec.decode(new Uint8Array([1, ...bytes]));
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('R12: transactions within each other deeper than the bound have no bytes', () => {
    let operation: Operation = { type: 'txn', compares: [], success: [], failure: [] };
    for (let depth = 1; depth < 16; depth += 1) operation = nest(operation);
    const toEntry = (each: Operation) =>
      ({
        type: 'change',
        place: undefined,
        command: { type: 'operation', operation: each },
      }) as const;
    const entry = toEntry(operation);
    expect(logCodec.decode(logCodec.encode(entry))).toEqual(entry);
    expect(() => logCodec.encode(toEntry(nest(nest(operation))))).toThrow(WireError);
    // What failed leaves nothing behind for the next one.
    expect(logCodec.decode(logCodec.encode(entry))).toEqual(entry);
  });
});

function nest(operation: Operation): Operation {
  return { type: 'txn', compares: [], success: [operation], failure: [] };
}

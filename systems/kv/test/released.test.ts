/**
 * What was released is written and read as the golden file says: the commands of the log, in each
 * version. A line that differs is a format that changed, which needs a new version and new lines; a
 * line that is here stays for ever.
 */
import { readFileSync } from 'node:fs';
import { logCodec, type Operation } from '@mangrove/kv';
import { WireError } from '@mangrove/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { step } from './random-steps.ts';
import { RELEASED_COMMANDS } from './released.ts';

const golden = new Map(
  readFileSync(new URL('./released.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(': ') as [name: string, hex: string]),
);

describe('the released format of the log', () => {
  it('R30: is written, every command', () => {
    const written = [...RELEASED_COMMANDS].map(([name, command]) => {
      return [name, Buffer.from(logCodec.encode(command)).toString('hex')];
    });
    expect(written).toEqual([...golden]);
  });

  it.each([...RELEASED_COMMANDS])('R30: is read: %s', (name, command) => {
    const bytes = new Uint8Array(Buffer.from(golden.get(name) ?? '', 'hex'));
    expect(logCodec.decode(bytes)).toEqual(command);
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
  });
});

function nest(operation: Operation): Operation {
  return { type: 'txn', compares: [], success: [operation], failure: [] };
}

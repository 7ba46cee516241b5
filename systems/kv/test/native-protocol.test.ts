/**
 * What was released is written and read as the golden file says: every message between clients and
 * members. A line that differs is a format that changed, which needs a new version and new lines.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { WireError } from '@mangrove/wire';
import { describe, expect, it } from 'vitest';
import { CLIENT_MESSAGE, SERVER_MESSAGE } from '../src/protocol/native/messages.ts';
import { CLIENT_SAMPLES, SERVER_SAMPLES } from './native-samples.ts';

const FILE = new URL('./native-protocol.txt', import.meta.url);
const client = CLIENT_MESSAGE.at(1);
const server = SERVER_MESSAGE.at(1);

const written = [
  ...CLIENT_SAMPLES.map((each) => `client ${each.type}: ${hex(client.encode(each))}`),
  ...SERVER_SAMPLES.map((each) => `member ${each.type}: ${hex(server.encode(each))}`),
];

describe('R62: the native protocol', () => {
  it('is written as it was released', () => {
    if (process.env['MANGROVE_WRITE_GOLDEN'] === '1')
      writeFileSync(FILE, `${written.join('\n')}\n`);
    expect(written).toEqual(readFileSync(FILE, 'utf8').trim().split('\n'));
  });

  it('is read as it was released', () => {
    const bytes = readFileSync(FILE, 'utf8').trim().split('\n').map(bytesOf);
    const ofClients = bytes.slice(0, CLIENT_SAMPLES.length).map((each) => client.decode(each));
    const ofMembers = bytes.slice(CLIENT_SAMPLES.length).map((each) => server.decode(each));
    expect(bytewise(ofClients)).toEqual(bytewise(CLIENT_SAMPLES));
    expect(bytewise(ofMembers)).toEqual(bytewise(SERVER_SAMPLES));
  });

  it('refuses every message that was cut short', () => {
    for (const sample of CLIENT_SAMPLES) {
      const bytes = client.encode(sample);
      for (let length = 0; length < bytes.length; length += 1) {
        expect(() => client.decode(bytes.subarray(0, length))).toThrow(WireError);
      }
    }
  });

  it('refuses a key that claims to be longer than any may be, before it is held', () => {
    const bytes = client.encode({ type: 'snapshot-next', id: 1 });
    // request, id 1, no timeout, operation, put, a key of 2^31 bytes.
    const hostile = new Uint8Array([2, 1, 0, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x08, 0x61]);
    expect(() => client.decode(hostile)).toThrow(/bytes, where \d+ may be/);
    expect(client.decode(bytes)).toEqual({ type: 'snapshot-next', id: 1 });
  });
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function bytesOf(line: string): Uint8Array {
  return new Uint8Array(Buffer.from(line.split(': ')[1] ?? '', 'hex'));
}

/** Typed arrays compare by their elements; bigints as text. */
function bytewise(value: unknown): unknown {
  const plain = (_key: string, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`;
    return part instanceof Uint8Array ? [...part] : part;
  };
  return JSON.parse(JSON.stringify(value, plain));
}

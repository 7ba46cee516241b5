/**
 * What was released is written and read as the golden file says: messages between members, entries,
 * snapshots, term and vote, in each version. A line that differs is a format that changed, which
 * needs a new version and new lines; a line that is here stays for ever.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  decodeEntry,
  decodeHardState,
  decodePeerMessage,
  decodeSnapshotMetadata,
  FORMAT_VERSIONS,
} from '../src/shell/peer-codec.ts';
import { releasedBytes, releasedMessages, releasedRecords } from './released.ts';

const golden = new Map(
  readFileSync(new URL('./released.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(': ') as [name: string, hex: string]),
);

function bytesOf(name: string): Uint8Array {
  const hex = golden.get(name);
  if (hex === undefined) throw new Error(`the golden file has no '${name}'`);
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

describe('the released formats of raft', () => {
  it('are written, every version of every one of them', () => {
    const written = [...releasedBytes()].map(([name, bytes]) => {
      return [name, Buffer.from(bytes).toString('hex')];
    });
    expect(written).toEqual([...golden]);
  });

  it.each([...releasedMessages()])('are read: %s', (name, message) => {
    expect(bytewise(decodePeerMessage(bytesOf(name)))).toEqual(bytewise(message));
  });

  it('are read: entries, snapshots, term and vote', () => {
    for (let version = FORMAT_VERSIONS.lowest; version <= FORMAT_VERSIONS.highest; version++) {
      const { entries, snapshot } = releasedRecords(version);
      for (const entry of entries) {
        const read = decodeEntry(bytesOf(`entry ${version} ${entry.type}`));
        expect(bytewise(read)).toEqual(bytewise(entry));
      }
      const read = decodeSnapshotMetadata(bytesOf(`snapshot ${version}`));
      expect(bytewise(read)).toEqual(bytewise(snapshot));
    }
    expect(decodeHardState(bytesOf('hard-state 1'))).toEqual({ term: 8, votedFor: 'n2' });
    const silent = decodeHardState(bytesOf('hard-state 1 without a vote'));
    expect(silent).toEqual({ term: 8, votedFor: undefined });
  });
});

/** Typed arrays of different memory compare by their elements. */
function bytewise(value: unknown): unknown {
  const asList = (_key: string, part: unknown) => (part instanceof Uint8Array ? [...part] : part);
  return JSON.parse(JSON.stringify(value, asList));
}

/**
 * Shows that messages to oneself have a bound, urgent ones first, and that none is kept once it was
 * handled, though the queue is never empty.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Envelope, type Incarnation, toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { Life } from './life.ts';
import { SelfLink } from './self-link.ts';
import { Turns } from './turns.ts';

function open(maxQueueBytes: number, deliver: (envelope: Envelope) => void): SelfLink {
  const incarnation = 3 as Incarnation;
  const turns = new Turns(new Life());
  return new SelfLink({ node: toNodeId('n1'), incarnation, maxQueueBytes, turns, deliver });
}

describe('the way of a node to itself', () => {
  it('takes as much as its bound per lane, empty messages too, and has room again', async () => {
    let count = 0;
    const link = open(1000, () => {
      count += 1;
    });
    for (const lane of ['urgent', 'bulk'] as const) {
      let taken = 0;
      while (link.send(new Uint8Array(0), lane)) taken += 1;
      expect(taken).toBe(31);
    }
    while (count < 62) await new Promise(setImmediate);
    expect(link.send(new Uint8Array(900), 'bulk')).toBe(true);
    expect(link.send(new Uint8Array(900), 'bulk')).toBe(false);
  });

  it('hands urgent ones over before bulk', async () => {
    const lanes: string[] = [];
    const link = open(100_000, ({ lane }) => lanes.push(lane));
    for (let index = 0; index < 5; index++) link.send(new Uint8Array(1), 'bulk');
    for (let index = 0; index < 5; index++) link.send(new Uint8Array(1), 'urgent');
    while (lanes.length < 10) await new Promise(setImmediate);
    expect(lanes).toEqual([...Array(5).fill('urgent'), ...Array(5).fill('bulk')]);
  });

  it('keeps nothing that was handled, though it is never empty', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const handled: WeakRef<Uint8Array>[] = [];
    let isOver = false;
    const link = open(1_000_000, ({ bytes }) => {
      handled.push(new WeakRef(bytes));
      // One goes, one comes: there are always two.
      if (!isOver) link.send(new Uint8Array(100), 'urgent');
    });
    link.send(new Uint8Array(100), 'urgent');
    link.send(new Uint8Array(100), 'urgent');
    while (handled.length < 2000) await new Promise(setImmediate);
    const seen = handled.slice(0, 1000);
    await new Promise(setImmediate);
    collect();
    const keptCount = seen.filter((each) => each.deref() !== undefined).length;
    isOver = true;
    expect(keptCount).toBeLessThan(100);
  });
});

/**
 * Shows how a life ends: once, with everything freed, whatever goes wrong on the way.
 */
import { BrokenInvariant } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import { Life } from './life.ts';

describe('a life', () => {
  it('ends once, and the first end counts', async () => {
    const life = new Life();
    const cause = new Error('broken');
    life.fail(cause);
    life.finish({ type: 'closed' });
    life.fail(new Error('later'));
    expect(await life.ended).toEqual({ type: 'failed', cause });
    expect(life.failure).toBe(cause);
  });

  it('fails with a cause even where none was told', async () => {
    const life = new Life();
    life.fail(undefined);
    expect(life.failure).toBeInstanceOf(BrokenInvariant);
  });

  it('frees all that it holds though one release throws and another one rejects', async () => {
    const life = new Life();
    const freed: string[] = [];
    const trouble = new Error('thrown by a release');
    life.atEnd(() => {
      throw trouble;
    });
    life.atEnd(() => Promise.reject(new Error('rejected by a release')));
    life.atEnd(() => void freed.push('first'));
    life.atEnd(async () => void freed.push('second'));
    life.atLast(async () => void freed.push('last'));
    life.finish({ type: 'crashed' });
    await life.ended;
    expect(freed).toEqual(['first', 'second', 'last']);
    expect(() => life.rethrow()).toThrow(trouble);
  });

  it('frees at once what comes after its end, and waits for what is under way', async () => {
    const life = new Life();
    const freed: string[] = [];
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    life.atEnd(() => held);
    life.atLast(async () => void freed.push('last'));
    life.finish({ type: 'closed' });
    life.atEnd(({ type }) => void freed.push(`late, ${type}`));
    expect(freed).toEqual(['late, closed']);
    goOn();
    await life.ended;
    expect(freed).toEqual(['late, closed', 'last']);
  });

  it('forgets a release that was taken back', async () => {
    const life = new Life();
    const freed: string[] = [];
    life.atEnd(() => void freed.push('never'))();
    life.finish({ type: 'closed' });
    await life.ended;
    expect(freed).toEqual([]);
  });

  it('H1: settles nothing and calls nothing after its end', async () => {
    const life = new Life();
    const seen: string[] = [];
    let settle = () => {};
    let refuse = () => {};
    const owed = [
      life.owe<void>((resolve) => {
        settle = () => resolve();
      }),
      life.owe<void>((_resolve, reject) => {
        refuse = () => reject(new Error('late'));
      }),
    ];
    for (const promise of owed) {
      promise.then(
        () => seen.push('resolved'),
        () => seen.push('rejected'),
      );
    }
    life.finish({ type: 'closed' });
    settle();
    refuse();
    life.call(() => seen.push('called'));
    void life.owe<void>(() => seen.push('begun'));
    await life.ended;
    expect(seen).toEqual([]);
  });

  it('H2: takes what a callback throws for a failure', () => {
    const life = new Life();
    const cause = new Error('thrown by a callback');
    life.call(() => {
      throw cause;
    });
    expect(life.failure).toBe(cause);
  });
});

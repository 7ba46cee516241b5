/**
 * Shows how turns share the loop: one callback at a time with its reactions, sources in order, and
 * the loop left to others in time.
 */
import { describe, expect, it } from 'vitest';
import { Life } from './life.ts';
import { type TurnSource, Turns } from './turns.ts';

describe('turns', () => {
  it('leave the loop to others within 5 ms, however long each one takes', async () => {
    // Each turn takes at least so long, more on a busy machine: so counting them bounds a slice
    // from below, and no pause of the machine can make the test fail.
    const busyMs = 0.4;
    const turns = new Turns(new Life());
    let left = 400;
    let turnCount = 0;
    turns.schedule({
      turn: () => {
        const end = performance.now() + busyMs;
        while (performance.now() < end);
        turnCount += 1;
        left -= 1;
        return left > 0;
      },
    });
    let turnCountMax = 0;
    while (left > 0) {
      turnCount = 0;
      await new Promise(setImmediate);
      turnCountMax = Math.max(turnCountMax, turnCount);
    }
    expect(turnCountMax).toBeGreaterThan(0);
    expect(turnCountMax * busyMs).toBeLessThan(5);
  });

  it('H3: run all reactions to one before the next', async () => {
    const turns = new Turns(new Life());
    const story: string[] = [];
    const react = async (name: string) => {
      for (let step = 0; step < 5; step++) await Promise.resolve();
      story.push(`reactions to ${name}`);
    };
    await new Promise<void>((resolve) => {
      for (const name of ['one', 'two', 'three']) {
        turns.run(() => {
          story.push(name);
          void react(name);
        });
      }
      turns.run(resolve);
    });
    const wanted = ['one', 'two', 'three'].flatMap((name) => [name, `reactions to ${name}`]);
    expect(story).toEqual(wanted);
  });

  it('H3: begin within a callback of the platform where all reactions have run', async () => {
    const turns = new Turns(new Life());
    const story: string[] = [];
    const source = (name: string): TurnSource => ({
      turn: () => {
        story.push(name);
        void (async () => {
          for (let step = 0; step < 5; step++) await Promise.resolve();
          story.push(`reactions to ${name}`);
        })();
        return false;
      },
    });
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        turns.begin(source('one'));
        story.push('one has begun');
        // No reaction to the first one has run: here, and in a tick of the same batch.
        turns.begin(source('two'));
        process.nextTick(() => turns.begin(source('three')));
        setImmediate(() => {
          turns.begin(source('four'));
          story.push('four has begun');
          setImmediate(resolve);
        });
      });
    });
    const of = (name: string) => [name, `reactions to ${name}`];
    const first = ['one', 'one has begun', 'reactions to one', ...of('two'), ...of('three')];
    expect(story).toEqual([...first, 'four', 'four has begun', 'reactions to four']);
  });

  it('H3: what reactions ask for comes behind all of them', async () => {
    const turns = new Turns(new Life());
    const story: string[] = [];
    await new Promise<void>((resolve) => {
      turns.begin({
        turn: () => {
          void (async () => {
            await Promise.resolve();
            turns.run(() => {
              story.push('asked for');
              resolve();
            });
            for (let step = 0; step < 5; step++) await Promise.resolve();
            story.push('reactions');
          })();
          return false;
        },
      });
    });
    expect(story).toEqual(['reactions', 'asked for']);
  });

  it('let other sources pass one that never has enough', async () => {
    const life = new Life();
    const turns = new Turns(life);
    let turnCount = 0;
    const source: TurnSource = {
      turn: () => {
        turnCount += 1;
        return true;
      },
    };
    turns.schedule(source);
    await new Promise<void>((resolve) => turns.run(resolve));
    expect(turnCount).toBeGreaterThan(0);
    life.finish({ type: 'closed' });
  });

  it('H1: end with their life', async () => {
    const life = new Life();
    const turns = new Turns(life);
    const called: string[] = [];
    turns.run(() => {
      called.push('first');
      life.finish({ type: 'crashed' });
    });
    turns.run(() => void called.push('second'));
    await new Promise(setImmediate);
    turns.run(() => void called.push('late'));
    await new Promise(setImmediate);
    expect(called).toEqual(['first']);
  });

  it('H2: take what a source throws for a failure of their life', async () => {
    const life = new Life();
    const cause = new Error('thrown by a source');
    new Turns(life).run(() => {
      throw cause;
    });
    expect(await life.ended).toEqual({ type: 'failed', cause });
  });
});

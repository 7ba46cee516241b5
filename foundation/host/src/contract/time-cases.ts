/**
 * The contract of clock, timers and randomness, case by case.
 */
import { InvalidArgument } from '../errors.ts';
import { MAX_DELAY_MS } from '../timers.ts';
import { expect, fateOf, N1, PATIENCE_MS, refusalOf, show, until, WATCH_MS } from './story.ts';
import type { ContractCase } from './world.ts';

/** The cases of `Clock`, `Timers` and `Random`. */
export const timeCases: readonly ContractCase[] = [
  {
    rules: ['C1'],
    title: 'the monotonic clock never goes back, and goes on while time passes',
    needs: [],
    async run(world) {
      const { clock } = await world.start(N1);
      const start = clock.now();
      let last = start;
      for (let step = 0; step < 20; step++) {
        await world.pass(2);
        const now = clock.now();
        expect(now >= last, `the clock went back from ${last} to ${now}`);
        last = now;
      }
      const passedMs = last - start;
      expect(passedMs >= 35, `40 ms passed, but the clock counted only ${passedMs}`);
    },
  },
  {
    rules: ['C1', 'T1', 'T2'],
    title: 'a pause is seen by the clock, and timers that it made late fire in order',
    needs: ['pause'],
    async run(world) {
      const { clock, timers } = await world.start(N1);
      const fired: { readonly name: string; readonly at: number }[] = [];
      for (const [name, delayMs] of [
        ['second', 40],
        ['first', 20],
        ['third', 60],
      ] as const) {
        timers.after(delayMs, () => fired.push({ name, at: clock.now() }));
      }
      const before = clock.now();
      world.inject({ type: 'pause', node: N1, durationMs: 300 });
      await until(world, 'all timers fired', () => fired.length === 3);
      const names = fired.map(({ name }) => name).join();
      expect(names === 'first,second,third', `they fired as ${names}`);
      const leastMs = 300 * (1 - clock.maxDriftPpm / 1e6) - 1;
      const passedMs = (fired[0]?.at ?? 0) - before;
      expect(passedMs >= leastMs, `the clock counted ${passedMs} of 300 ms of a pause`);
    },
  },
  {
    rules: ['C2'],
    title: 'the clock states a bound of its drift and keeps it',
    needs: [],
    async run(world) {
      const { clock } = await world.start(N1);
      const bound = clock.maxDriftPpm;
      expect(bound >= 0 && bound < 1_000_000, `maxDriftPpm is ${bound}`);
      const start = clock.now();
      await world.pass(100);
      const passedMs = clock.now() - start;
      const leastMs = 100 * (1 - bound / 1e6) - 1;
      expect(passedMs >= leastMs, `100 ms passed, but the clock counted ${passedMs}`);
    },
  },
  {
    rules: ['C3'],
    title: 'the wall clock gives milliseconds since 1970',
    needs: [],
    async run(world) {
      const { clock } = await world.start(N1);
      const wall = clock.wall();
      expect(Number.isFinite(wall) && wall > 0, `the wall clock shows ${wall}`);
    },
  },
  {
    rules: ['C3', 'C1'],
    title: 'a jump of the wall clock moves neither the monotonic one nor timers',
    needs: ['wall-jump'],
    async run(world) {
      const { clock, timers } = await world.start(N1);
      for (const byMs of [-3_600_000, 7_200_000]) {
        let hasFired = false;
        timers.after(20, () => {
          hasFired = true;
        });
        const [wall, now] = [clock.wall(), clock.now()];
        world.inject({ type: 'wall-jump', node: N1, byMs });
        await until(world, 'the timer fired', () => hasFired);
        const jumpedMs = clock.wall() - wall - byMs;
        const passedMs = clock.now() - now;
        const isNear = jumpedMs >= 0 && jumpedMs <= PATIENCE_MS;
        expect(isNear, `a jump of ${byMs} ms is off by ${jumpedMs} ms`);
        const isSteady = passedMs >= 20 && passedMs <= PATIENCE_MS;
        expect(isSteady, `with a jump of ${byMs} ms the monotonic clock counted ${passedMs} ms`);
      }
    },
  },
  {
    rules: ['T1'],
    title: 'a timer does not fire early, nor within the call that sets it',
    needs: [],
    async run(world) {
      const { clock, timers } = await world.start(N1);
      const early: string[] = [];
      let firedCount = 0;
      const delaysMs = [0, 0.25, 1, 1.5, 2.999, 7, 20, 33.3];
      for (const delayMs of delaysMs) {
        const due = clock.now() + delayMs;
        let hasReturned = false;
        timers.after(delayMs, () => {
          firedCount += 1;
          const now = clock.now();
          if (now < due) early.push(`due at ${due}, fired at ${now}`);
          if (!hasReturned) early.push(`the timer of ${delayMs} ms fired within the call`);
        });
        hasReturned = true;
      }
      await until(world, 'all timers fired', () => firedCount === delaysMs.length);
      expect(early.length === 0, early.join('; '));
    },
  },
  {
    rules: ['T2'],
    title: 'timers fire in the order of their due times, equal ones as they were made',
    needs: [],
    async run(world) {
      const { clock, timers } = await world.start(N1);
      const fired: { readonly index: number; readonly dueFrom: number; dueTo: number }[] = [];
      const delaysMs = [9, 3, 3, 0, 12, 3, 6, 0, 9, 1, 0, 6.5, 6.25, 3];
      delaysMs.forEach((delayMs, index) => {
        const mark = { index, dueFrom: clock.now() + delayMs, dueTo: 0 };
        timers.after(delayMs, () => fired.push(mark));
        mark.dueTo = clock.now() + delayMs;
      });
      await until(world, 'all timers fired', () => fired.length === delaysMs.length);
      for (let place = 1; place < fired.length; place++) {
        const [before, after] = [fired[place - 1], fired[place]];
        if (before === undefined || after === undefined) continue;
        const areSame = delaysMs[before.index] === delaysMs[after.index];
        const isRight = areSame ? before.index < after.index : before.dueFrom <= after.dueTo;
        expect(isRight, `timer ${after.index} fired after timer ${before.index}`);
      }
    },
  },
  {
    rules: ['T3'],
    title: 'a cancelled timer does not fire, and cancelling again does nothing',
    needs: [],
    async run(world) {
      const { timers } = await world.start(N1);
      const fired: string[] = [];
      const cancelled = timers.after(2, () => fired.push('cancelled'));
      const far = timers.after(MAX_DELAY_MS, () => fired.push('far'));
      const first = timers.after(4, () => {
        fired.push('first');
        second.cancel();
      });
      const second = timers.after(4, () => fired.push('second'));
      cancelled.cancel();
      cancelled.cancel();
      far.cancel();
      await until(world, 'the first timer fired', () => fired.length > 0);
      first.cancel();
      await world.pass(20);
      expect(fired.join() === 'first', `these timers fired: ${fired.join()}`);
    },
  },
  {
    rules: ['T4', 'H1'],
    title: 'after a crash no timer fires and no sleep settles',
    needs: [],
    async run(world) {
      const { timers } = await world.start(N1);
      const woken: string[] = [];
      timers.after(5, () => woken.push('timer'));
      const abort = new AbortController();
      timers.sleep(5, abort.signal).then(
        () => woken.push('sleep'),
        () => woken.push('sleep, by rejection'),
      );
      await world.crash(N1);
      await world.pass(WATCH_MS);
      abort.abort(new Error('too late'));
      await world.pass(20);
      expect(woken.length === 0, `after the crash these woke up: ${woken.join()}`);
    },
  },
  {
    rules: ['T1'],
    title: 'a sleep resolves, and rejects with the reason when it is aborted',
    needs: [],
    async run(world) {
      const { clock, timers } = await world.start(N1);
      const start = clock.now();
      const slept = await fateOf(world, timers.sleep(8));
      expect(slept.type === 'resolved', `the sleep is ${slept.type}`);
      expect(clock.now() - start >= 8, `slept ${clock.now() - start} ms instead of 8`);
      const reason = new Error('enough');
      const abort = new AbortController();
      const long = timers.sleep(MAX_DELAY_MS, abort.signal);
      abort.abort(reason);
      const error = await refusalOf(world, () => long, 'an aborted sleep');
      expect(error === reason, `rejected with ${show(error)}`);
      const late = () => timers.sleep(1, abort.signal);
      const again = await refusalOf(world, late, 'a sleep with an aborted signal');
      expect(again === reason, `rejected with ${show(again)}`);
      const used = new AbortController();
      await timers.sleep(1, used.signal);
      used.abort(reason);
      expect(world.failureOf(N1) === undefined, 'aborting after the sleep broke the node');
    },
  },
  {
    rules: ['T1'],
    title: 'delays out of bounds are refused at once',
    needs: [],
    async run(world) {
      const { timers } = await world.start(N1);
      for (const delayMs of [-1, Number.NaN, MAX_DELAY_MS + 1, Number.POSITIVE_INFINITY]) {
        let refusal: unknown;
        try {
          timers.after(delayMs, () => {});
        } catch (error) {
          refusal = error;
        }
        expect(refusal instanceof InvalidArgument, `a delay of ${delayMs}: ${show(refusal)}`);
        const sleep = () => timers.sleep(delayMs);
        const error = await refusalOf(world, sleep, `a sleep of ${delayMs}`);
        expect(error instanceof InvalidArgument, `a sleep of ${delayMs}: ${show(error)}`);
      }
    },
  },
  {
    rules: ['H3'],
    title: 'between two timers that are due at once all promise reactions run',
    needs: [],
    async run(world) {
      const { timers } = await world.start(N1);
      const story: string[] = [];
      const react = async () => {
        for (let step = 0; step < 10; step++) await Promise.resolve();
        story.push('reactions of the first');
      };
      let running: Promise<void> | undefined;
      timers.after(2, () => {
        running = react();
      });
      timers.after(2, () => story.push('second'));
      await until(world, 'both fired', () => story.length === 2);
      await running;
      expect(story.join() === 'reactions of the first,second', story.join());
    },
  },
  {
    rules: ['H1'],
    title: 'a named random stream gives the same draws whenever it is asked for',
    needs: [],
    async run(world) {
      const { random } = await world.start(N1);
      const draw = (name: string) => {
        const stream = random.stream(name);
        return Array.from({ length: 8 }, () => stream.uint32()).join();
      };
      const first = draw('elections');
      random.uint32();
      expect(draw('elections') === first, 'a second look at a stream gave other draws');
      expect(draw('links') !== first, 'two names gave the same draws');
    },
  },
];

/**
 * Shows how instruments count, what a registry refuses, and that its size has a bound.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidArgument } from './errors.ts';
import { MAX_INSTRUMENTS, MetricRegistry } from './metrics.ts';

const OPTIONS = { help: 'A test.', unit: '1' } as const;

describe('a metric registry', () => {
  it('gives the same instrument for the same name and labels, in any order of these', () => {
    const registry = new MetricRegistry();
    const first = registry.counter('hits', { ...OPTIONS, labels: { a: '1', b: '2' } });
    expect(registry.counter('hits', { ...OPTIONS, labels: { b: '2', a: '1' } })).toBe(first);
    expect(registry.counter('hits', { ...OPTIONS, labels: { a: '2', b: '1' } })).not.toBe(first);
    expect(registry.counter('hits', OPTIONS)).not.toBe(first);
    expect(registry.snapshot()).toHaveLength(3);
  });

  it('keeps apart what other labels would run together', () => {
    const registry = new MetricRegistry();
    const one = registry.counter('hits', { ...OPTIONS, labels: { a: '1","b":"2' } });
    const two = registry.counter('hits', { ...OPTIONS, labels: { a: '1', b: '2' } });
    expect(one).not.toBe(two);
  });

  it('gives one name one type, whatever the labels', () => {
    const registry = new MetricRegistry();
    registry.counter('hits', OPTIONS);
    expect(() => registry.gauge('hits', OPTIONS)).toThrow(InvalidArgument);
    const labelled = { ...OPTIONS, labels: { a: '1' } };
    expect(() => registry.histogram('hits', labelled)).toThrow(/must be a counter/);
  });

  it.each(['', 'Hits', '1hits', 'hits-of', 'hits of', 'x'.repeat(101)])(
    'refuses the name %j, for an instrument and for a label',
    (name) => {
      const registry = new MetricRegistry();
      expect(() => registry.counter(name, OPTIONS)).toThrow(InvalidArgument);
      const labels = { [name]: 'value' };
      expect(() => registry.counter('hits', { ...OPTIONS, labels })).toThrow(InvalidArgument);
      expect(registry.snapshot()).toEqual([]);
    },
  );

  it('has a bound, at which it refuses new instruments and gives the old ones', () => {
    const registry = new MetricRegistry();
    const labelled = (index: number) => ({ ...OPTIONS, labels: { index: `${index}` } });
    for (let index = 0; index < MAX_INSTRUMENTS; index++) registry.counter('hits', labelled(index));
    expect(() => registry.counter('hits', labelled(MAX_INSTRUMENTS))).toThrow(/at most 10000/);
    registry.counter('hits', labelled(7)).add(3);
    expect(registry.snapshot()[7]?.value).toBe(3);
    const long = { ...OPTIONS, labels: { text: 'x'.repeat(201) } };
    expect(() => new MetricRegistry().counter('hits', long)).toThrow(InvalidArgument);
  });
});

describe('instruments', () => {
  it('count up only', () => {
    const registry = new MetricRegistry();
    const counter = registry.counter('hits', OPTIONS);
    counter.add();
    counter.add(0);
    counter.add(2.5);
    for (const amount of [-1, Number.NaN])
      expect(() => counter.add(amount)).toThrow(InvalidArgument);
    expect(registry.snapshot()).toMatchObject([{ type: 'counter', value: 3.5, help: 'A test.' }]);
  });

  it('show what a gauge was set to last', () => {
    const registry = new MetricRegistry();
    const gauge = registry.gauge('depth', { ...OPTIONS, unit: 'bytes' });
    gauge.set(7);
    gauge.set(-2);
    expect(registry.snapshot()).toMatchObject([{ type: 'gauge', value: -2, unit: 'bytes' }]);
  });

  it('sort values into buckets as a naive count does', () => {
    const value = fc.oneof(
      fc.double({ min: -10, max: 1e15, noNaN: true }),
      fc.integer({ min: -20, max: 50 }).map((power) => 2 ** power),
    );
    fc.assert(
      fc.property(fc.array(value, { maxLength: 30 }), (values) => {
        const registry = new MetricRegistry();
        const histogram = registry.histogram('latency', { ...OPTIONS, unit: 'ms' });
        for (const each of values) histogram.record(each);
        const [reading] = registry.snapshot();
        expect(reading?.value).toBe(values.length);
        expect(reading?.buckets).toHaveLength(64);
        expect(reading?.buckets?.[63]?.[0]).toBe(2 ** 43);
        for (const [upTo, count] of reading?.buckets ?? []) {
          expect(count, `at most ${upTo}`).toBe(values.filter((each) => each <= upTo).length);
        }
      }),
    );
  });

  it('refuse what is no number in a histogram, and take what is infinite', () => {
    const registry = new MetricRegistry();
    const histogram = registry.histogram('latency', OPTIONS);
    expect(() => histogram.record(Number.NaN)).toThrow(InvalidArgument);
    histogram.record(Number.POSITIVE_INFINITY);
    const [reading] = registry.snapshot();
    expect(reading?.value).toBe(1);
    expect(reading?.buckets?.at(-1)?.[1]).toBe(0);
  });
});

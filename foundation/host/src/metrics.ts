/**
 * Counters, gauges and histograms, made once and then counted on hot paths without allocation.
 *
 * The registry stands beside its interface: it is pure, and a counter counts alike in every world.
 * Exporting (Prometheus, OpenTelemetry) is for the edges, which read `snapshot`.
 */
import { InvalidArgument } from './errors.ts';

/** What an instrument is called and means. */
export interface InstrumentOptions {
  /** One sentence for people. */
  readonly help: string;
  /** The unit, as in `ms`, `bytes`; `1` for plain counts. */
  readonly unit: string;
  /** Fixed labels; instruments with one name and other labels are kept apart. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A count that only grows: a negative amount, or none at all, throws `InvalidArgument`. */
export interface Counter {
  add(amount?: number): void;
}

/** A value that goes up and down. */
export interface Gauge {
  set(value: number): void;
}

/** A distribution. What is no number throws `InvalidArgument`. */
export interface Histogram {
  record(value: number): void;
}

/**
 * Where a node makes its instruments. Asking again for the same name and labels gives the same one.
 */
export interface Metrics {
  counter(name: string, options: InstrumentOptions): Counter;
  gauge(name: string, options: InstrumentOptions): Gauge;
  histogram(name: string, options: InstrumentOptions): Histogram;
}

/** An instrument as it stood at the moment of a snapshot. */
export interface Reading {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly unit: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The count, the value, or the number of recorded values. */
  readonly value: number;
  /**
   * Of a histogram: the sum, and how many values were at most each power of two, from 2^-20 to
   * 2^43. Greater ones are in `value` only.
   */
  readonly sum?: number;
  readonly buckets?: readonly (readonly [upTo: number, count: number])[];
}

/** The most instruments of one node; beyond it `InvalidArgument` (labels must have few values). */
export const MAX_INSTRUMENTS = 10_000;

const NAME = /^[a-z][a-z0-9_]{0,99}$/;
const LABEL_VALUE_LENGTH_MAX = 200;
const BUCKET_COUNT = 64;

/** Instruments in memory. */
export class MetricRegistry implements Metrics {
  private readonly instruments = new Map<string, Instrument>();
  private readonly types = new Map<string, Reading['type']>();

  counter(name: string, options: InstrumentOptions): Counter {
    return this.instrument(name, 'counter', options);
  }

  gauge(name: string, options: InstrumentOptions): Gauge {
    return this.instrument(name, 'gauge', options);
  }

  histogram(name: string, options: InstrumentOptions): Histogram {
    return this.instrument(name, 'histogram', options);
  }

  /** Every instrument's value now, in order of creation. */
  snapshot(): Reading[] {
    return [...this.instruments.values()].map((instrument) => instrument.reading());
  }

  private instrument(name: string, type: Reading['type'], options: InstrumentOptions): Instrument {
    const labels = Object.entries(options.labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    const key = JSON.stringify([name, labels]);
    const known = this.instruments.get(key);
    if (known?.type === type) return known;
    const before = this.types.get(name);
    // One name is one family, whatever its labels: those who read it expect one type of it.
    if (before !== undefined && before !== type) {
      throw new InvalidArgument(name, type, `a ${before}, as before`);
    }
    if (!NAME.test(name)) throw new InvalidArgument('name', name, 'of a-z, 0-9 and _');
    for (const [label, value] of labels) checkLabel(label, value);
    if (this.instruments.size >= MAX_INSTRUMENTS) {
      throw new InvalidArgument('instruments', name, `at most ${MAX_INSTRUMENTS} in number`);
    }
    const made = new Instrument(name, type, options);
    this.instruments.set(key, made);
    this.types.set(name, type);
    return made;
  }
}

function checkLabel(label: string, value: string): void {
  if (!NAME.test(label)) throw new InvalidArgument('label', label, 'of a-z, 0-9 and _');
  if (value.length > LABEL_VALUE_LENGTH_MAX) {
    const bound = `at most ${LABEL_VALUE_LENGTH_MAX} characters long`;
    throw new InvalidArgument(`label ${label}`, value, bound);
  }
}

/** One instrument of any type: three numbers and, for a histogram, 64 buckets by powers of two. */
class Instrument implements Counter, Gauge, Histogram {
  readonly name: string;
  readonly type: Reading['type'];
  private readonly options: InstrumentOptions;
  private readonly counts: Float64Array | undefined;
  private value = 0;
  private sum = 0;

  constructor(name: string, type: Reading['type'], options: InstrumentOptions) {
    this.name = name;
    this.type = type;
    this.options = options;
    if (type === 'histogram') this.counts = new Float64Array(BUCKET_COUNT);
  }

  add(amount = 1): void {
    if (!(amount >= 0)) throw new InvalidArgument(this.name, amount, 'an amount of 0 or more');
    this.value += amount;
  }

  set(value: number): void {
    this.value = value;
  }

  record(value: number): void {
    if (Number.isNaN(value)) throw new InvalidArgument(this.name, value, 'a number');
    this.value += 1;
    this.sum += value;
    let bucket = 0;
    for (let upTo = 2 ** -20; upTo < value && bucket < BUCKET_COUNT; upTo *= 2) bucket += 1;
    if (this.counts !== undefined && bucket < BUCKET_COUNT) {
      this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    }
  }

  reading(): Reading {
    const { help, unit, labels = {} } = this.options;
    const base = { name: this.name, type: this.type, help, unit, labels, value: this.value };
    if (this.counts === undefined) return base;
    let total = 0;
    const buckets = [...this.counts].map((count, bucket): [number, number] => {
      total += count;
      return [2 ** (bucket - 20), total];
    });
    return { ...base, sum: this.sum, buckets };
  }
}

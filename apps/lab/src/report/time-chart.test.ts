/**
 * Shows what the chart of a whole run says of its lines: over how many operations they go, and that
 * the slowest of a few is not called a percentile. And that faults lie behind the latency as
 * shades, and the violation over it as a red line, at their times.
 */
import { describe, expect, it } from 'vitest';
import type { Band } from './fault-band.ts';
import type { Timing } from './latency.ts';
import { styleSheet } from './style.ts';
import { chartBins, renderTimeChart } from './time-chart.ts';

const END_MS = 6000;

/** Operations at equal distances; every tenth takes long, each another time. */
function timings(count: number): readonly Timing[] {
  return Array.from({ length: count }, (_, index) => {
    const startMs = (index / count) * END_MS;
    const tookMs = index % 10 === 0 ? 100 + (index % 97) : 5 + (index % 7);
    return { startMs, endMs: startMs + tookMs, outcome: 'ok' };
  });
}

const chartOf = (count: number, width = 1216) =>
  renderTimeChart({ timings: timings(count), bands: [], endMs: END_MS }, width).text;

/** The texts of a chart with where they begin and end, as wide as their letters are at most. */
function textsOf(chart: string) {
  const texts = chart.matchAll(
    /<text class="ax" x="([\d.]+)" y="([\d.]+)"(?:\s+text-anchor="(\w+)")?>([^<]*)/g,
  );
  return [...texts].map(([, x, y, anchor = 'start', text = '']) => {
    const long = text.length * 6.1;
    const left = Number(x) - (anchor === 'end' ? long : anchor === 'middle' ? long / 2 : 0);
    return { text, y: Number(y), left, right: left + long };
  });
}

/** How many points a line has, and how high each is. */
function heightsOf(chart: string, name: string): readonly string[] {
  const path = new RegExp(`class="${name}" d="(M[^"]*)"`).exec(chart)?.[1] ?? '';
  return path
    .split(/[ML]/)
    .slice(1)
    .map((point) => point.split(' ')[1] ?? '');
}

describe('the stretches of the chart', () => {
  it('are ten to sixty, of a dozen operations where they are few', () => {
    expect(chartBins(timings(40), END_MS)).toHaveLength(10);
    expect(chartBins(timings(433), END_MS)).toHaveLength(36);
    expect(chartBins(timings(10_000), END_MS)).toHaveLength(60);
    for (const { begunCount } of chartBins(timings(432), END_MS)) expect(begunCount).toBe(12);
  });
});

describe('the lines of the chart', () => {
  it('are the median and the slowest where a stretch has fewer than a hundred', () => {
    for (const count of [432, 5900]) {
      const words = textsOf(chartOf(count)).map(({ text }) => text);
      expect(words).toContain('slowest');
      expect(words).not.toContain('p99');
      expect(words).not.toContain('greatest');
    }
    expect(textsOf(chartOf(432)).map(({ text }) => text)).toContain('n \u2248 12 per 167\u00a0ms');
    const highest = heightsOf(chartOf(432), 'p99').map(Number);
    expect(highest).toHaveLength(36);
    // The slowest of each stretch took 100 ms and more: far above the median.
    expect(Math.max(...highest)).toBeLessThan(
      Math.min(...heightsOf(chartOf(432), 'p50').map(Number)),
    );
  });

  it('are percentiles where there are enough, and the greatest beside them', () => {
    const chart = chartOf(12_000);
    const words = textsOf(chart).map(({ text }) => text);
    expect(words).toEqual(
      expect.arrayContaining(['p50', 'p99', 'greatest', 'n \u2248 200 per 100\u00a0ms']),
    );
    expect(words).not.toContain('slowest');
    expect(heightsOf(chart, 'pmax')).not.toEqual(heightsOf(chart, 'p99'));
  });

  it('have names that lie on nothing, on a phone too', () => {
    for (const [count, width] of [
      ...[
        [432, 358],
        [12_000, 358],
        [12_000, 1216],
      ],
    ] as const) {
      const texts = textsOf(chartOf(count, width));
      for (const [index, a] of texts.entries()) {
        expect(a.right, a.text).toBeLessThanOrEqual(width + 4);
        for (const b of texts.slice(index + 1)) {
          const isApart = a.right <= b.left + 0.2 || b.right <= a.left + 0.2;
          expect(Math.abs(a.y - b.y) >= 9 || isApart, `${a.text} | ${b.text}`).toBe(true);
        }
      }
    }
  });

  it('are not drawn over a few operations, each of which is a dot', () => {
    const chart = chartOf(200);
    expect(chart).not.toContain('class="p50"');
    expect(textsOf(chart).some(({ text }) => text.startsWith('n '))).toBe(false);
  });
});

describe('faults and the violation', () => {
  const band = (number: number, fromMs: number, untilMs: number, hasStruck = true): Band => {
    const label = `n${number} crashes`;
    return { number, type: 'crash', fromMs, untilMs, nodes: [], label, isDrawn: true, hasStruck };
  };
  const bands = [band(1, 1000, 2000), band(2, 1500, 3000), band(3, 4500, 5000)];
  const never = band(4, END_MS, END_MS, false);
  const all = { timings: timings(400), endMs: END_MS, wrongMs: 4800 };
  const chart = renderTimeChart({ ...all, bands: [...bands, never] }, 668).text;

  /** The attributes of each element of a class, as numbers. */
  const drawn = (name: string) =>
    [...chart.matchAll(new RegExp(`<\\w+ class="${name}"([^>]*)>`, 'g'))].map(([, text = '']) => {
      const pairs = [...text.matchAll(/(\w+)="([\d.]+)"/g)];
      return Object.fromEntries(pairs.map(([, key, value]) => [key, Number(value)]));
    });
  /** The time of a place: the plot goes from 60 to 660. */
  const timeAt = (x = Number.NaN) => (x - 60) * (END_MS / 600);
  /** From where to where the latency is plotted. */
  const [top, bottom] = [28, 178];

  it('shade the latency from when until when one lasts, each time once', () => {
    const shades = drawn('shade').map(({ x = 0, width = 0, y, height = 0 }) => {
      expect(y).toBeLessThanOrEqual(top);
      expect((y ?? 0) + height).toBeGreaterThan(bottom);
      return [timeAt(x), timeAt(x + width)].map(Math.round);
    });
    expect(shades).toEqual([
      [1000, 3000],
      [4500, 5000],
    ]);
    // Behind it: what is drawn later covers what was drawn before.
    expect(chart.lastIndexOf('class="shade"')).toBeLessThan(chart.indexOf('class="pt"'));
  });

  it('stand below by number, those that struck', () => {
    const bars = drawn('gantt').map(({ x = 0, width = 0 }) => [timeAt(x), timeAt(x + width)]);
    expect(bars.map((times) => times.map(Math.round))).toEqual([
      [1000, 2000],
      [1500, 3000],
      [4500, 5000],
    ]);
    expect(textsOf(chart).flatMap(({ text }) => /^F\d$/.exec(text) ?? [])).toEqual([
      ...['F1', 'F2', 'F3'],
    ]);
  });

  it('have one line over the latency, red, with its time', () => {
    const lines = drawn('when');
    expect(lines).toHaveLength(1);
    const [{ x1, x2, y1, y2 } = {}] = lines;
    expect([timeAt(x1), timeAt(x2)].map(Math.round)).toEqual([4800, 4800]);
    expect(y1).toBeLessThanOrEqual(top);
    expect(y2).toBeGreaterThan(bottom);
    expect(chart.indexOf('class="when"')).toBeGreaterThan(chart.indexOf('class="pt"'));
    expect(chart).toMatch(/class="when-text"[^>]*>\u2715 4\u202f800\u00a0ms</);
    expect(styleSheet()).toMatch(/^\.when\{stroke:var\(--bad\)/m);
    const { wrongMs: _wrongMs, ...held } = all;
    expect(renderTimeChart({ ...held, bands }, 668).text).not.toContain('class="when');
  });
});

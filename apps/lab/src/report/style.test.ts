/**
 * Shows that people who see no red or no green tell the colours of a report apart: what is red, and
 * each of the five terms, as such eyes see them. Kinds of faults have no colour to be mistaken.
 */
import { describe, expect, it } from 'vitest';
import { DIAGRAM_STYLE } from './diagram-style.ts';
import { styleSheet } from './style.ts';

type Triple = readonly [number, number, number];
type Matrix = readonly [Triple, Triple, Triple];

/** In linear light. Source: Machado, Oliveira and Fernandes 2009, severity 1. */
const EYES: Readonly<Record<string, Matrix>> = {
  'no red (protanopia)': [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  'no green (deuteranopia)': [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
};

/** From linear light to XYZ, with the white of sRGB (D65) as 1. */
const TO_XYZ: Matrix = [
  [0.433953, 0.376219, 0.189828],
  [0.212673, 0.715152, 0.072175],
  [0.017757, 0.109477, 0.872766],
];

/** Three times the difference that is just seen, 2.3 (Mahy, Van Eycken and Oosterlinck 1994). */
const APART = 6.9;

function times(matrix: Matrix, [a, b, c]: Triple): Triple {
  const row = ([x, y, z]: Triple) => Math.min(1, Math.max(0, x * a + y * b + z * c));
  return [row(matrix[0]), row(matrix[1]), row(matrix[2])];
}

/** What is seen of `#rrggbb`, in CIE L*a*b*. */
function seenAs(eyes: Matrix, hex: string): Triple {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const linear = [channel(1), channel(3), channel(5)] as const;
  const [x, y, z] = times(TO_XYZ, times(eyes, linear)).map((value) =>
    value > 216 / 24_389 ? Math.cbrt(value) : (24_389 / 27 / 116) * value + 16 / 116,
  ) as unknown as Triple;
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** The colours that mean something, of a theme: that of the first `--c0` in the sheet, or next. */
function coloursOf(theme: number): readonly (readonly [string, string])[] {
  return ['bad', 'c0', 'c1', 'c2', 'c3', 'c4'].map((name) => {
    const found = [...styleSheet().matchAll(new RegExp(`--${name}:(#[0-9a-f]{6})`, 'g'))];
    return [name, found[theme]?.[1] ?? expect.fail(`no colour ${name}`)];
  });
}

describe.each(Object.entries(EYES))('eyes that see %s', (_name, eyes) => {
  it.each([
    ['light', 0],
    ['dark', 1],
  ])('tell red and each term apart, where it is %s', (_theme, place) => {
    const seen = coloursOf(place).map(([name, hex]) => [name, seenAs(eyes, hex)] as const);
    for (const [index, [name, colour]] of seen.entries()) {
      for (const [other, next] of seen.slice(index + 1)) {
        const apart = Math.hypot(...colour.map((value, axis) => value - (next[axis] ?? 0)));
        expect(apart, `${name} and ${other}`).toBeGreaterThan(APART);
      }
    }
  });
});

it('kinds of faults are told apart by what is drawn, and are grey', () => {
  const rules = ['down', 'paused', 'cut', 'fault'].map(
    (kind) => new RegExp(`^\\.${kind}\\{(.*)\\}$`, 'm').exec(DIAGRAM_STYLE)?.[1] ?? '',
  );
  expect(new Set(rules).size).toBe(4);
  for (const rule of [...rules, /^\.shade\{(.*)\}$/m.exec(DIAGRAM_STYLE)?.[1]]) {
    expect(rule).toMatch(/^(?:fill|stroke):/);
    expect(rule).not.toMatch(/--(?:bad|t|c\d)\b|#[0-9a-f]{3}/);
  }
});

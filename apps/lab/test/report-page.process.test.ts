/**
 * Shows that a page works in a real browser: it is silent, asks for nothing, follows keys, pointer
 * and address, fits a phone and a desktop without anything on top of anything else, stands without
 * its script and on paper, and runs nothing that a hostile trace put into it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, skipUnless } from '@mangrove/test-kit/node';
import {
  type Browser,
  type BrowserContextOptions,
  chromium as engine,
  type Page,
} from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { renderReport } from '../src/report/render-report.ts';
import type { ExperimentReport } from '../src/run-report.ts';
import { figureEightReport } from './figure-eight.ts';
import { fullReport } from './full-report.ts';
import { hostileReport } from './hostile-report.ts';
import { localReport } from './local-report.ts';
import { bigReport, busyCleanReport, cleanReport } from './page-reports.ts';

/** A page, and all that it said, asked for and threw. */
interface Watched {
  readonly page: Page;
  readonly said: readonly string[];
  readonly asked: readonly string[];
}

const DESKTOP = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

let folder = '';
let browser: Browser | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mangrove-report-'));
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

/** Opens `report` as a file, in a window of its own. */
async function open(
  context: TestContext,
  report: ExperimentReport,
  options: BrowserContextOptions,
  hash = '',
): Promise<Watched> {
  const executablePath = skipUnless(context, chromium);
  browser ??= await engine.launch({ executablePath, args: ['--no-sandbox'] });
  const window = await browser.newContext(options);
  context.onTestFinished(() => window.close());
  const page = await window.newPage();
  const [said, asked]: [string[], string[]] = [[], []];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  page.on('dialog', (dialog) => {
    said.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const file = join(folder, `${context.task.id}.html`);
  writeFileSync(file, renderReport(report));
  const address = pathToFileURL(file).href;
  page.on('request', (request) => {
    if (!request.url().startsWith(address)) asked.push(request.url());
  });
  await page.goto(`${address}${hash}`);
  return { page, said, asked };
}

/** Where the diagram stands in the window, once it is in sight. */
async function diagramIn(page: Page) {
  await page.evaluate("document.querySelector('.stage').scrollIntoView()");
  const box = await page.locator('svg.st').boundingBox();
  return box ?? expect.fail('the page has no diagram');
}

const now = (page: Page) => page.locator('#now').innerText();

describe('a page in a browser', () => {
  it('is silent and asks for nothing where nothing failed', async (context) => {
    const { page, said, asked } = await open(context, cleanReport(), DESKTOP);
    await page.keyboard.press('ArrowLeft');
    await page.mouse.move(640, 500);
    expect([said, asked]).toEqual([[], []]);
    expect(await page.evaluate('document.documentElement.className')).toBe('js');
  });

  it('of real processes has a cursor that moves, and no switch for messages', async (context) => {
    const { page, said } = await open(context, localReport(), DESKTOP);
    const first = await now(page);
    await page.keyboard.press('ArrowLeft');
    expect(await now(page)).not.toBe(first);
    expect(await page.locator('[data-set]').filter({ visible: true }).count()).toBe(0);
    expect(await page.locator('.count').isVisible()).toBe(false);
    expect(said).toEqual([]);
  });

  it('runs nothing of a hostile trace, drawn anew or hovered over', async (context) => {
    const { page, said, asked } = await open(context, hostileReport(), DESKTOP);
    for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowRight', '+', '-', '0', 'Shift+ArrowLeft']) {
      await page.keyboard.press(key);
    }
    const box = await diagramIn(page);
    for (let x = 40; x < box.width; x += 24) await page.mouse.move(box.x + x, box.y + 120);
    const foreign = 'document.querySelectorAll("img,[onerror],[onload],script:not([id])").length';
    expect(await page.evaluate(foreign)).toBe(1);
    expect([said, asked]).toEqual([[], []]);
  });
});

describe('the command', () => {
  it('is copied by its button, or selected where the browser forbids that', async (context) => {
    const { page } = await open(context, figureEightReport(), DESKTOP);
    const button = page.locator('[data-copy]');
    await button.click();
    await expect.poll(() => button.innerText()).toMatch(/^(?:Copied|Selected)$/);
    const isSelected = (await button.innerText()) === 'Selected';
    const text = isSelected ? 'getSelection().toString()' : 'navigator.clipboard.readText()';
    if (!isSelected) await page.context().grantPermissions(['clipboard-read']);
    expect(await page.evaluate(text)).toBe(figureEightReport().command);
  });
});

describe('the time cursor', () => {
  it('stands at the decisive step first, with the state of every node', async (context) => {
    const { page } = await open(context, figureEightReport(), DESKTOP);
    expect(await now(page)).toContain('1\u202f440\u00a0ms');
    const rows = await page.locator('.row.node').allInnerTexts();
    expect(rows).toHaveLength(5);
    expect(rows[4]).toMatch(/n5\s+Leader\s+term 5/);
    expect(await page.locator('.row.client').nth(1).innerText()).toContain('contradiction');
  });

  it('moves by event with the arrows, and by step with Shift', async (context) => {
    const { page } = await open(context, figureEightReport(), DESKTOP, '#step-5');
    expect(await now(page)).toContain('957\u00a0ms');
    await page.keyboard.press('ArrowRight');
    expect(await now(page)).toContain('962\u00a0ms');
    await page.keyboard.press('ArrowLeft');
    expect(await now(page)).toContain('957\u00a0ms');
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    expect(await now(page)).toContain('982\u00a0ms');
    expect(await page.evaluate('location.hash')).toBe('#step-7');
    expect(await page.locator('.step.on .ti').innerText()).toBe('c1 is told ok');
    const down = page.locator('.row[data-lane=n1]');
    expect(await down.innerText()).toContain('Down');
  });

  it('goes through every event forward and back to the same place', async (context) => {
    const { page } = await open(context, figureEightReport(), DESKTOP, '#t-0');
    const times = [];
    for (let press = 0; press < 15; press += 1) {
      await page.keyboard.press('ArrowRight');
      times.push(await now(page));
    }
    expect(new Set(times).size).toBe(15);
    for (let press = 13; press >= 0; press -= 1) {
      await page.keyboard.press('ArrowLeft');
      expect(await now(page)).toBe(times[press]);
    }
  });

  it('follows a drag, and links to a time', async (context) => {
    const { page } = await open(context, figureEightReport(), DESKTOP);
    const box = await diagramIn(page);
    await page.mouse.move(box.x + 60, box.y + 300);
    await page.mouse.down();
    await page.mouse.move(box.x + 4, box.y + 300);
    await page.mouse.up();
    expect(await now(page)).toMatch(/^0\u00a0ms/);
    await page.locator('h1 a.time').click();
    expect(await now(page)).toContain('982\u00a0ms');
  });

  it('zooms around itself and back to the whole run', async (context) => {
    const { page } = await open(context, figureEightReport(), DESKTOP, '#step-5');
    const flags = () => page.locator('svg.st a.flag').count();
    const all = await flags();
    for (let press = 0; press < 4; press += 1) await page.keyboard.press('+');
    expect(await flags()).toBeLessThan(all);
    expect(await now(page)).toContain('957\u00a0ms');
    await page.keyboard.press('0');
    expect(await flags()).toBe(all);
  });

  it('says what a message is when the pointer is on it', async (context) => {
    const { page } = await open(context, figureEightReport(), DESKTOP);
    await diagramIn(page);
    const place = await page.evaluate(`(() => {
      const path = document.querySelector('path.path');
      const box = document.querySelector('svg.st').getBoundingClientRect();
      const point = path.getPointAtLength(path.getTotalLength() / 3);
      return { x: box.left + point.x, y: box.top + point.y };
    })()`);
    const { x, y } = place as { x: number; y: number };
    await page.mouse.move(x, y);
    expect(await page.locator('#tip').innerText()).toContain('read x');
    await page.mouse.move(5, 5);
    expect(await page.locator('#tip').isHidden()).toBe(true);
  });
});

/** Boxes of what `selector` finds and shows, as `[left, top, right, bottom]`. */
function boxes(page: Page, selector: string): Promise<readonly (readonly number[])[]> {
  return page.evaluate((found) => {
    const { document } = globalThis as unknown as Window;
    return [...document.querySelectorAll(found)]
      .map((each) => each.getBoundingClientRect())
      .filter((box) => box.right - box.left > 0.5 && box.bottom - box.top > 0.5)
      .map(({ left, top, right, bottom }) => [left, top, right, bottom]);
  }, selector);
}

/** Pairs of boxes that lie on each other by more than `slack` pixels in both directions. */
function overlaps(list: readonly (readonly number[])[], slack = 1): readonly string[] {
  const found: string[] = [];
  for (const [index, a] of list.entries()) {
    for (const b of list.slice(index + 1)) {
      const wide = Math.min(a[2]!, b[2]!) - Math.max(a[0]!, b[0]!);
      const high = Math.min(a[3]!, b[3]!) - Math.max(a[1]!, b[1]!);
      if (wide > slack && high > slack) found.push(`${a.map(Math.round)} and ${b.map(Math.round)}`);
    }
  }
  return found;
}

describe('the layout', () => {
  for (const [name, options] of [
    ['desktop', DESKTOP],
    ['phone', PHONE],
  ] as const) {
    for (const [kind, report] of [
      ['no failure', busyCleanReport],
      ['one failure', fullReport],
      ['10 000 records', bigReport],
    ] as const) {
      it(`has nothing on top of anything else: ${name}, ${kind}`, async (context) => {
        const { page, said, asked } = await open(context, report(), options);
        const width = options.viewport.width;
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
        expect(overlaps(await boxes(page, 'main > section, header, footer'))).toEqual([]);
        expect(overlaps(await boxes(page, '#slos td, #slos th'))).toEqual([]);
        expect(overlaps(await boxes(page, '.explore > *'))).toEqual([]);
        expect(overlaps(await boxes(page, '.facts > div, .step, .row, .controls > *'))).toEqual([]);
        expect(overlaps(await boxes(page, 'svg.st a.flag circle'))).toEqual([]);
        expect(overlaps(await boxes(page, 'svg.st > text.ax, svg.st text.ax'))).toEqual([]);
        expect(overlaps(await boxes(page, 'svg.st .op text'))).toEqual([]);
        expect(overlaps(await boxes(page, 'svg.st text.bt, svg.st text.dl'))).toEqual([]);
        expect(overlaps(await boxes(page, 'svg.contradiction .op text'))).toEqual([]);
        expect(overlaps(await boxes(page, 'svg.chart .gantt-text'))).toEqual([]);
        const charts = 'svg.chart .chart-title, svg.chart .ax, svg.chart .gantt-text';
        expect(overlaps(await boxes(page, charts), 2)).toEqual([]);
        const count = await page.evaluate('document.querySelectorAll("svg.st *").length');
        expect(count).toBeLessThan(4000);
        await page.keyboard.press('ArrowLeft');
        expect([said, asked]).toEqual([[], []]);
      });
    }
  }

  it('continues each lane in the row of its node', async (context) => {
    const { page } = await open(context, figureEightReport(), DESKTOP);
    const lanes = await boxes(page, 'svg.st text.lb');
    const rows = await boxes(page, '.state .row');
    expect(rows).toHaveLength(lanes.length);
    for (const [index, lane] of lanes.entries()) {
      const middle = (lane[1]! + lane[3]!) / 2;
      expect(middle).toBeGreaterThan(rows[index]![1]!);
      expect(middle).toBeLessThan(rows[index]![3]!);
    }
  });

  it('keeps the names of lanes in sight while a phone scrolls sideways', async (context) => {
    const { page } = await open(context, figureEightReport(), PHONE);
    for (const left of [0, 120, 260]) {
      await page.evaluate(`document.querySelector('.scroll').scrollLeft = ${left}`);
      const names = await boxes(page, '.names .node');
      expect(names).toHaveLength(5);
      for (const box of names) expect(box[0]).toBeCloseTo(16, 0);
    }
    const [names, labels] = [
      await boxes(page, '.names .node'),
      await boxes(page, 'svg.st text.lb'),
    ];
    for (const [index, name] of names.entries()) {
      const label = labels[index + 2]!;
      expect(Math.abs((name[1]! + name[3]!) / 2 - (label[1]! + label[3]!) / 2)).toBeLessThan(3);
    }
  });

  it('follows a tap on a phone, wherever the diagram was scrolled to', async (context) => {
    const { page } = await open(context, figureEightReport(), PHONE);
    await page.evaluate("document.querySelector('.scroll').scrollLeft = 120");
    const { y } = await diagramIn(page);
    await page.touchscreen.tap(200, y + 200);
    expect(await now(page)).not.toContain('1\u202f440\u00a0ms');
    const [tag] = await boxes(page, 'svg.st .tag rect');
    expect(Math.abs((tag![0]! + tag![2]!) / 2 - 200)).toBeLessThan(6);
  });
});

describe('without a script and on paper', () => {
  it('stands without its script: picture, texts of all steps, no dead buttons', async (context) => {
    const { page } = await open(context, figureEightReport(), {
      ...DESKTOP,
      javaScriptEnabled: false,
    });
    expect(await page.locator('svg.st path.path').count()).toBeGreaterThan(0);
    for (const text of await page.locator('.step .tx').all())
      expect(await text.isVisible()).toBe(true);
    for (const button of await page.locator('button').all())
      expect(await button.isVisible()).toBe(false);
  });

  it('prints the diagram whole, without controls', async (context) => {
    const { page } = await open(context, figureEightReport(), {
      viewport: { width: 718, height: 1000 },
    });
    await page.emulateMedia({ media: 'print' });
    const [svg] = await boxes(page, 'svg.st');
    expect(svg![2]! - svg![0]!).toBeLessThanOrEqual(718);
    for (const button of await page.locator('button').all())
      expect(await button.isVisible()).toBe(false);
  });
});

describe('colours', () => {
  it('can be read in light and dark, as the system or the reader chooses', async (context) => {
    const { page } = await open(context, fullReport(), { ...DESKTOP, colorScheme: 'light' });
    const background = async () =>
      luminance(
        toHex(String(await page.evaluate('getComputedStyle(document.body).backgroundColor'))),
      );
    await expectContrast(page);
    expect(await background()).toBeGreaterThan(0.5);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expectContrast(page);
    expect(await background()).toBeLessThan(0.1);
    await page.getByRole('button', { name: 'Light' }).click();
    expect(await background()).toBeGreaterThan(0.5);
  });
});

/** Every colour of text against what it stands on, WCAG 2.2 level AA. */
async function expectContrast(page: Page): Promise<void> {
  const terms = ['--c0', '--c1', '--c2', '--c3', '--c4'];
  const names = ['--bg', '--on', '--ink', '--mut', '--bad', '--link', ...terms];
  const colours = await page.evaluate((list) => {
    const { document, getComputedStyle } = globalThis as unknown as Window;
    const style = getComputedStyle(document.documentElement);
    return Object.fromEntries(list.map((name) => [name, style.getPropertyValue(name)]));
  }, names);
  const colour = (name: string) => colours[name] ?? '';
  for (const name of names.slice(2)) {
    expect(contrast(colour(name), colour('--bg')), name).toBeGreaterThanOrEqual(4.5);
  }
  // Numbers of terms stand in the colour `--on` upon the colours of terms.
  for (const name of terms) {
    expect(contrast(colour('--on'), colour(name)), name).toBeGreaterThanOrEqual(4.5);
  }
}

/** The little of a browser's window that is read in a page. */
interface Window {
  readonly document: {
    readonly documentElement: unknown;
    querySelectorAll(selector: string): Iterable<{ getBoundingClientRect(): Box }>;
  };
  getComputedStyle(element: unknown): { getPropertyValue(name: string): string };
}

/** A rectangle of the page. */
interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function toHex(rgb: string): string {
  const parts = [...rgb.matchAll(/\d+/g)].slice(0, 3).map(([digits]) => Number(digits));
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

/** WCAG 2.2, relative luminance. */
function luminance(hex: string): number {
  const digits = hex.trim().slice(1);
  const wide = digits.length === 3 ? [...digits].map((digit) => digit + digit).join('') : digits;
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(wide.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** WCAG 2.2, contrast ratio. */
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

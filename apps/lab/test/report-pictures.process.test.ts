/**
 * Shows that pages look as they did when a person last looked at them: desktop and phone, light and
 * dark, on paper, with no failure, one, and ten thousand operations, with a broken promise that is
 * not about an order, and of real processes. `UPDATE_PICTURES=1` makes the
 * golden pictures anew, to be looked at before they are committed.
 *
 * Where a machine has other fonts than the one that made them, letters stand elsewhere and nothing
 * can be compared: the tests are skipped there, and say so.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium, skipUnless } from '@mangrove/test-kit/node';
import { type Browser, chromium as engine, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { renderReport } from '../src/report/render-report.ts';
import { isolationReport, watchReport } from './broken-promises.ts';
import { fullReport } from './full-report.ts';
import { localReport, localRun } from './local-report.ts';
import { bigReport, busyCleanReport } from './page-reports.ts';
import { coarse, decodePng, differingPixels, encodePng, type Picture } from './picture.ts';

/** How many coarse pixels may differ: fewer than a word, or the frame of a button, has. */
const DIFFERING_MAX = 6;

const isUpdating = env['UPDATE_PICTURES'] === '1';
const golden = (name: string) => fileURLToPath(new URL(`./pictures/${name}`, import.meta.url));

const REPORTS = {
  clean: busyCleanReport,
  failed: fullReport,
  big: bigReport,
  watch: watchReport,
  isolation: isolationReport,
  local: localReport,
  /** A failure in the simulator, and a run of real processes beside it. */
  both: () => ({ ...fullReport(), others: [localRun()] }),
} as const;
const VIEWS = {
  desktop: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  /** The width of a sheet between its margins. */
  paper: { viewport: { width: 688, height: 971 } },
} as const;

/** Pages are drawn at half their size: what is kept of them is coarser than that. */
const deviceScaleFactor = 0.5;

/** How wide some text is, in the fonts of a page. */
const FONTS = `['body', 'code'].map((name) => {
  const probe = document.createElement('span');
  probe.textContent = 'Mangrove 0123456789 \\u2192 \\u2713 \\u00d7';
  probe.style.cssText = 'position:absolute;white-space:nowrap;font-size:100px';
  document.querySelector(name).append(probe);
  const { width, height } = probe.getBoundingClientRect();
  probe.remove();
  return [name, Math.round(width), Math.round(height)];
})`;

let folder = '';
let browser: Browser | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mangrove-pictures-'));
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

async function open(
  context: TestContext,
  report: keyof typeof REPORTS,
  view: keyof typeof VIEWS,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<Page> {
  const executablePath = skipUnless(context, chromium);
  browser ??= await engine.launch({ executablePath, args: ['--no-sandbox'] });
  const window = await browser.newContext({ ...VIEWS[view], deviceScaleFactor, colorScheme });
  context.onTestFinished(() => window.close());
  const page = await window.newPage();
  const file = join(folder, `${report}.html`);
  writeFileSync(file, renderReport(REPORTS[report]()));
  if (view === 'paper') await page.emulateMedia({ media: 'print' });
  await page.goto(pathToFileURL(file).href);
  const fonts = `${JSON.stringify(await page.evaluate(FONTS))}\n`;
  if (isUpdating) writeFileSync(golden('fonts.txt'), fonts);
  else if (fonts !== readFileSync(golden('fonts.txt'), 'utf8')) {
    context.skip('this machine has other fonts than those of the golden pictures');
  }
  return page;
}

/** How high the page is. */
const HEIGHT = 'document.documentElement.scrollHeight';
/** Over when the page has drawn itself anew. */
const DRAWN = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))';

/** The whole page, in a window as high as it is: a page that grows under the camera would move. */
async function look(page: Page): Promise<Picture> {
  const width = page.viewportSize()?.width ?? 0;
  await page.setViewportSize({ width, height: await page.evaluate<number>(HEIGHT) });
  await page.evaluate(DRAWN);
  return coarse(decodePng(await page.screenshot()));
}

async function holdAgainst(page: Page, name: string): Promise<void> {
  const picture = await look(page);
  if (isUpdating) writeFileSync(golden(name), encodePng(picture));
  const before = decodePng(readFileSync(golden(name)));
  const count = differingPixels(before, picture);
  if (count !== undefined && count <= DIFFERING_MAX) return;
  const seen = join(tmpdir(), `mangrove-seen-${name}`);
  writeFileSync(seen, await page.screenshot({ fullPage: true }));
  const what = count === undefined ? 'it has another size' : `${count} pixels differ`;
  expect.fail(`${name} looks different: ${what}; it is in ${seen}`);
}

describe('a page looks as it did', () => {
  for (const report of ['clean', 'failed', 'big'] as const) {
    for (const view of ['desktop', 'phone'] as const) {
      for (const scheme of ['light', 'dark'] as const) {
        it(`${report}, ${view}, ${scheme}`, async (context) => {
          const page = await open(context, report, view, scheme);
          await holdAgainst(page, `${report}-${view}-${scheme}.png`);
        });
      }
    }
  }

  // What these have of their own is in one of both schemes.
  for (const report of ['watch', 'isolation', 'local', 'both'] as const) {
    for (const [view, scheme] of [
      ['desktop', 'light'],
      ['phone', 'dark'],
    ] as const) {
      it(`${report}, ${view}, ${scheme}`, async (context) => {
        const page = await open(context, report, view, scheme);
        await holdAgainst(page, `${report}-${view}-${scheme}.png`);
      });
    }
  }

  it('failed, on paper', async (context) => {
    await holdAgainst(await open(context, 'failed', 'paper'), 'failed-paper.png');
  });
});

it('a page that lacks a word, a colour or a button is another one', async (context) => {
  const page = await open(context, 'failed', 'phone');
  const before = await look(page);
  expect(differingPixels(before, await look(page))).toBe(0);
  for (const style of [
    'h1 a { visibility: hidden }',
    '.verdict .v { color: #06c !important }',
    '[data-copy] { visibility: hidden }',
  ]) {
    const added = await page.addStyleTag({ content: style });
    expect(differingPixels(before, await look(page)), style).toBeGreaterThan(DIFFERING_MAX);
    await added.evaluate('(tag) => tag.remove()');
  }
});

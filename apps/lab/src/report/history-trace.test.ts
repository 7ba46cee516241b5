/**
 * Shows what a report of real processes draws: clients with their operations, and nodes that were
 * killed, paused and cut off, all from the history and the faults alone.
 */
import { describe, expect, it } from 'vitest';
import { localReport } from '../../test/local-report.ts';
import { renderPage } from './html-report.ts';
import { renderMarkdown } from './markdown-report.ts';
import { storyOf } from './run-story.ts';

const report = localReport();
const story = storyOf(report);
const page = renderPage(report, { text: '', policy: "'none'" });

describe('the story of a run that nobody traced', () => {
  it('has every operation, with its record', () => {
    const begun = report.found.history.filter(({ type }) => type === 'invoke');
    expect(story.operations).toHaveLength(begun.length);
    for (const { startIndex, endIndex, outcome } of story.operations) {
      expect(startIndex).toBeGreaterThanOrEqual(0);
      if (outcome === 'ok') expect(endIndex).toBeGreaterThan(startIndex);
    }
    expect(story.isTraced).toBe(false);
    expect(story.messages).toEqual([]);
  });

  it('has nodes down, paused and cut off from when to when the lab made them so', () => {
    const spans = story.spans.filter(({ kind }) => kind === 'down' || kind === 'paused');
    expect(spans).toEqual([
      { node: 'n1', kind: 'down', fromMs: 2500, untilMs: 4600, reason: 'killed' },
      { node: 'n3', kind: 'paused', fromMs: 5000, untilMs: 5500 },
    ]);
    const cut = story.bands.find(({ type }) => type === 'cut');
    expect(cut).toMatchObject({ fromMs: 6000, untilMs: 8000, isDrawn: true, nodes: ['n2'] });
  });

  it('is told in steps', () => {
    const titles = story.steps.map(({ title }) => title);
    expect(titles).toEqual(
      expect.arrayContaining(['n1 crashes', 'n1 is back', 'n2 cut off from n1 and n3']),
    );
  });
});

describe('the page of real processes', () => {
  it('has the diagram and what clients saw, and says what it does not have', () => {
    const ids = [...page.matchAll(/<section id="([\w-]+)"/g)].map(([, id]) => id);
    expect(ids).toEqual([
      ...['how', 'injected', 'history', 'checks', 'run', 'evidence', 'environment'],
    ]);
    expect(page).toContain('processes tell neither messages nor states');
    expect(page).toContain('<span class="count" hidden>');
    expect(page).toContain('real processes and time');
  });

  it('has what clients saw in its twin, too', () => {
    expect(renderMarkdown(report)).toContain('\n## What clients saw\n\n| process | operation |');
  });
});

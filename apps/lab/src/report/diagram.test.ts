/**
 * Shows by structure that a diagram has what its story has, that it is a pure function, and that
 * its bounds hold on a story that is too large to be drawn whole.
 */
import { describe, expect, it } from 'vitest';
import { busyStory } from '../../test/busy-story.ts';
import { figureEightReport } from '../../test/figure-eight.ts';
import { renderDiagram } from './diagram.ts';
import { layOut, MAX_DRAWN_MESSAGES, MAX_PLAIN_MESSAGES } from './diagram-layout.ts';
import { firstView } from './explorer.ts';
import { storyOf } from './run-story.ts';

const story = storyOf(figureEightReport())!;
const view = firstView(story);
const svg = renderDiagram(story, 664, view);
const count = (pattern: RegExp) => [...svg.matchAll(pattern)].length;

describe('the space-time diagram', () => {
  it('is a pure function of story, width and view', () => {
    expect(renderDiagram(story, 664, view)).toBe(svg);
    expect(renderDiagram(JSON.parse(JSON.stringify(story)), 664, view)).toBe(svg);
  });

  it('has a lane for each client and node, a hatched span for each time down', () => {
    expect(count(/class="lb"/g)).toBe(story.clients.length + story.replicas.length);
    expect(count(/class="down"/g)).toBe(3);
    expect(count(/class="crash"/g)).toBe(3);
  });

  it('writes the number of each term beside its colour', () => {
    for (const term of [2, 3, 4, 5]) expect(svg).toMatch(new RegExp(`>t(?:erm )?${term}</text>`));
  });

  it('draws the path of the chosen step as arrows, red where it shows what is wrong', () => {
    const path = story.steps[view.stepIndex]!.path;
    expect(count(/class="path wrong" marker-end="url\(#wrong-head\)"/g)).toBe(path.length);
    const other = renderDiagram(story, 664, { ...view, stepIndex: 0 });
    expect(other).not.toContain('class="path wrong"');
  });

  it('numbers its steps, and no circle covers another', () => {
    const places = [...layOut(story, 664, view).flags.values()];
    expect(places).toHaveLength(story.steps.length);
    for (const [index, x] of places.slice(1).entries()) {
      expect(x - places[index]!).toBeGreaterThanOrEqual(18);
    }
  });

  it('keeps its circles within the axis where all steps are at one end of it', () => {
    for (const atMs of [0, 1650]) {
      const steps = story.steps.map((step, index) => ({
        ...step,
        atMs: Math.abs(atMs - index / 9),
      }));
      const layout = layOut({ ...story, steps }, 664, view);
      const places = [...layout.flags.values()].sort((a, b) => a - b);
      expect(places[0]).toBeGreaterThanOrEqual(layout.left);
      expect(places.at(-1)).toBeLessThanOrEqual(layout.right);
      for (const [index, x] of places.slice(1).entries()) {
        expect(x - places[index]!).toBeGreaterThanOrEqual(18);
      }
    }
  });

  it('leaves an unknown outcome open at its end', () => {
    const start = svg.indexOf('class="op info"><title>c1: read x \u2192 unknown');
    expect(svg.slice(start, start + 200)).toContain('<path class="bar"');
  });

  it('hides heartbeats until they are asked for', () => {
    const all = renderDiagram(story, 664, { ...view, hasHeartbeats: true });
    expect(svg).not.toContain('class="m heartbeat"');
    expect(all).toContain('class="m heartbeat"');
  });

  it('zooms: only what lies in the window has a place', () => {
    const near = layOut(story, 664, { ...view, window: { fromMs: 900, untilMs: 1000 } });
    expect(near.messages.length).toBeLessThan(layOut(story, 664, view).messages.length);
    for (const index of near.messages) {
      const { sendMs, endMs } = story.messages[index]!;
      expect(sendMs <= 1000 && endMs >= 900).toBe(true);
    }
    expect([...near.flags.keys()].map((index) => story.steps[index]!.atMs)).toEqual([
      957.1, 962, 982,
    ]);
  });
});

describe('a story of 10 000 records', () => {
  const busy = busyStory(10_000);
  const busyView = firstView(busy);

  it('is drawn with no more messages than can be told apart, those of the paths among them', () => {
    const layout = layOut(busy, 664, busyView);
    expect(busy.messages.length).toBeGreaterThan(3000);
    expect(layout.messages.length).toBeLessThanOrEqual(MAX_PLAIN_MESSAGES);
    expect(layout.hiddenCount).toBeGreaterThan(1000);
    const drawn = new Set(layout.messages);
    for (const { path } of busy.steps)
      for (const index of path) expect(drawn.has(index)).toBe(true);
  });

  it('shades cuts with their numbers, and draws a fault of everyone once', () => {
    const picture = renderDiagram(busy, 664, busyView);
    const cuts = busy.bands.filter(({ type }) => type === 'cut');
    expect(cuts.length).toBeGreaterThan(1);
    expect([...picture.matchAll(/class="cut"/g)]).toHaveLength(cuts.length);
    for (const { number } of cuts) expect(picture).toContain(`>F${number}`);
    const [cut] = cuts;
    const everyone = { ...cut!, type: 'slow-links', nodes: [...busy.clients, ...busy.replicas] };
    const wide = renderDiagram({ ...busy, bands: [everyone] }, 664, busyView);
    expect([...wide.matchAll(/class="fault"/g)]).toHaveLength(1);
  });

  it('is bounded even when everything is asked for', () => {
    const all = layOut(busy, 664, { ...busyView, hasAllMessages: true, hasHeartbeats: true });
    expect(all.messages.length).toBeLessThanOrEqual(MAX_DRAWN_MESSAGES);
    expect(all.messages.length).toBeGreaterThan(MAX_PLAIN_MESSAGES);
  });
});

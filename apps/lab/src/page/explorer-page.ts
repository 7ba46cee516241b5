/**
 * The explorer in its page: the time cursor, steps, zoom and hovering.
 *
 * A move of the cursor redraws the overlay and the panel only; the diagram itself is drawn anew
 * when the window, the width or a switch changes. Both come from the functions that built the page.
 */
import { drawDiagram } from '../report/diagram.ts';
import { type DiagramLayout, type DiagramView, layOut } from '../report/diagram-layout.ts';
import { renderOverlay } from '../report/diagram-overlay.ts';
import { countLine, firstView, lastMoment, nowLine } from '../report/explorer.ts';
import { StateIndex } from '../report/node-state.ts';
import { renderPanel } from '../report/state-panel.ts';
import type { Story } from '../report/story.ts';
import { msOf, type TimeWindow, xOf } from '../report/time-scale.ts';
import { formatMs } from '../report/wording.ts';
import { Hover } from './hover.ts';
import { wakeKeys } from './keys.ts';

/** The narrowest diagram, px; on a smaller screen it scrolls sideways under its lane names. */
const MIN_WIDTH = 640;

/** No zoom shows less than this, ms. */
const MIN_WINDOW_MS = 2;

/** A pointer this near to an event means the event, px. */
const SNAP = 3;

/** Playing the whole run takes this long, ms. */
const PLAY_MS = 12_000;

/** The section of one story. */
export class Explorer {
  private readonly story: Story;
  private readonly section: HTMLElement;
  private readonly canvas: HTMLElement;
  private readonly scrub: HTMLInputElement;
  private readonly states: StateIndex;
  private readonly hover: Hover;
  private view: DiagramView;
  private layout: DiagramLayout;
  private playing = 0;

  constructor(section: HTMLElement, story: Story) {
    this.section = section;
    this.story = story;
    this.canvas = this.part('.canvas');
    this.scrub = this.part<HTMLInputElement>('#scrub');
    this.states = new StateIndex(story.replicas, story.changes);
    this.hover = new Hover(story, this.part('#tip'));
    this.view = firstView(story);
    this.layout = layOut(story, MIN_WIDTH, this.view);
  }

  /** Starts to listen, and goes to where the address of the page points. */
  wake(): void {
    this.draw();
    this.listenToPointer();
    this.listenToControls();
    wakeKeys(this.section, this);
    addEventListener('hashchange', () => this.followAddress());
    document.addEventListener('click', (event) => this.followTimeLink(event));
    addEventListener('resize', () => this.draw());
    addEventListener('beforeprint', () => this.goToStep(this.story.decisiveIndex));
    this.followAddress();
  }

  /** Puts the cursor at `atMs`, on a step where one is there. */
  goTo(atMs: number, stepIndex = this.stepAt(atMs)): void {
    const { fromMs, endMs } = this.story;
    const cursorMs = Math.min(endMs, Math.max(fromMs, atMs));
    this.view = { ...this.view, cursorMs, stepIndex };
    this.keepInWindow();
    this.drawCursor();
  }

  /** Puts the cursor on a step, from 0; what is beyond the ends is at the end. */
  goToStep(index: number): void {
    const { steps } = this.story;
    const chosen = Math.min(steps.length - 1, Math.max(0, index));
    const step = steps[chosen];
    if (step === undefined) return;
    this.goTo(step.atMs, chosen);
    history.replaceState(null, '', `#step-${chosen + 1}`);
  }

  /** Moves to the next event (1) or the one before (-1). */
  moveByEvent(direction: 1 | -1): void {
    this.stop();
    const { moments } = this.story;
    const { cursorMs } = this.view;
    let index = lastMoment(this.story, cursorMs);
    if (direction === 1) index += 1;
    const isHere = (at: number) => Math.abs((moments[at]?.atMs ?? Number.NaN) - cursorMs) < 1e-6;
    while (isHere(index) || this.isHidden(index)) index += direction;
    const moment = moments[index];
    if (moment !== undefined) this.goTo(moment.atMs);
  }

  /** Moves to the next step (1) or the one before (-1). */
  moveByStep(direction: 1 | -1): void {
    this.stop();
    const { steps } = this.story;
    const { cursorMs } = this.view;
    const next =
      direction === 1
        ? steps.findIndex(({ atMs }) => atMs > cursorMs + 1e-6)
        : steps.findLastIndex(({ atMs }) => atMs < cursorMs - 1e-6);
    if (next !== -1) this.goToStep(next);
  }

  /** Shows `factor` times as much of the run, around `centreMs`; above the whole run, all of it. */
  zoom(factor: number, centreMs = this.view.cursorMs): void {
    const { window } = this.layout;
    const length = Math.max(MIN_WINDOW_MS, (window.untilMs - window.fromMs) * factor);
    const share = (centreMs - window.fromMs) / (window.untilMs - window.fromMs);
    this.show({ fromMs: centreMs - share * length, untilMs: centreMs + (1 - share) * length });
  }

  /** Shows the whole run. */
  showAll(): void {
    this.show({ fromMs: this.story.fromMs, untilMs: this.story.endMs });
  }

  private show(wanted: TimeWindow): void {
    const { fromMs, endMs } = this.story;
    const length = Math.min(wanted.untilMs - wanted.fromMs, endMs - fromMs);
    const start = Math.min(Math.max(wanted.fromMs, fromMs), endMs - length);
    this.view = { ...this.view, window: { fromMs: start, untilMs: start + length } };
    this.draw();
  }

  /** A cursor that leaves the window takes the window with it. */
  private keepInWindow(): void {
    const { window } = this.view;
    const { cursorMs } = this.view;
    if (window === undefined || (cursorMs >= window.fromMs && cursorMs <= window.untilMs)) return;
    const half = (window.untilMs - window.fromMs) / 2;
    this.show({ fromMs: cursorMs - half, untilMs: cursorMs + half });
  }

  private draw(): void {
    const room = Math.floor(this.part('.scroll').clientWidth);
    this.layout = layOut(this.story, Math.max(MIN_WIDTH, room), this.view);
    this.canvas.innerHTML = drawDiagram(this.story, this.layout, this.view).text;
    this.hover.follow(this.layout);
    const { messages, hiddenCount } = this.layout;
    this.part('.count').textContent = countLine(messages.length, hiddenCount);
    this.drawCursor();
  }

  private drawCursor(): void {
    const { story, layout, view, section } = this;
    const { cursorMs, stepIndex } = view;
    this.part('.overlay').innerHTML = renderOverlay(story, layout, view).text;
    this.part('svg.st').classList.toggle('has-path', stepIndex >= 0);
    this.part('.state').innerHTML = renderPanel(story, this.states.at(cursorMs), cursorMs).text;
    this.part('#now').innerHTML = nowLine(story, cursorMs).text;
    this.keepInSight(xOf(layout.scale, cursorMs));
    const { left, right, scale } = layout;
    this.scrub.value = String(((xOf(scale, cursorMs) - left) / (right - left)) * 1000);
    this.scrub.setAttribute('aria-valuetext', formatMs(cursorMs));
    for (const [index, item] of section.querySelectorAll('.step').entries()) {
      item.classList.toggle('on', index === stepIndex);
      if (index === stepIndex) item.setAttribute('aria-current', 'step');
      else item.removeAttribute('aria-current');
    }
  }

  /** A diagram wider than the screen scrolls along with its cursor. */
  private keepInSight(x: number): void {
    const scroll = this.part('.scroll');
    const margin = Math.min(80, scroll.clientWidth / 4);
    const [from, until] = [
      scroll.scrollLeft + margin,
      scroll.scrollLeft + scroll.clientWidth - margin,
    ];
    if (x < from) scroll.scrollLeft = x - margin;
    else if (x > until) scroll.scrollLeft = x + margin - scroll.clientWidth;
  }

  private listenToPointer(): void {
    let isDragging = false;
    let isTap = false;
    const follow = (event: PointerEvent) => {
      this.stop();
      this.goTo(this.snap(this.xOfPointer(event)));
    };
    this.canvas.addEventListener('pointerdown', (event) => {
      const target = event.target as Element;
      if (event.button !== 0 || target.closest('[data-step]') !== null) return;
      // A finger that moves sideways scrolls a diagram that is wider than the screen, so there only
      // a tap puts the cursor; the browser cancels the pointer once it scrolls.
      isTap = event.pointerType === 'touch' && this.isWide();
      isDragging = !isTap;
      if (isTap) return;
      this.canvas.setPointerCapture(event.pointerId);
      follow(event);
    });
    this.canvas.addEventListener('pointermove', (event) => {
      if (isDragging) follow(event);
      else this.hover.show(this.xOfPointer(event), this.yOfPointer(event), event);
    });
    for (const name of ['pointerup', 'pointercancel'] as const) {
      this.canvas.addEventListener(name, (event) => {
        if (isTap && name === 'pointerup') follow(event);
        isDragging = false;
        isTap = false;
      });
    }
    this.canvas.addEventListener('pointerleave', () => this.hover.hide());
    this.canvas.addEventListener(
      'wheel',
      (event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        this.zoom(event.deltaY > 0 ? 1.25 : 0.8, msOf(this.layout.scale, this.xOfPointer(event)));
      },
      { passive: false },
    );
  }

  private listenToControls(): void {
    this.section.addEventListener('click', (event) => {
      const target = event.target as Element;
      const step = target.closest<HTMLElement>('[data-step]')?.dataset['step'];
      const action = target.closest<HTMLElement>('[data-act]')?.dataset['act'];
      if (step !== undefined) {
        event.preventDefault();
        this.stop();
        this.goToStep(Number(step));
      } else if (action !== undefined) {
        this.act(action);
      }
    });
    this.section.addEventListener('change', (event) => {
      const { dataset, checked } = event.target as HTMLInputElement;
      if (dataset['set'] === 'heartbeats') this.view = { ...this.view, hasHeartbeats: checked };
      if (dataset['set'] === 'all') this.view = { ...this.view, hasAllMessages: checked };
      if (dataset['set'] !== undefined) this.draw();
    });
    this.scrub.addEventListener('input', () => {
      this.stop();
      const { left, right } = this.layout;
      this.goTo(this.snap(left + (Number(this.scrub.value) / 1000) * (right - left)));
    });
  }

  private act(action: string): void {
    if (action === 'back') this.moveByEvent(-1);
    else if (action === 'next') this.moveByEvent(1);
    else if (action === 'in') this.zoom(0.5);
    else if (action === 'out') this.zoom(2);
    else if (action === 'whole') this.showAll();
    else if (action === 'play') this.togglePlay();
  }

  private togglePlay(): void {
    if (this.playing !== 0) {
      this.stop();
      return;
    }
    const { left, right, window } = this.layout;
    if (this.view.cursorMs >= window.untilMs - 1e-6) this.goTo(window.fromMs);
    let before = performance.now();
    const frame = (now: number) => {
      const speed = (right - left) / PLAY_MS;
      const x = xOf(this.layout.scale, this.view.cursorMs) + (now - before) * speed;
      before = now;
      this.goTo(msOf(this.layout.scale, x));
      if (x >= right) this.stop();
      else this.playing = requestAnimationFrame(frame);
    };
    this.part('[data-act=play]').textContent = 'Pause';
    this.playing = requestAnimationFrame(frame);
  }

  private stop(): void {
    if (this.playing === 0) return;
    cancelAnimationFrame(this.playing);
    this.playing = 0;
    this.part('[data-act=play]').textContent = 'Play';
  }

  /** A time in a sentence puts the cursor there, also when the address points there already. */
  private followTimeLink(event: MouseEvent): void {
    const link = (event.target as Element).closest('a.time');
    const hash = link?.getAttribute('href');
    if (hash === null || hash === undefined) return;
    event.preventDefault();
    history.replaceState(null, '', hash);
    this.followAddress();
    this.section.scrollIntoView();
  }

  private followAddress(): void {
    const [, kind, number] = /^#(step|t)-(\d+(?:\.\d+)?)$/.exec(location.hash) ?? [];
    if (kind === 'step') this.goToStep(Number(number) - 1);
    else if (kind === 't') this.goTo(Number(number));
  }

  /** The time at `x`, or that of an event right beside it. */
  private snap(x: number): number {
    const { scale, left, right } = this.layout;
    const atMs = msOf(scale, Math.min(right, Math.max(left, x)));
    const { moments } = this.story;
    const index = lastMoment(this.story, atMs);
    const near = [moments[index], moments[index + 1]].filter((each) => each !== undefined);
    const distances = near.map((each) => Math.abs(xOf(scale, each.atMs) - x));
    const least = Math.min(...distances);
    return least <= SNAP ? (near[distances.indexOf(least)]?.atMs ?? atMs) : atMs;
  }

  /** Whether a moment is a heartbeat while these are not shown. */
  private isHidden(index: number): boolean {
    const message = this.story.messages[this.story.moments[index]?.messageIndex ?? -1];
    return message?.kind === 'heartbeat' && !this.view.hasHeartbeats;
  }

  private stepAt(atMs: number): number {
    return this.story.steps.findIndex((step) => Math.abs(step.atMs - atMs) < 1e-6);
  }

  private isWide(): boolean {
    const scroll = this.part('.scroll');
    return scroll.scrollWidth > scroll.clientWidth + 1;
  }

  private xOfPointer(event: MouseEvent): number {
    return event.clientX - this.canvas.getBoundingClientRect().left;
  }

  private yOfPointer(event: MouseEvent): number {
    return event.clientY - this.canvas.getBoundingClientRect().top;
  }

  private part<Kind extends Element = HTMLElement>(selector: string): Kind {
    const found = this.section.querySelector<Kind>(selector);
    if (found === null) throw new Error(`the page has no ${selector}`);
    return found;
  }
}

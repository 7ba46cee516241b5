/**
 * The keys of the explorer: arrows by event, with Shift by step, `+`, `-` and `0` to zoom. They
 * work while the explorer is in sight and no text is being written.
 */

/** What keys can do. */
export interface KeyTarget {
  moveByEvent(direction: 1 | -1): void;
  moveByStep(direction: 1 | -1): void;
  zoom(factor: number): void;
  showAll(): void;
}

/** Makes the keys work on `target` while `section` is in sight. */
export function wakeKeys(section: HTMLElement, target: KeyTarget): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
    const { top, bottom } = section.getBoundingClientRect();
    if (bottom < 0 || top > innerHeight) return;
    if (press(event, target)) event.preventDefault();
  });
}

/** Does what the key means; false where it means nothing. */
function press({ key, shiftKey }: KeyboardEvent, target: KeyTarget): boolean {
  if (key === 'ArrowRight' || key === 'ArrowLeft') {
    const direction = key === 'ArrowRight' ? 1 : -1;
    if (shiftKey) target.moveByStep(direction);
    else target.moveByEvent(direction);
    return true;
  }
  if (key === '+' || key === '=') target.zoom(0.5);
  else if (key === '-') target.zoom(2);
  else if (key === '0') target.showAll();
  else return false;
  return true;
}

function isWriting(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const isText = target instanceof HTMLInputElement && !['range', 'checkbox'].includes(target.type);
  return isText || target instanceof HTMLTextAreaElement || target.isContentEditable;
}

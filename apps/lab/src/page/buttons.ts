/**
 * The two small controls outside of the explorer: copying a command, and light or dark.
 */

/** Makes every `[data-copy]` button copy the text of the element that it names. */
export function wakeCopyButtons(root: Document): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>('[data-copy]')) {
    const source = root.getElementById(button.dataset['copy'] ?? '');
    if (source === null) continue;
    button.addEventListener('click', () => {
      copy(source).then(
        () => say(button, 'Copied'),
        // Without a right to the clipboard the text is selected, ready for the keyboard.
        () => {
          root.getSelection()?.selectAllChildren(source);
          say(button, 'Selected');
        },
      );
    });
  }
}

/** Makes the theme buttons switch between the reader's setting, light and dark. */
export function wakeThemeButtons(root: Document): void {
  const buttons = [...root.querySelectorAll<HTMLButtonElement>('[data-theme-choice]')];
  for (const button of buttons) {
    button.addEventListener('click', () => {
      const choice = button.dataset['themeChoice'] ?? 'auto';
      if (choice === 'auto') delete root.documentElement.dataset['theme'];
      else root.documentElement.dataset['theme'] = choice;
      for (const each of buttons) each.setAttribute('aria-pressed', String(each === button));
    });
  }
}

async function copy(source: HTMLElement): Promise<void> {
  if (navigator.clipboard === undefined) throw new Error('this browser has no clipboard here');
  await navigator.clipboard.writeText(source.textContent ?? '');
}

function say(button: HTMLButtonElement, word: string): void {
  const before = button.dataset['label'] ?? button.textContent ?? '';
  button.dataset['label'] = before;
  button.textContent = word;
  setTimeout(() => {
    button.textContent = before;
  }, 1600);
}

/**
 * A terminal in which a person steps through a run, key by key, until they quit.
 */
import type { Sink } from '../terminal.ts';
import type { Move, ReplayCursor } from './replay-cursor.ts';
import { renderScreen, type ScreenText } from './replay-screen.ts';

/** What of a terminal's input is used. */
export interface KeySource {
  readonly isTTY?: boolean | undefined;
  setRawMode?(isRaw: boolean): unknown;
  on(event: 'data', listener: (bytes: Uint8Array | string) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  off(event: 'data', listener: (bytes: Uint8Array | string) => void): unknown;
  off(event: 'end', listener: () => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** What of a terminal's output is used. */
export interface Screen extends Sink {
  readonly rows?: number | undefined;
}

/** Where a session takes place. */
export interface SessionPlace {
  readonly input: KeySource;
  readonly output: Screen;
  readonly signal: AbortSignal;
}

/** What a key does. */
const KEYS: ReadonlyMap<string, Move | 'quit'> = new Map([
  ...(['\x1b[C', '\x1b[B', 'n', 'j', 'l', ' '] as const).map((key) => [key, 'next'] as const),
  ...(['\x1b[D', '\x1b[A', 'b', 'k', 'h', 'p'] as const).map((key) => [key, 'back'] as const),
  ...(['\x1b[6~'] as const).map((key) => [key, 'next-page'] as const),
  ...(['\x1b[5~'] as const).map((key) => [key, 'back-page'] as const),
  ...(['g', '\x1b[H', '\x1b[1~'] as const).map((key) => [key, 'first'] as const),
  ...(['G', '\x1b[F', '\x1b[4~'] as const).map((key) => [key, 'last'] as const),
  ...([']'] as const).map((key) => [key, 'next-step'] as const),
  ...(['['] as const).map((key) => [key, 'back-step'] as const),
  ...(['v'] as const).map((key) => [key, 'decisive'] as const),
  // The terminal is raw: Ctrl-C and Ctrl-D come as bytes, not as signals.
  ...(['q', '\x03', '\x04'] as const).map((key) => [key, 'quit'] as const),
]);

/** A sequence of the keyboard, or a character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: keys are sent as control characters.
const KEY = /\x1b\[[0-9;]*[A-Za-z~]|[\s\S]/g;

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const ERASE_REST = '\x1b[K';
const ERASE_BELOW = '\x1b[J';

/** Steps through the run; resolves when the person quits, input ends, or it is aborted. */
export function stepThrough(
  cursor: ReplayCursor,
  text: ScreenText,
  { input, output, signal }: SessionPlace,
): Promise<void> {
  const draw = () => {
    const size = { columns: output.columns || 80, rows: output.rows || 24 };
    const lines = renderScreen(cursor, text, size).map((line) => `${line}${ERASE_REST}`);
    output.write(`${HOME}${lines.join('\r\n')}${ERASE_BELOW}`);
  };
  return new Promise((resolve) => {
    const onKeys = (bytes: Uint8Array | string) => {
      for (const [key] of String(bytes).matchAll(KEY)) {
        const meaning = KEYS.get(key);
        if (meaning === 'quit') {
          // Where keys come faster than they are drawn, the last screen is where they led.
          draw();
          end();
          return;
        }
        if (meaning !== undefined) cursor.move(meaning);
      }
      draw();
    };
    const end = () => {
      input.off('data', onKeys);
      input.off('end', end);
      signal.removeEventListener('abort', end);
      input.setRawMode?.(false);
      input.pause();
      output.write(LEAVE);
      resolve();
    };
    output.write(ENTER);
    input.setRawMode?.(true);
    input.on('data', onKeys);
    input.on('end', end);
    signal.addEventListener('abort', end);
    input.resume();
    draw();
  });
}

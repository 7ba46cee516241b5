/**
 * Shows what is written where: to a terminal, to a file, and for a machine.
 */
import { expect, it } from 'vitest';
import { createTerminal, type Sink } from './terminal.ts';

class Page implements Sink {
  text = '';
  readonly isTTY: boolean;
  readonly columns = 12;

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}

function writeAll(isTTY: boolean, isQuiet: boolean): { output: string; progress: string } {
  const [output, progress] = [new Page(isTTY), new Page(isTTY)];
  const terminal = createTerminal(output, progress, { isQuiet });
  terminal.status('a status that is too long');
  terminal.say('said');
  terminal.status('next');
  terminal.result('result');
  terminal.complain('broken');
  return { output: output.text, progress: progress.text };
}

it('draws one line again and again on a terminal, and never wraps it', () => {
  const erase = '\r\x1b[K';
  expect(writeAll(true, false)).toEqual({
    output: 'result\n',
    progress: `${erase}a status th${erase}said\n${erase}next${erase}broken\n`,
  });
});

it('draws a status of several lines in the place of the last one', () => {
  const progress = new Page(true);
  const terminal = createTerminal(new Page(true), progress);
  terminal.status('one\na second line');
  terminal.status('done');
  terminal.status('');
  const erase = '\r\x1b[K';
  const both = `${erase}\x1b[A${erase}`;
  expect(progress.text).toBe(`${erase}one\na second li${both}done${erase}`);
});

it('writes plain lines elsewhere', () => {
  expect(writeAll(false, false)).toEqual({ output: 'result\n', progress: 'said\nbroken\n' });
});

it('writes a status as a line every ten seconds where nothing can be drawn again', () => {
  const progress = new Page(false);
  let now = 0;
  const terminal = createTerminal(new Page(false), progress, { nowMs: () => now });
  for (; now <= 25_000; now += 1_000) terminal.status(`at ${now}`);
  terminal.say('said');
  now += 9_000;
  terminal.status('too soon');
  expect(progress.text).toBe('at 10000\nat 20000\nsaid\n');
});

it('keeps to results and complaints for a machine', () => {
  for (const isTTY of [true, false]) {
    expect(writeAll(isTTY, true)).toEqual({ output: 'result\n', progress: 'broken\n' });
  }
});

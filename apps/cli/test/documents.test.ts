/**
 * Shows that commands which documents show exist: every `npx mangrove ...` with its options and
 * number of arguments, and every `npm run ...`, in all Markdown files of the house.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { createProgram } from '../src/program.ts';
import { createTerminal } from '../src/terminal.ts';
import { mangrove, ROOT } from './command.ts';

const PASSED_OVER: readonly string[] = ['node_modules', 'dist', 'results', '.git'];

function documents(folder = ''): readonly string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return PASSED_OVER.includes(entry.name) ? [] : documents(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/** The words behind `start` wherever it stands in `text`, up to the end of the command. */
function commandLines(text: string, start: RegExp): readonly (readonly string[])[] {
  return [...text.matchAll(start)].map(([, rest = '']) =>
    rest
      .split(/\s{2,}|[`#|<>&;,)]/)[0]
      ?.trim()
      .split(/\s+/)
      .filter((word) => word !== ''),
  ) as readonly (readonly string[])[];
}

/** Why commander would refuse `words`; undefined when it would not. */
function faultOf(words: readonly string[]): string | undefined {
  const terminal = createTerminal({ write: () => {} }, { write: () => {} });
  const { program } = createProgram(terminal, new AbortController().signal);
  const plain = words.filter((word) => !isOption(word));
  let command: Command = program;
  while (command.commands.length > 0 && plain.length > 0) {
    const name = plain.shift() ?? '';
    const next = command.commands.find((each) => each.name() === name);
    if (next === undefined) return `no command ${name}`;
    command = next;
  }
  const options = words.filter(isOption).map((word) => word.split('=')[0]);
  const wrong = options.find((flag) => optionOf(command, flag ?? '') === undefined);
  if (wrong !== undefined) return `no option ${wrong}`;
  const valueCount = words.filter((word) => optionOf(command, word)?.required === true).length;
  const { registeredArguments } = command;
  if (registeredArguments.at(-1)?.variadic === true) return undefined;
  return plain.length - valueCount > registeredArguments.length ? 'too many arguments' : undefined;
}

/** A dash alone is an argument: standard input. */
function isOption(word: string): boolean {
  return word.length > 1 && word.startsWith('-');
}

function optionOf(command: Command, flag: string): { readonly required: boolean } | undefined {
  if (flag === '--help' || flag === '-h') return { required: false };
  for (let each: Command | null = command; each !== null; each = each.parent) {
    const found = each.options.find(({ long, short }) => long === flag || short === flag);
    if (found !== undefined) return found;
  }
  return undefined;
}

it('knows right from wrong', () => {
  expect(faultOf(['bench', 'NAME', '--json'])).toBeUndefined();
  expect(faultOf(['--version'])).toBeUndefined();
  expect(faultOf(['check', '-', '--model', 'register'])).toBeUndefined();
  expect(faultOf(['bench', 'a', 'b'])).toBe('too many arguments');
  expect(faultOf(['bench', '--wrong'])).toBe('no option --wrong');
  expect(faultOf(['nothing'])).toBe('no command nothing');
  expect(
    commandLines('`npx mangrove a b` and\n    npx mangrove c --d  # why', /\bnpx mangrove\b(.*)/g),
  ).toEqual([
    ['a', 'b'],
    ['c', '--d'],
  ]);
});

it('every `npx mangrove ...` in a document exists', () => {
  const faults = documents().flatMap((path) =>
    commandLines(readFileSync(join(ROOT, path), 'utf8'), /\bnpx mangrove\b(.*)/g).flatMap(
      (words) => {
        const fault = faultOf(words);
        return fault === undefined ? [] : [`${path}: npx mangrove ${words.join(' ')}: ${fault}`];
      },
    ),
  );
  expect(faults).toEqual([]);
});

it('every `npm run ...` in a document is a script', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const faults = documents().flatMap((path) =>
    commandLines(readFileSync(join(ROOT, path), 'utf8'), /\bnpm run\b(.*)/g).flatMap((words) => {
      const name = words.find((word) => !word.startsWith('-'));
      return name === undefined || name in scripts ? [] : [`${path}: npm run ${name}`];
    }),
  );
  expect(faults).toEqual([]);
});

it('the help in the README is the help', async () => {
  const text = readFileSync(join(ROOT, 'apps/cli/README.md'), 'utf8');
  const shown = /^\$ npx mangrove --help\n([\s\S]*?)```/m.exec(text)?.[1];
  expect(shown).toBe((await mangrove('--help')).output);
});

it('every decision has a number of its own, and none is left out', () => {
  const names = readdirSync(join(ROOT, 'docs/decisions')).filter((name) => /^\d/.test(name));
  expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, index) => index + 1));
  for (const name of names) {
    const [title = ''] = readFileSync(join(ROOT, 'docs/decisions', name), 'utf8').split('\n');
    expect(title).toMatch(new RegExp(`^# ${Number(name.slice(0, 4))}\\. [A-Z]`));
  }
});

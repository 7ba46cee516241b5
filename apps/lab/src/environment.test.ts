/**
 * Shows that a report says truly where it was made, inside a repository and outside.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readEnvironment } from './environment.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mangrove-environment-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function git(...args: string[]): string {
  const name = [
    '-c',
    'user.name=t',
    '-c',
    'user.email=t@example.org',
    '-c',
    'commit.gpgsign=false',
  ];
  return execFileSync('git', ['-C', directory, ...name, ...args], { encoding: 'utf8' }).trim();
}

it('names the commit, and says when files have changed since', () => {
  git('init', '-q');
  git('commit', '-q', '--allow-empty', '-m', 'first');
  expect(readEnvironment(directory)).toMatchObject({
    commit: git('rev-parse', 'HEAD'),
    isModified: false,
    nodeVersion: process.versions.node,
  });
  writeFileSync(join(directory, 'changed'), '');
  expect(readEnvironment(directory).isModified).toBe(true);
});

it('calls the commit unknown outside a repository', () => {
  expect(readEnvironment(directory)).toMatchObject({ commit: 'unknown', isModified: false });
});

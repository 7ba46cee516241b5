/**
 * Where a report was made: Node.js, machine and commit.
 */
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { ReportEnvironment } from './run-report.ts';

/** The root of the project, with a `/` at its end. */
export const PROJECT_ROOT: string = fileURLToPath(new URL('../../../', import.meta.url));

/** Looks at the machine and the repository. Never fails: what cannot be seen is `unknown`. */
export function readEnvironment(root: string = PROJECT_ROOT): ReportEnvironment {
  const cpus = os.cpus();
  return {
    nodeVersion: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus[0]?.model ?? 'unknown',
    cpuCount: os.availableParallelism(),
    commit: askGit(root, ['rev-parse', 'HEAD']) ?? 'unknown',
    isModified: (askGit(root, ['status', '--porcelain']) ?? '') !== '',
  };
}

/** What git says, or undefined outside a repository, and where there is no git. */
function askGit(root: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', ['-C', root, ...args], {
    encoding: 'utf8',
    timeout: 5000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout.trim() : undefined;
}

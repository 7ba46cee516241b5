/**
 * Each planted bug is found by the random cluster within its budget of seeds: one process a bug,
 * since the patch is planted while modules load. Found is what the watchman sees, or, of a few, a
 * member that stops where it notices what was done to it; a hunt that breaks has found nothing.
 */
import { execFile } from 'node:child_process';
import { env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { plantedBugs } from '../src/planted-bugs.ts';

const run = promisify(execFile);
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** What a hunt with the bug in it prints, which ends badly where the bug is found. */
async function hunt(bug: string, seedCount: number): Promise<string> {
  const program = [path('./hunt.ts'), '--first', '--steps', '2000', '--events', '0'];
  program.push('--seeds', `${seedCount}`);
  const options = { env: { ...env, RAFT_BUG: bug } };
  return await run(execPath, ['--import', path('./bug-hook.ts'), ...program], options).then(
    ({ stdout }) => stdout,
    (failed: { stdout: string; stderr: string }) => failed.stdout + failed.stderr,
  );
}

/** Bugs that members notice themselves, before the watchman can. */
const STOPPING: ReadonlySet<string> = new Set(['late-write-counts', 'heartbeat-commits-all']);

describe('planted bugs', () => {
  for (const { name, seedBudget } of plantedBugs) {
    it(`finds ${name}`, { timeout: 60_000 }, async () => {
      const found = STOPPING.has(name) ? 'stopped' : 'violation';
      const wanted = new RegExp(`^seed \\d+: ${found}: .+\\n1 kinds of violation$`, 'm');
      expect(await hunt(name, seedBudget)).toMatch(wanted);
    });
  }

  it('refuses a bug that there is not, so that no hunt is clean by mistake', async () => {
    expect(await hunt('no-such-bug', 1)).toContain('there is no bug no-such-bug');
  });
});

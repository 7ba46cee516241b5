/**
 * Runs a program to its end.
 */
import { spawn } from 'node:child_process';

/**
 * Runs `program` and resolves to what it printed; rejects with all of its output when it fails.
 *
 * The output is bounded by what tools print about one package; it is held in memory.
 */
export function run(
  program: string,
  args: readonly string[],
  { cwd }: { readonly cwd: string },
): Promise<string> {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let complained = '';
  child.stdout.on('data', (bytes) => {
    printed += bytes;
  });
  child.stderr.on('data', (bytes) => {
    complained += bytes;
  });
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (code) => {
      if (code === 0) done(printed);
      else
        failed(
          new Error(`${program} ${args.join(' ')}: exit code ${code}\n${printed}${complained}`),
        );
    });
  });
}

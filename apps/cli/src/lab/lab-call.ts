/**
 * Calls into the lab, with its refusals as errors that a person can act on.
 */
import { CommandError, Interrupted, messageOf } from '../command-error.ts';

/**
 * What `call` resolves to.
 *
 * @throws Interrupted where `signal` was aborted meanwhile, whatever `call` made of it
 * @throws CommandError for a name or number that the lab does not take
 */
export async function callLab<Result>(
  signal: AbortSignal,
  call: () => Promise<Result>,
): Promise<Result> {
  try {
    const result = await call();
    if (signal.aborted) throw new Interrupted();
    return result;
  } catch (error) {
    if (signal.aborted) throw new Interrupted();
    if (error instanceof Error && error.name === 'InvalidArgument') {
      const option = 'option' in error ? String(error.option) : '';
      const command = LISTS.get(option);
      const hint = command === undefined ? '' : `; \`${command}\` shows them all`;
      throw new CommandError('usage', `${messageOf(error)}${hint}.`);
    }
    throw error;
  }
}

/** What shows the names that an option may have. */
const LISTS: ReadonlyMap<string, string> = new Map([
  ['experiment', 'mangrove lab list'],
  ['bug', 'mangrove lab bugs'],
]);

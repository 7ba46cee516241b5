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
      throw new CommandError(
        'usage',
        `${messageOf(error)}; \`mangrove lab list\` shows the names.`,
      );
    }
    throw error;
  }
}

/**
 * The register of the tutorial, of which every run breaks two rules that are made up: one by its
 * writes, which has another name with each of them, and one by any read.
 */
import {
  coverageOf,
  type HistoryEvent,
  pairOperations,
  type RecordedOperation,
  type Verdict,
  violationOf,
} from '@mangrove/check';
import { registerExperiment } from '@mangrove/first-system';
import type { CatalogEntry } from '@mangrove/lab/node';

/** So many writes are too many. */
export const TOO_MANY = 3;

function rule(
  check: string,
  seen: readonly HistoryEvent[],
  nameOf: (operations: readonly RecordedOperation[]) => string | undefined,
): Verdict {
  const operations = pairOperations(seen);
  const coverage = coverageOf(check, operations);
  const name = nameOf(operations);
  if (name === undefined) return { type: 'valid', coverage, decidedBy: 'counting' };
  const violation = violationOf(name, ['It was done.'], operations, operations.at(-1));
  return { type: 'invalid', coverage, decidedBy: 'counting', violations: [violation] };
}

/** The experiment, for worker threads. */
export const entry: CatalogEntry = {
  experiment: { ...registerExperiment, name: 'two-rules', activeMs: 500 },
  about: 'a register with rules that every run breaks',
  judges: [
    {
      check: 'nobody writes often',
      judge: (seen) =>
        rule('nobody writes often', seen, (operations) => {
          const count = operations.filter(({ f }) => f === 'write').length;
          return count < TOO_MANY ? undefined : `written-${count}-times`;
        }),
    },
    {
      check: 'nobody reads',
      judge: (seen) =>
        rule('nobody reads', seen, (operations) =>
          operations.some(({ f }) => f === 'read') ? 'a-read' : undefined,
        ),
    },
  ],
  bugs: [],
};

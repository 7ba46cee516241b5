/**
 * The register of the tutorial as an experiment of which some seeds fail, some are not known and
 * some hold: by what clients saw, and so the same in every process.
 */
import { register } from '@mangrove/check';
import { registerExperiment } from '@mangrove/first-system';
import { type CatalogEntry, linearizable } from '@mangrove/lab/node';

const judge = linearizable(register());

/** An odd number of reads is not known; whoever waits for long makes a run invalid. */
export const entry: CatalogEntry = {
  experiment: {
    ...registerExperiment,
    ...{ name: 'doubtful-register', activeMs: 500 },
    slos: [{ type: 'outage', msMax: 350 }],
  },
  about: 'a register whose judges disagree',
  judges: [
    judge,
    {
      check: 'the number of reads is even',
      judge: (seen) => {
        const verdict = judge.judge(seen);
        const count = seen.filter(({ type, f }) => type === 'invoke' && f === 'read').length;
        if (count % 2 === 0) return verdict;
        const reason = { code: 'undecided', sentence: `${count} is odd` } as const;
        return { type: 'unknown', coverage: verdict.coverage, reason };
      },
    },
  ],
  bugs: [],
};

/**
 * The story of a run in lines: the few moments that tell what happened.
 */
import { type RunEvidence, storyOfRun } from '@mangrove/lab';

/** `x 4.   812.3 ms  c2 reads nothing`: each moment by its time; an x where it goes wrong. */
export function storyLines(evidence: RunEvidence): readonly string[] {
  const steps = storyOfRun(evidence).steps;
  return steps.map(({ atMs, text, isWrong }, index) => {
    const head = `${isWrong ? 'x' : ' '} ${index + 1}. ${atMs.toFixed(1).padStart(8)} ms`;
    return `${head}  ${text.replaceAll(NO_BREAK_SPACE, ' ')}`;
  });
}

/** Pages keep a figure with its unit by it; who searches the output of a command types a space. */
const NO_BREAK_SPACE = '\u00a0';

/** The same for machines. */
export function storySteps(evidence: RunEvidence) {
  return storyOfRun(evidence).steps.map(({ atMs, node, title, text, isWrong }) => {
    return { atMs, node, title, text, isWrong };
  });
}

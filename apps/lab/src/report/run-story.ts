/**
 * The story of a run as its report tells it: from its trace, or from what is known without one.
 */
import type { ExperimentReport, RunEvidence } from '../run-report.ts';
import { anomaliesOf } from '../verdict.ts';
import { explanationOf, shownRun } from './headline.ts';
import { readStory, type Story } from './story.ts';

/** The story of the run that the report shows. */
export function storyOf(report: ExperimentReport): Story {
  return storyOfRun(shownRun(report));
}

/** The story of `run`. */
export function storyOfRun(run: RunEvidence): Story {
  const { trace, plan, history, endMs, strikes, verdict, ends } = run;
  const anomalies = anomaliesOf(verdict);
  const explanation = explanationOf(run);
  return readStory({ trace, plan, history, endMs, strikes, anomalies, explanation, ends });
}

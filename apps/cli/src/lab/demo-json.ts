/**
 * What the main job came to, as one object for machines.
 */
import { type RunEvidence, sizeOf } from '@mangrove/lab';
import { clusterFiguresOf, type DemoResult } from '@mangrove/lab/node';
import type { JsonValue } from '../surroundings.ts';

/**
 * The result without what is long: traces, histories and choices are in the report.
 *
 * @param path where the report is
 */
export function demoJson(
  { report, cluster, cleanHunt, isAsExpected }: DemoResult,
  path: string,
): JsonValue {
  const { hunt, planted, found, shrunk = found } = report;
  const brief = ({ world, plan, verdict, endMs, hash }: RunEvidence) => {
    return { world, size: sizeOf(plan), verdict, endMs, hash };
  };
  const object = {
    ...{ isAsExpected, report: path, cleanHunt, hunt, bug: planted?.bug.name },
    cluster: { ...brief(cluster), figures: clusterFiguresOf(cluster) },
    ...{ found: brief(found), shrunk: brief(shrunk), cleanAnswer: planted?.cleanAnswer },
  };
  return JSON.parse(JSON.stringify(object));
}

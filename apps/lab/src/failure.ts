/**
 * How a run failed, by which a failure is known again in another run: the oracle of shrinking.
 */
import type { AnomalyClass, Verdict } from './verdict.ts';

/** How a run failed: what it is called by, and who said so. */
export interface Failure {
  readonly class: AnomalyClass;
  /** The judge that said so: the `check` of its answer. */
  readonly check: string;
  /** What the judge calls it; the class where it has no name for it. */
  readonly name: string;
}

/** How a run failed: by the first anomaly of its class; undefined where it did not fail. */
export function failureOf({ anomaly, checks }: Verdict): Failure | undefined {
  for (const { check, answer, anomalies } of checks) {
    if (answer !== 'invalid') continue;
    const first = anomalies.find((each) => each.class === anomaly);
    if (first !== undefined) return { class: first.class, check, name: first.name ?? first.class };
  }
  return undefined;
}

/**
 * Whether a run failed in the same way: it is called by the same class, and the same judge says so,
 * be it as one of several. The class `promise` alone is too wide for that: a plan that breaks a
 * watch could become one that breaks a lease, by another bug.
 *
 * What the judge calls it may differ. A plan that becomes smaller takes away what one name needs:
 * without the second of two dependencies a cycle is `G-single` and no `G2-item`, without the read
 * that came later a stale read is a lost write. It is one promise that is broken, and who insisted
 * on the name would keep what is not needed.
 */
export function failsLike(verdict: Verdict, failure: Failure): boolean {
  return verdict.anomaly === failure.class && judgedBy(verdict, failure).checks.length > 0;
}

/** The verdict of that judge alone on such a failure, so that evidence is of nothing else. */
export function judgedBy(verdict: Verdict, failure: Failure): Verdict {
  const checks = verdict.checks.filter(
    ({ check, answer, anomalies }) =>
      check === failure.check &&
      answer === 'invalid' &&
      anomalies.some((each) => each.class === failure.class),
  );
  return { ...verdict, checks };
}

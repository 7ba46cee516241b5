/**
 * A case that is judged in a process of its own, so that its peak of memory is its own, and what a
 * benchmark reports of it: the time beside that of a reference of the same run, and the memory.
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type BenchRow, boundedRow } from './bench-row.ts';

/** What a program that judges one case prints, as JSON. */
export interface Measured {
  readonly judgeMs: number;
  /** What is named in `beside`: the least that any judge does with the same history. */
  readonly referenceMs: number;
  /** The most memory that the process had, the history included. */
  readonly peakMib: number;
  readonly verdict: string;
}

/** A case, and what is asked of it. */
export interface Case {
  readonly bench: string;
  readonly name: string;
  /** The program, in this folder, and what it is told. */
  readonly program: string;
  readonly args: readonly string[];
  readonly beside: string;
  readonly goalMs: number;
  /** The verdict that it must have; any where it is absent. */
  readonly verdict?: string;
}

const PEAK_MIB_MAX = 1024;

/** What leaves room for what is not on the heap of JavaScript below a gibibyte. */
const HEAP_MIB = 960;

/** Judges a case and reports two rows. @throws Error when it fails or has another verdict */
export function reportCase(report: (row: BenchRow) => void, one: Case): void {
  const program = fileURLToPath(new URL(one.program, import.meta.url));
  const args = [`--max-old-space-size=${HEAP_MIB}`, program, ...one.args];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${one.name} ended with ${status}: ${stderr.slice(-2000)}`);
  const { judgeMs, referenceMs, peakMib, verdict }: Measured = JSON.parse(stdout);
  if (one.verdict !== undefined && verdict !== one.verdict) {
    throw new Error(`${one.name} was judged ${verdict}, but is ${one.verdict}`);
  }
  const name = one.verdict === undefined ? `${one.name}: ${verdict}` : one.name;
  const timed = `${name}, beside ${one.beside}`;
  report(boundedRow(one.bench, timed, judgeMs, referenceMs, 'ms', one.goalMs));
  const peak = `${name}, peak memory beside 1 GiB`;
  report(boundedRow(one.bench, peak, peakMib, PEAK_MIB_MAX, 'MiB', PEAK_MIB_MAX));
}

/** Judges `history` and prints what was measured. */
export function printMeasured<History>(
  history: History,
  judge: (history: History) => string,
  reference: (history: History) => unknown,
): void {
  const judgeFrom = performance.now();
  const verdict = judge(history);
  const judgeMs = performance.now() - judgeFrom;
  const peakMib = process.resourceUsage().maxRSS / 1024;
  const referenceFrom = performance.now();
  reference(history);
  const referenceMs = performance.now() - referenceFrom;
  process.stdout.write(
    JSON.stringify({ judgeMs, referenceMs, peakMib, verdict } satisfies Measured),
  );
}

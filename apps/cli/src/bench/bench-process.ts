/**
 * The process in which one benchmark runs: it imports the file it is given and sends its rows to
 * the parent.
 *
 * It ends when the parent goes away, so that a killed `mangrove bench` leaves nothing behind.
 */
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import type { Bench, BenchRow } from '@mangrove/experiment';

/** What the process tells its parent. */
export type BenchMessage =
  | { readonly type: 'row'; readonly row: BenchRow }
  | { readonly type: 'failed'; readonly message: string };

process.on('disconnect', () => process.exit(1));

const path = process.argv[2] ?? '';
try {
  const { bench } = (await import(pathToFileURL(path).href)) as { readonly bench: Bench };
  await bench.run((row) => tell({ type: 'row', row }));
} catch (error) {
  // What went wrong belongs to the benchmark; the parent prints it beside the others' rows.
  tell({ type: 'failed', message: error instanceof Error ? String(error.stack) : String(error) });
}
// Not listening any longer: the process ends once the messages are out and nothing else runs.
process.channel?.unref();

function tell(message: BenchMessage): void {
  process.send?.(message);
}

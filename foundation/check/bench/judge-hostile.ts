/**
 * Judges one hostile history in a process of its own, and prints what was measured as JSON.
 *
 * `node judge-hostile.ts open NAME`: a million operations that never end, and one that asks for
 * what none or many of them explain; `refuted NAME`: the same with a read that is wrong, so that it
 * is explained; `crowd NAME`: 10,000 that are all under way at one time. No bounds are given, so
 * those of the library count.
 */
import process from 'node:process';
import { type HistoryEvent, pairOperations } from '../src/index.ts';
import { printMeasured } from './apart.ts';
import { crowdHistory, judgeHostile, openHistory, refutedHistory } from './hostile-histories.ts';

const [, , kind, name = ''] = process.argv;
printMeasured(historyOf(), (events) => judgeHostile(name, events).type, pairOperations);

function historyOf(): HistoryEvent[] {
  if (kind === 'open') return openHistory(name, 1_000_000);
  return kind === 'refuted' ? refutedHistory(name, 1_000_000) : crowdHistory(name, 10_000);
}

/**
 * The checks of objects by count and by bound: sets, counters, queues, ids.
 */
import { type HistoryEvent, pairSlices } from '../history.ts';
import { counterBoundsSlices } from '../objects/counter-bounds.ts';
import { finalCounterSlices } from '../objects/final-counter.ts';
import { finalSetSlices } from '../objects/final-set.ts';
import { queueSlices, totalQueueSlices, uniqueIdSlices } from '../objects/queue-totals.ts';
import { setFullSlices } from '../objects/set-full.ts';
import type { Slices } from '../task.ts';
import type { Verdict } from '../verdict.ts';
import { type Check, eventsOf, inSlices, plainCheck } from './check.ts';
import type { Settings } from './settings.ts';

/** The checks of this file. */
export const OBJECT_CHECKS: readonly Check[] = [
  {
    name: 'set-full',
    family: 'object',
    sentence: 'a set that is only added to loses no element, and shows none that nobody added',
    operations: 'add, read (answers a list)',
    settings: [
      {
        name: 'linearizable',
        sentence: 'whether every read that begins after an element is known must have it; false',
        kind: 'boolean',
      },
    ],
    takesInitial: false,
    judge: inSlices('set-full', function* ({ history, settings }) {
      const linearizable = settings.isTrue('linearizable');
      const { verdict, stable, lost, neverRead, stale, lostLatencies } = yield* setFullSlices(
        eventsOf(history),
        { linearizable },
      );
      const counts = {
        stableCount: stable.length,
        lostCount: lost.length,
        neverReadCount: neverRead.length,
        staleCount: stale.length,
      };
      const timed = (latencies: typeof stale) => latencies.map(({ element, ms }) => [element, ms]);
      const details = { ...counts, staleMs: timed(stale), lostMs: timed(lostLatencies) };
      const [stalest] = stale;
      const told =
        `${stable.length} elements are stable, ${lost.length} lost, ${neverRead.length} never ` +
        `read; ${stale.length} were stale`;
      const notes = [stalest === undefined ? `${told}.` : `${told}, at most ${stalest.ms} ms.`];
      return { verdict, notes, details };
    }),
  },
  plainCheck(
    {
      name: 'final-set',
      family: 'object',
      sentence: 'the last read has what was acknowledged, and nothing that nobody added',
      operations: 'add, read (answers a list)',
    },
    function* (events) {
      return (yield* finalSetSlices(events)).verdict;
    },
  ),
  plainCheck(
    {
      name: 'counter-bounds',
      family: 'object',
      sentence: 'each read lies between what was acknowledged and what was attempted',
      operations: 'add, increment, decrement, read',
    },
    function* (events) {
      return (yield* counterBoundsSlices(events)).verdict;
    },
  ),
  {
    name: 'final-counter',
    family: 'object',
    sentence: 'reads in the end are a possible total, and the same everywhere',
    operations: 'add, increment, decrement, read',
    settings: [
      {
        name: 'finalAtMs',
        sentence: 'from when on reads are final; after the last change where it is absent',
        kind: 'number',
      },
    ],
    takesInitial: false,
    judge: inSlices('final-counter', function* ({ history, settings }) {
      return { verdict: yield* judgeFinalCounter(eventsOf(history), settings) };
    }),
  },
  plainCheck(
    {
      name: 'queue',
      family: 'object',
      sentence: 'nothing comes out before it went in, or more often',
      operations: 'enqueue, dequeue',
    },
    queueSlices,
  ),
  {
    name: 'total-queue',
    family: 'object',
    sentence: 'once drained, all that was acknowledged came out, once',
    operations: 'enqueue, dequeue, drain (answers a list)',
    settings: [
      {
        name: 'allowDuplicates',
        sentence: 'whether an item may come out more often than it went in; false',
        kind: 'boolean',
      },
    ],
    takesInitial: false,
    judge: inSlices('total-queue', function* ({ history, settings }) {
      const allowDuplicates = settings.isTrue('allowDuplicates');
      const { verdict, lost, unexpected, duplicated, recovered } = yield* totalQueueSlices(
        eventsOf(history),
        { allowDuplicates },
      );
      return { verdict, details: { lost, unexpected, duplicated, recovered } };
    }),
  },
  plainCheck(
    {
      name: 'unique-ids',
      family: 'object',
      sentence: 'no id is given twice',
      operations: 'generate (answers the id)',
    },
    uniqueIdSlices,
  ),
];

function* judgeFinalCounter(events: readonly HistoryEvent[], settings: Settings): Slices<Verdict> {
  const operations = yield* pairSlices(events);
  const finalAtMs = settings.number('finalAtMs');
  const lastChange = operations.reduce((last, operation) => {
    const { f, end, invokedAt, completedAt } = operation;
    if (f === 'read' || end === 'fail') return last;
    return Math.max(last, end === 'open' ? invokedAt : completedAt);
  }, -1);
  return yield* finalCounterSlices(operations, ({ invokedAt, invokedAtMs }) =>
    finalAtMs === undefined ? invokedAt > lastChange : invokedAtMs >= finalAtMs,
  );
}

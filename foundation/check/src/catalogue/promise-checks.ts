/**
 * The checks of promises of other kinds: sessions, staleness, watches, convergence, locks, rates.
 */
import { convergenceSlices } from '../rules/convergence.ts';
import { mutualExclusionSlices } from '../rules/mutual-exclusion.ts';
import { rateBoundSlices } from '../rules/rate-bound.ts';
import { watchHistorySlices } from '../rules/watch-history.ts';
import { SESSION_GUARANTEES, sessionSlices } from '../sessions/session-guarantees.ts';
import { stalenessSlices } from '../sessions/staleness.ts';
import { type Check, eventsOf, inSlices } from './check.ts';

/** The checks of this file. */
export const PROMISE_CHECKS: readonly Check[] = [
  {
    name: 'sessions',
    family: 'promise',
    sentence: 'each process sees its own writes, and what it saw, in order',
    operations: 'read, write',
    settings: [
      {
        name: 'guarantees',
        sentence: 'which must hold; all where it is absent',
        kind: 'names',
        names: SESSION_GUARANTEES,
      },
    ],
    takesInitial: true,
    judge: inSlices('sessions', function* ({ history, settings, initial = null }) {
      const guarantees = settings.names('guarantees', SESSION_GUARANTEES) ?? SESSION_GUARANTEES;
      return { verdict: yield* sessionSlices(eventsOf(history), { guarantees, initial }) };
    }),
  },
  {
    name: 'staleness',
    family: 'promise',
    sentence: 'no read sees a value that was surely replaced for longer than allowed',
    operations: 'read, write',
    settings: [
      {
        name: 'maxStaleMs',
        sentence: 'how stale a read may be; 0 where it is absent: not at all',
        kind: 'number',
      },
    ],
    takesInitial: true,
    judge: inSlices('staleness', function* ({ history, settings, initial = null }) {
      const maxStaleMs = settings.number('maxStaleMs') ?? 0;
      const options = { maxStaleMs, initial };
      const { verdict, worst, staleCount } = yield* stalenessSlices(eventsOf(history), options);
      const worstMs = worst?.staleMs ?? 0;
      const notes = [`${staleCount} reads were stale, at most ${worstMs} ms.`];
      return { verdict, notes, details: { staleCount, worstMs } };
    }),
  },
  {
    name: 'watch',
    family: 'promise',
    sentence: 'watches are ordered, unique, atomic, reliable, resumable, bookmarkable, true',
    operations: 'watch, next (answers a response), log (answers changes)',
    settings: [],
    takesInitial: false,
    judge: inSlices('watch', function* ({ history }) {
      const { verdict, faults } = yield* watchHistorySlices(eventsOf(history));
      const told = faults.map(({ guarantee, watch, sentence }) => ({ guarantee, watch, sentence }));
      return { verdict, details: { faults: told } };
    }),
  },
  {
    name: 'convergence',
    family: 'promise',
    sentence: 'once all has settled, all replicas tell the same',
    operations: 'read, and whatever changes something',
    settings: [
      {
        name: 'settledAtMs',
        sentence: 'from when on all must agree: after the last change and the time to settle',
        kind: 'number',
        isRequired: true,
      },
    ],
    takesInitial: false,
    judge: inSlices('convergence', function* ({ history, settings }) {
      const settledAtMs = settings.number('settledAtMs') ?? 0;
      return { verdict: yield* convergenceSlices(eventsOf(history), { settledAtMs }) };
    }),
  },
  {
    name: 'mutual-exclusion',
    family: 'promise',
    sentence: 'no more hold a lock for certain than may',
    operations: 'acquire, release',
    settings: [
      { name: 'permits', sentence: 'how many may hold at a time; 1', kind: 'positive number' },
      {
        name: 'leaseMs',
        sentence: 'for how long an acquire holds from its beginning on; for ever',
        kind: 'positive number',
      },
    ],
    takesInitial: false,
    judge: inSlices('mutual-exclusion', function* ({ history, settings }) {
      const permits = settings.number('permits') ?? 1;
      const leaseMs = settings.number('leaseMs') ?? Number.POSITIVE_INFINITY;
      return { verdict: yield* mutualExclusionSlices(eventsOf(history), { permits, leaseMs }) };
    }),
  },
  {
    name: 'rate-bound',
    family: 'promise',
    sentence: 'no window of time, wherever it begins, holds more admissions than the limit',
    operations: 'any; ok is admitted, and with a result of false or 0 it is refused',
    settings: [
      {
        name: 'limit',
        sentence: 'the most that may be admitted in a window, of each key',
        kind: 'number',
        isRequired: true,
      },
      {
        name: 'windowMs',
        sentence: 'how long a window is',
        kind: 'positive number',
        isRequired: true,
      },
    ],
    takesInitial: false,
    judge: inSlices('rate-bound', function* ({ history, settings }) {
      const limit = settings.number('limit') ?? 0;
      const windowMs = settings.number('windowMs') ?? 0;
      const { verdict, most } = yield* rateBoundSlices(eventsOf(history), {
        ...{ limit, windowMs },
        costOf: ({ result }) => (typeof result === 'number' ? result : result === false ? 0 : 1),
      });
      const notes = [`The fullest window of ${windowMs} ms holds ${most} for certain.`];
      return { verdict, notes, details: { most } };
    }),
  },
];

/**
 * What the store promises of its quota: once the alarm is known nothing gets in until somebody ends
 * it, and who makes room is never told that there is none.
 */
import { type HistoryEvent, pairOperations, type Verdict, violationOf } from '@mangrove/check';
import { fieldsOf, type KvPromise, named, verdictOn } from './promise.ts';

/** The promise of this file. */
export const quota: KvPromise = {
  check: 'nothing gets in while the store is full, and room can be made',
  view: named({ fill: 'fill', write: 'fill', alarms: 'alarms', 'make-room': 'make-room' }),
  judge: judgeQuota,
};

function judgeQuota(seen: readonly HistoryEvent[]): Verdict {
  const operations = pairOperations(seen);
  const rooms = operations.filter(({ f, end }) => f === 'make-room' && end !== 'fail');
  const fills = operations.filter(({ f, end }) => f === 'fill' && end === 'ok');
  const full = operations.filter((each) => {
    return each.f === 'alarms' && each.end === 'ok' && fieldsOf(each)['isFull'] === true;
  });
  const violations = full.flatMap((told) => {
    // Whoever may have ended the alarm between the two excuses the write.
    const late = fills.find(
      (fill) =>
        fill.invokedAt > told.completedAt &&
        rooms.every(
          (room) => room.completedAt < told.invokedAt || room.invokedAt > fill.completedAt,
        ),
    );
    if (late === undefined) return [];
    const sentence =
      `${told.process} was told that the store is full; ${late.process} began a write after ` +
      'that, which went through, and nobody had made room.';
    return [violationOf('write-into-a-full-store', [sentence], [told, late], late)];
  });
  for (const room of rooms) {
    if (fieldsOf(room)['refusedFor'] === undefined) continue;
    const sentence = `${room.process} wanted to make room and was told that there is none.`;
    violations.push(violationOf('no-room-to-make-room', [sentence], [room], room));
  }
  return verdictOn('the quota', operations, violations, full.length);
}

/**
 * The room that answers take at a port, by hand: what is under way, what was handed to connections,
 * and what waits at them.
 */
import { expect, it } from 'vitest';
import { AnswerRoom } from './answer-room.ts';

it('R35: answers under way have the room together, and give it back', () => {
  const room = new AnswerRoom(100, () => 0);
  const [first, second] = [room.open(), room.open()];
  expect(first.growTo(60)).toBe(true);
  expect(second.growTo(41)).toBe(false);
  expect(second.growTo(40)).toBe(true);
  expect(second.growTo(41)).toBe(false);
  first.close(0);
  expect(second.growTo(100)).toBe(true);
  expect(room.isFull).toBe(false);
});

it('R35: what connections were handed counts until they were looked at, then what waits', () => {
  let waitingBytes = 0;
  const room = new AnswerRoom(100, () => waitingBytes);
  const first = room.open();
  expect(first.growTo(50)).toBe(true);
  // It is larger as a message.
  waitingBytes = 120;
  first.close(120);
  expect(room.isFull).toBe(true);
  expect(room.takeShortage()).toBe(70);
  const second = room.open();
  expect(second.growTo(1)).toBe(false);
  expect(room.takeShortage()).toBe(70);
  waitingBytes = 30;
  room.look();
  expect(room.isFull).toBe(false);
  expect(second.growTo(70)).toBe(true);
  expect(room.takeShortage()).toBe(0);
  expect(second.growTo(71)).toBe(false);
  expect(room.takeShortage()).toBe(50);
  expect(room.takeShortage()).toBe(0);
});

it('R35: connections are looked at by itself where something was handed since', () => {
  let lookCount = 0;
  const room = new AnswerRoom(100, () => {
    lookCount += 1;
    return 0;
  });
  room.open().close(90);
  expect(lookCount).toBe(0);
  expect(room.open().growTo(20)).toBe(true);
  expect(lookCount).toBe(1);
});

it('R35: answers that are encoded in slices have room too; one goes on always', async () => {
  const room = new AnswerRoom(100, () => 0);
  const entered: number[] = [];
  const enter = (sizeBytes: number) => {
    void room.enter(sizeBytes).then(() => entered.push(sizeBytes));
  };
  const answer = room.open();
  expect(answer.growTo(70)).toBe(true);
  // There is no room for it, and nothing that would make some.
  enter(50);
  await undefined;
  expect(entered).toEqual([50]);
  expect(room.isFull).toBe(true);
  expect(room.open().growTo(1)).toBe(false);
  // They wait in order, also those that have room.
  enter(60);
  enter(30);
  answer.close(0);
  enter(1);
  await undefined;
  expect(entered).toEqual([50]);
  room.leave(50);
  await undefined;
  expect(entered).toEqual([50, 60, 30, 1]);
  for (const sizeBytes of [60, 30, 1]) room.leave(sizeBytes);
  expect(room.open().growTo(100)).toBe(true);
});

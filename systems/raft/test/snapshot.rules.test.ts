/**
 * The rules of snapshots, one story each.
 */
import { type NodeId, toNodeId } from '@mangrove/host';
import { describe, expect, it } from 'vitest';
import {
  type LogIndex,
  type Message,
  nextTimerAt,
  type RaftOptions,
  type SnapshotMetadata,
  simpleConfiguration,
  type Term,
} from '../src/index.ts';
import { imageOf, snapshotBytes } from './machine.ts';
import { Stage } from './stage.ts';

const THREE = { voters: ['a', 'b', 'c'] };

/** A snapshot of `a` for `b`, in one piece. */
function install(index: number, term: number, voters: readonly string[]): Message {
  const snapshot: SnapshotMetadata = {
    index: index as LogIndex,
    term: term as Term,
    configuration: simpleConfiguration(voters.map(toNodeId)),
    configurationIndex: 1 as LogIndex,
  };
  const data = snapshotBytes(index, 0);
  const head = { from: toNodeId('a'), to: toNodeId('b'), term: 5 as Term };
  return { type: 'install-snapshot', snapshot, image: imageOf(data), offset: 0, data, ...head };
}

describe('snapshots', () => {
  it('R24, R107: a snapshot takes the place of a batch that is being applied', () => {
    const stage = new Stage({ ...THREE, appliesByItself: false });
    stage.elect('a');
    stage.timer('a');
    stage.settle();
    stage.finishApply('b');
    stage.proposeBatch('a', [3, 3, 3, 3]);
    stage.settle();
    stage.timer('a');
    stage.settle();
    expect(stage.state('b')).toMatchObject({ appliedIndex: 2, applyingIndex: 6 });
    const read = stage.id();
    stage.happen('b', { type: 'read', id: read, mode: 'read-index' });
    stage.settle();
    stage.happen('b', {
      type: 'message',
      message: { ...install(9, 2, THREE.voters), term: 2 as Term },
    });
    stage.sync('b');
    expect(stage.state('b')).toMatchObject({ applyingIndex: 9, isRestoring: true });
    // The batch ends late: it is not the snapshot that was taken in, and nothing is read of it.
    stage.happen('b', { type: 'applied', index: 6 as LogIndex });
    expect(stage.state('b')).toMatchObject({ applyingIndex: 9, isRestoring: true });
    expect(stage.outcome(read)).toBeUndefined();
    stage.finishApply('b');
    expect(stage.state('b')).toMatchObject({ appliedIndex: 9, isRestoring: false });
    expect(stage.outcome(read)).toMatchObject({ type: 'read-ready', index: 6 });
    const restores = stage.seen.filter(({ effect }) => effect.type === 'restore');
    expect(restores).toHaveLength(1);
  });

  it('R38: a snapshot carries the configuration of its index, not a newer one', () => {
    const stage = new Stage({ ...THREE, learners: ['d'] });
    stage.elect('a');
    const id = stage.id();
    const changes = [{ type: 'remove', node: toNodeId('c') }] as const;
    stage.happen('a', { type: 'change-members', id, changes, isAutoLeave: false });
    stage.snapshot('a');
    expect(stage.state('a').snapshot.index).toBe(2);
    expect(stage.state('a').snapshot.configuration.voters).toEqual(['a', 'b', 'c']);
    expect(stage.state('a').log.configurations.latest.configuration.voters).toEqual(['a', 'b']);
  });

  it('R39: a snapshot that is not ahead of the commit, however late, changes nothing', () => {
    const stage = new Stage(THREE);
    stage.elect('a');
    for (let count = 0; count < 4; count++) stage.propose('a');
    stage.settle();
    stage.timer('a');
    stage.settle();
    const message = { ...install(3, 2, ['a', 'b', 'c']), term: 2 as Term };
    stage.happen('b', { type: 'message', message });
    expect(stage.terms('b')).toBe('2 2 2 2 2');
    expect(stage.parcels.at(-1)).toMatchObject({ type: 'append-accepted', index: 6 });
  });

  it('R40: a snapshot that the log reaches beyond, and matches, leaves the log whole', () => {
    const stage = new Stage(THREE);
    stage.elect('a', ['c']);
    for (let count = 0; count < 4; count++) stage.propose('a');
    stage.deliver({ to: 'b' });
    stage.sync('b');
    expect(stage.state('b').commitIndex).toBe(2);
    stage.sync('a');
    stage.settle(['b', 'c']);
    const message = { ...install(3, 2, ['a', 'b', 'c']), term: 2 as Term };
    const alone = new Stage({ ...THREE, isWatched: false });
    const { log } = alone.state('b');
    log.append([
      { type: 'no-op', index: 2 as LogIndex, term: 2 as Term },
      { type: 'no-op', index: 3 as LogIndex, term: 2 as Term },
      { type: 'no-op', index: 4 as LogIndex, term: 2 as Term },
    ]);
    alone.happen('b', { type: 'message', message });
    expect(alone.terms('b')).toBe('2 2 2');
    expect(alone.state('b').commitIndex).toBe(3);
  });

  it('R41: a snapshot that contradicts the log takes its place, configuration and all', () => {
    const stage = new Stage({ ...THREE, isWatched: false });
    const { log } = stage.state('b');
    const configuration = simpleConfiguration([toNodeId('b')]);
    log.append([
      { type: 'configuration', configuration, index: 2 as LogIndex, term: 1 as Term },
      { type: 'no-op', index: 3 as LogIndex, term: 1 as Term },
      { type: 'no-op', index: 4 as LogIndex, term: 1 as Term },
    ]);
    stage.happen('b', { type: 'message', message: install(3, 2, ['a', 'b', 'c']) });
    expect(stage.terms('b')).toBe('1 1 1');
    stage.sync('b');
    expect(log.lastIndex).toBe(3);
    expect(log.configurations.latest.configuration.voters).toEqual(['a', 'b', 'c']);
  });

  it('R42: a snapshot is accepted when durable; writes of the former log do not count', () => {
    const stage = new Stage({ ...THREE, isWatched: false });
    const entries = [{ type: 'no-op', index: 2 as LogIndex, term: 2 as Term }] as const;
    const head = { from: toNodeId('a'), to: toNodeId('b'), term: 2 as Term };
    const append = {
      type: 'append-entries',
      previousIndex: 1 as LogIndex,
      previousTerm: 1 as Term,
      entries,
      commitIndex: 1 as LogIndex,
      ...head,
    } as const;
    stage.happen('b', { type: 'message', message: append });
    stage.happen('b', { type: 'message', message: install(9, 4, ['a', 'b', 'c']) });
    stage.sync('b', 1);
    expect(stage.state('b').log.lastIndex).toBe(9);
    expect(stage.state('b').appliedIndex).toBe(1);
    expect(stage.parcels.filter(({ term }) => term === 5)).toEqual([]);
    stage.sync('b');
    expect(stage.state('b').appliedIndex).toBe(9);
    const answer = { type: 'append-accepted', index: 9, term: 5 };
    expect(stage.parcels).toContainEqual({ ...answer, from: 'b', to: 'a' });
  });

  it('R43: a follower behind the log gets a snapshot, then the entries behind it', () => {
    const stage = new Stage(THREE);
    stage.elect('a', ['c']);
    for (let count = 0; count < 4; count++) stage.propose('a');
    stage.settle(['c']);
    stage.snapshot('a');
    stage.propose('a');
    stage.timer('a');
    stage.settle();
    stage.timer('a');
    stage.settle();
    expect(stage.seen.some(({ effect }) => effect.type === 'restore')).toBe(true);
    expect(stage.state('c').appliedIndex).toBe(7);
  });

  it('R43: an acknowledgement from before the log of the leader begins ends no transfer', () => {
    const stage = behind(9);
    movePieces(stage, 2);
    const transfer = () => {
      const { role } = stage.state('a');
      return role.type === 'leader' ? role.progress.get(toNodeId('c')) : undefined;
    };
    const wanted = { mode: 'snapshot', transfer: { offset: 2 * CHUNK_BYTES } };
    expect(transfer()).toMatchObject(wanted);
    const { term } = stage.state('a');
    const head = { from: toNodeId('c'), to: toNodeId('a'), term };
    stage.hand({ type: 'append-accepted', index: 1 as LogIndex, ...head });
    expect(transfer()).toMatchObject({ ...wanted, matchIndex: 1 });
    expect(offsetsUntilInstalled(stage)).not.toContain(0);
    expect(stage.state('c').snapshot.index).toBe(9);
  });

  it('R100: a snapshot comes in pieces, one at a time; the log stays until all is there', () => {
    const stage = behind(9);
    const before = stage.terms('c');
    const pieces = [];
    while (stage.state('c').snapshot.index < 9) {
      const [piece, more] = stage.take({ type: 'install-snapshot' });
      if (piece?.type !== 'install-snapshot') throw new Error('no piece is on its way');
      expect(more).toBeUndefined();
      expect(piece.data.length).toBeLessThanOrEqual(CHUNK_BYTES);
      expect(stage.terms('c')).toBe(before);
      pieces.push(piece);
      stage.hand(piece);
      stage.sync('c');
      stage.deliver({ from: 'c', type: 'snapshot-progress' });
    }
    expect(pieces.length).toBe(Math.ceil(snapshotBytes(9, 0).length / CHUNK_BYTES));
  });

  it('R101: a piece that comes twice, or too early, is answered with how far one is', () => {
    const stage = behind(9);
    const [first] = stage.take({ type: 'install-snapshot' });
    if (first?.type !== 'install-snapshot') throw new Error('no piece is on its way');
    stage.hand({ ...first, offset: 30 });
    expect(stage.parcels.at(-1)).toMatchObject({ type: 'snapshot-progress', offset: 0 });
    stage.hand(first);
    stage.sync('c');
    stage.hand(first);
    const answers = stage.parcels.filter(({ type }) => type === 'snapshot-progress');
    expect(answers).toMatchObject([
      { offset: 0 },
      { offset: CHUNK_BYTES },
      { offset: CHUNK_BYTES },
    ]);
    // Both answers say the same, and one piece follows from them.
    stage.deliver({ type: 'snapshot-progress' });
    expect(stage.take({ type: 'install-snapshot' })).toMatchObject([{ offset: CHUNK_BYTES }]);
  });

  it('R101: after a crash of the follower the transfer goes on from what its disk has', () => {
    const stage = behind(9);
    movePieces(stage, 2);
    stage.crash('c');
    stage.restart('c');
    stage.take({ to: 'c' });
    // The leader finds out by the silence that the piece it sent is lost.
    const offsets = offsetsUntilInstalled(stage);
    expect(offsets[0]).toBe(2 * CHUNK_BYTES);
    expect(stage.state('c').snapshot.index).toBe(9);
  });

  it('R101: a piece that got lost is sent again, and those before it are not', () => {
    const stage = behind(9);
    movePieces(stage, 1);
    expect(stage.take({ type: 'install-snapshot' })).toMatchObject([{ offset: CHUNK_BYTES }]);
    expect(offsetsUntilInstalled(stage)[0]).toBe(CHUNK_BYTES);
  });

  it('R101: another leader with the same image goes on from the word of the follower', () => {
    for (const isDead of [true, false]) {
      const stage = behind(9);
      movePieces(stage, 2);
      const [late] = stage.take({ type: 'install-snapshot' });
      expect(late).toMatchObject({ from: 'a', offset: 2 * CHUNK_BYTES });
      stage.snapshot('b');
      expect(stage.state('b').snapshot).toEqual(stage.state('a').snapshot);
      stage.take();
      if (isDead) stage.crash('a');
      stage.elapse(300);
      stage.timer('b');
      for (let round = 0; round < 10 && stage.state('b').role.type !== 'leader'; round++) {
        if (!isDead) stage.take({ from: 'a' });
        stage.deliver();
        for (const name of 'bc') stage.sync(name);
      }
      expect(stage.state('b').role.type).toBe('leader');
      const before = stage.seen.length;
      const offsets = offsetsUntilInstalled(stage, 'b', late);
      // It begins in front, is told how far c is, and goes on from there.
      const rest = [2, 3, 4].filter((count) => count * CHUNK_BYTES < snapshotBytes(9, 0).length);
      expect(offsets).toEqual([0, ...rest.map((count) => count * CHUNK_BYTES)]);
      expect(stage.state('c').snapshot.index).toBe(9);
      const written = stage.seen
        .slice(before)
        .flatMap(({ effect }) => (effect.type === 'write-chunk' ? [effect.offset] : []));
      expect(written).toEqual(offsets.slice(1));
    }
  });

  it('R102: what arrives damaged is thrown away, and comes anew', () => {
    const stage = behind(9);
    const [first] = stage.take({ type: 'install-snapshot' });
    if (first?.type !== 'install-snapshot') throw new Error('no piece is on its way');
    stage.hand({ ...first, data: first.data.map((byte) => byte ^ 1) });
    stage.sync('c');
    stage.deliver({ from: 'c', type: 'snapshot-progress' });
    expect(offsetsUntilInstalled(stage)).toContain(0);
    expect(stage.state('c').appliedIndex).toBeGreaterThanOrEqual(9);
  });

  it('R103: while a snapshot is sent, it and the log behind it are kept, up to a bound', () => {
    const stage = behind(9);
    movePieces(stage, 1);
    stage.propose('a');
    stage.settle(['c']);
    stage.snapshot('a');
    expect(stage.state('a').snapshot.index).toBe(10);
    expect(stage.state('a').log.baseIndex).toBe(9);
    const seen = offsetsUntilInstalled(stage);
    expect(seen).not.toContain(0);
    stage.settle();
    expect(stage.state('c').appliedIndex).toBe(10);
    expect(stage.state('a').log.baseIndex).toBe(10);
  });

  it('R103: where the log would grow beyond the bound, the newest snapshot takes its place', () => {
    const stage = behind(9, { snapshotHoldCountMax: 2 });
    movePieces(stage, 1);
    for (let count = 0; count < 4; count++) stage.propose('a');
    stage.settle(['c']);
    stage.snapshot('a');
    expect(stage.state('a').log.baseIndex).toBe(13);
    offsetsUntilInstalled(stage);
    expect(stage.state('c').snapshot.index).toBe(13);
  });

  it('R104: pieces of a snapshot that was overtaken by a newer one change nothing', () => {
    const stage = new Stage({ ...THREE, isWatched: false, options: CHUNKED });
    const old = cut(install(3, 2, ['a', 'b', 'c']));
    const newer = cut(install(9, 4, ['a', 'b', 'c']));
    for (const message of [old, newer, old]) {
      stage.happen('b', { type: 'message', message });
      stage.sync('b');
    }
    expect(stage.state('b').incoming).toMatchObject({ index: 9, offset: CHUNK_BYTES });
    // A leader of a later term decides anew, even for an older one.
    const message = { ...old, term: 6 as Term };
    stage.happen('b', { type: 'message', message });
    expect(stage.state('b').incoming).toMatchObject({ index: 3, offset: 0 });
  });

  it('R104: no other snapshot begins while a piece is being written', () => {
    const stage = new Stage({ ...THREE, isWatched: false, options: CHUNKED });
    const first = cut(install(9, 4, ['a', 'b', 'c']));
    const newer = cut(install(13, 4, ['a', 'b', 'c']));
    stage.happen('b', { type: 'message', message: first });
    stage.happen('b', { type: 'message', message: newer });
    expect(stage.state('b').incoming).toMatchObject({ index: 9, offset: 0 });
    stage.sync('b');
    expect(stage.state('b').incoming).toMatchObject({ index: 9, offset: CHUNK_BYTES });
    stage.happen('b', { type: 'message', message: newer });
    stage.sync('b');
    expect(stage.state('b').incoming).toMatchObject({ index: 13, offset: CHUNK_BYTES });
  });

  it('R104: appends that get there first make what was arriving useless', () => {
    const stage = behind(9);
    movePieces(stage, 1);
    const { log } = stage.state('a');
    const head = { from: toNodeId('a'), to: toNodeId('c'), term: stage.state('a').term };
    const base = { previousIndex: 1 as LogIndex, previousTerm: 1 as Term };
    const entries = stage.machine('b').read(2, 9, 10);
    const commitIndex = log.lastIndex;
    stage.hand({ type: 'append-entries', ...base, entries, commitIndex, ...head });
    stage.sync('c');
    stage.settle();
    expect(stage.state('c').incoming).toBeUndefined();
    expect(stage.state('c').snapshot.index).toBe(1);
    expect(stage.state('c').appliedIndex).toBe(9);
  });

  it('R105: pieces leave no faster than the bound on bytes a second', () => {
    const stage = behind(9, { snapshotBytesPerSecondMax: 1000 });
    movePieces(stage, 1);
    expect(stage.take({ type: 'install-snapshot' })).toEqual([]);
    const { now } = stage;
    stage.timer('a');
    expect(stage.now - now).toBe(CHUNK_BYTES);
    expect(stage.take({ type: 'install-snapshot' })).toHaveLength(1);
  });

  it('R105: the bound on bytes a second is one for all followers together', () => {
    const options = { ...CHUNKED, snapshotBytesPerSecondMax: 1000 };
    const followers = ['c', 'd'];
    const stage = new Stage({ voters: ['a'], learners: followers, options });
    stage.elect('a', followers);
    while (stage.state('a').log.lastIndex < 11) stage.propose('a');
    stage.settle(followers);
    stage.snapshot('a');
    const left = departuresUntilInstalled(stage, followers);
    const { length: sizeBytes } = snapshotBytes(11, 0);
    for (const name of followers) {
      expect(bytesOf(left.filter(({ to }) => to === name))).toBe(sizeBytes);
    }
    // A byte takes a millisecond: what has left is paid before the next leaves, to whomever.
    const { at: endedAt = 0 } = left.at(-1) ?? {};
    const paidBytes = bytesOf(left.filter(({ at }) => at < endedAt));
    expect(endedAt - (left[0]?.at ?? 0)).toBeGreaterThanOrEqual(paidBytes);
    expect(paidBytes).toBeGreaterThan(1.5 * sizeBytes);
  });

  it('R105: a follower that is silent is waited for by its word, not by a timer', () => {
    const stage = behind(9);
    stage.take({ type: 'install-snapshot' });
    for (let passed = 0; passed < 150; passed += 10) {
      stage.timer('a');
      stage.settle(['c']);
    }
    stage.happen('a', { type: 'unreachable', peer: toNodeId('c') });
    expect(nextTimerAt(stage.state('a'))).toBeGreaterThan(stage.now);
    stage.timer('a');
    stage.deliver({ to: 'c', type: 'heartbeat' });
    stage.deliver({ from: 'c', to: 'a' });
    expect(stage.take({ type: 'install-snapshot' })).toMatchObject([{ offset: 0 }]);
  });
});

const CHUNK_BYTES = 8;
const CHUNKED = { snapshotChunkBytesMax: CHUNK_BYTES };

/** `c` was away while `a` committed up to `index` and took a snapshot; the first piece leaves. */
function behind(index: number, options: Partial<RaftOptions> = {}): Stage {
  const stage = new Stage({ ...THREE, options: { ...CHUNKED, ...options } });
  stage.elect('a', ['c']);
  while (stage.state('a').log.lastIndex < index) stage.propose('a');
  stage.settle(['c']);
  stage.snapshot('a');
  stage.timer('a');
  stage.deliver({ to: 'c', type: 'heartbeat' });
  stage.sync('c');
  stage.deliver({ from: 'c', to: 'a' });
  expect(stage.state('a').log.baseIndex).toBe(index);
  return stage;
}

/** Brings the next `count` pieces to `c`, and its answers back. */
function movePieces(stage: Stage, count: number): void {
  for (let done = 0; done < count; done++) {
    stage.deliver({ type: 'install-snapshot' });
    stage.sync('c');
    stage.deliver({ from: 'c', type: 'snapshot-progress' });
  }
}

/**
 * Lets time pass until `c` has installed a snapshot of `leader`; where each piece on the way began.
 *
 * @param late a piece that comes after the first one of them
 */
function offsetsUntilInstalled(stage: Stage, leader = 'a', late?: Message): readonly number[] {
  const offsets: number[] = [];
  const { index } = stage.state('c').snapshot;
  for (let round = 0; round < 200 && stage.state('c').snapshot.index === index; round++) {
    for (const message of stage.take({ type: 'install-snapshot' })) {
      if (message.type === 'install-snapshot') offsets.push(message.offset);
      stage.hand(message);
      if (offsets.length === 1 && late !== undefined) stage.hand(late);
    }
    stage.sync('c');
    stage.deliver();
    if (stage.parcels.length === 0) stage.timer(leader);
  }
  return offsets;
}

/** A piece of a snapshot that left. */
interface Departure {
  readonly to: NodeId;
  readonly at: number;
  readonly sizeBytes: number;
}

/** Lets time pass until all of `followers` have installed a snapshot of `a`; each piece of it. */
function departuresUntilInstalled(stage: Stage, followers: readonly string[]): Departure[] {
  const left: Departure[] = [];
  const { index } = stage.state('a').snapshot;
  const isInstalled = (name: string) => stage.state(name).snapshot.index === index;
  for (let round = 0; round < 500 && !followers.every(isInstalled); round++) {
    if (stage.parcels.length === 0) stage.timer('a');
    for (const message of stage.take()) {
      if (message.type === 'install-snapshot') {
        left.push({ to: message.to, at: stage.now, sizeBytes: message.data.length });
      }
      stage.hand(message);
    }
    for (const name of followers) stage.sync(name);
  }
  return left;
}

function bytesOf(pieces: readonly Departure[]): number {
  return pieces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** The first piece of a snapshot that `install` gives whole. */
function cut(message: Message): Message {
  if (message.type !== 'install-snapshot') throw new Error(`${message.type} has no bytes`);
  return { ...message, data: message.data.slice(0, CHUNK_BYTES) };
}

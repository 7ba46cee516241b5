/**
 * The contract of messages, case by case.
 *
 * Any message may be lost, doubled, delayed or overtaken (N2). So the stories send again until
 * something has arrived, tell messages apart by what they say, and never count on order.
 */
import type { Host } from '../host.ts';
import type { Envelope, Lane } from '../messages.ts';
import {
  collect,
  deliver,
  expect,
  expectBytes,
  insist,
  label,
  linkUp,
  N1,
  N2,
  N3,
  pattern,
  textOf,
  until,
  WATCH_MS,
} from './story.ts';
import type { ContractCase, ContractWorld } from './world.ts';

/** Messages of this size fill a queue quickly. */
const FILLER_BYTES = 16_384;

/** The cases of `Messages`. */
export const messageCases: readonly ContractCase[] = [
  {
    rules: ['N1'],
    title: 'messages of every size and lane arrive whole, as plain bytes, with their sender',
    needs: [],
    async run(world) {
      const { first, second, inbox } = await pair(world);
      const max = first.messages.maxMessageBytes;
      const sizes = [0, 1, 2, 100, 4095, 65_535, 65_536, 65_537, 200_000, max];
      for (const size of sizes) {
        if (size > max) continue;
        for (const lane of ['urgent', 'bulk'] as const) {
          const bytes = pattern(size, size);
          const matches = (envelope: Envelope) =>
            envelope.lane === lane && envelope.bytes.length === size;
          await insist(
            world,
            `${size} bytes have come in lane ${lane}`,
            () => void first.messages.send(N2, bytes, lane),
            () => inbox.some(matches),
          );
          for (const envelope of inbox.filter(matches)) {
            expectBytes(envelope.bytes, bytes, `a message of ${size} bytes, ${lane}`);
            expect(envelope.from === N1, `it came from ${envelope.from}`);
            expect(envelope.incarnation === first.incarnation, `of life ${envelope.incarnation}`);
            // A Buffer is not enough: its `slice` shares memory, that of a Uint8Array copies.
            const isPlain = Object.getPrototypeOf(envelope.bytes) === Uint8Array.prototype;
            expect(isPlain, 'the bytes are no plain Uint8Array');
          }
        }
      }
      expect(second.messages.maxMessageBytes > 0, 'no bound on messages');
    },
  },
  {
    rules: ['N1', 'N2'],
    title: 'what arrives of many messages is what was sent, and most of it arrives',
    needs: [],
    async run(world) {
      const { first, inbox } = await pair(world);
      const sent = Array.from({ length: 500 }, (_, index) => `${index}:${'x'.repeat(index % 97)}`);
      for (const text of sent) first.messages.send(N2, label(text));
      const texts = () => new Set(inbox.map((envelope) => textOf(envelope.bytes)));
      await until(world, 'half of the messages have come', () => texts().size >= 250);
      await world.pass(WATCH_MS);
      const known = new Set([...sent, 'prompt']);
      for (const text of texts()) expect(known.has(text), `nobody sent '${text}'`);
    },
  },
  {
    rules: ['N2'],
    title: 'a message that the network doubles arrives twice',
    needs: ['duplicate'],
    async run(world) {
      const { first, inbox } = await pair(world);
      world.inject({ type: 'duplicate', from: N1, to: N2 });
      let sentCount = 0;
      const countOf = (text: string) =>
        inbox.filter((envelope) => textOf(envelope.bytes) === text).length;
      const isDoubled = () =>
        Array.from({ length: sentCount }, (_, index) => `once-${index}`).some(
          (text) => countOf(text) > 1,
        );
      const send = () => first.messages.send(N2, label(`once-${sentCount++}`));
      await insist(world, 'one of the messages has come twice', send, isDoubled);
    },
  },
  {
    rules: ['N2'],
    title: 'a cut stops one direction only, and ends when it is healed',
    needs: ['cut'],
    async run(world) {
      const { first, second, inbox } = await pair(world);
      const back = collect(first);
      await deliver(world, second, N1, 'before', back);
      world.inject({ type: 'cut', from: N1, to: N2 });
      for (let round = 0; round < 10; round++) {
        first.messages.send(N2, label('through the cut'));
        await world.pass(10);
      }
      await deliver(world, second, N1, 'the other way', back);
      await world.pass(WATCH_MS);
      const didPass = inbox.some((envelope) => textOf(envelope.bytes) === 'through the cut');
      expect(!didPass, 'a message came through the cut');
      world.heal();
      await deliver(world, first, N2, 'after', inbox);
    },
  },
  {
    rules: ['N3'],
    title: 'after a message of a later life comes none of an earlier one',
    needs: [],
    async run(world) {
      const receiver = await world.start(N1);
      const inbox = collect(receiver);
      for (let life = 0; life < 3; life++) {
        const sender = await world.start(N2);
        await linkUp(world, sender, receiver);
        for (let index = 0; index < 200; index++) {
          sender.messages.send(N1, label(`life ${life}, message ${index}`));
        }
        if (life === 2) await deliver(world, sender, N1, 'last', inbox);
        await world.crash(N2);
      }
      await world.pass(WATCH_MS);
      let last = 0;
      for (const { incarnation } of inbox) {
        expect(incarnation >= last, `life ${incarnation} was heard after ${last}`);
        last = incarnation;
      }
    },
  },
  {
    rules: ['N4'],
    title: 'what was sent to one life of a peer does not reach the next',
    needs: [],
    async run(world) {
      const { first, second } = await pair(world);
      await linkUp(world, first, second);
      for (let index = 0; index < 200; index++) {
        first.messages.send(N2, label('for the first life'), index % 2 === 0 ? 'urgent' : 'bulk');
      }
      await world.crash(N2);
      const again = await world.start(N2);
      const inbox = collect(again);
      await deliver(world, first, N2, 'for the second life', inbox);
      await world.pass(WATCH_MS);
      expectAbsent(inbox, 'for the first life');
    },
  },
  {
    rules: ['N4', 'N5'],
    title: 'what waits in a queue for one life of a peer does not reach the next',
    needs: ['stall-link'],
    async run(world) {
      const { first, second } = await pair(world);
      await linkUp(world, first, second);
      world.inject({ type: 'stall-link', from: N1, to: N2 });
      for (const lane of ['urgent', 'bulk'] as const) {
        const outcome = first.messages.send(N2, label('for the first life'), lane);
        expect(outcome === 'queued', `a send into an empty queue is ${outcome}`);
      }
      await world.crash(N2);
      const again = await world.start(N2);
      const inbox = collect(again);
      world.heal();
      await deliver(world, first, N2, 'for the second life', inbox);
      await world.pass(WATCH_MS);
      expectAbsent(inbox, 'for the first life');
    },
  },
  {
    rules: ['N5', 'N6'],
    title: 'a full lane refuses the newest, and neither the other lane nor another peer is full',
    needs: ['stall-link'],
    async run(world) {
      const { first, second, inbox } = await pair(world);
      const third = await world.start(N3);
      await linkUp(world, first, second);
      await linkUp(world, first, third);
      world.inject({ type: 'stall-link', from: N1, to: N2 });
      const accepted = fill(first, 'bulk');
      const max = first.messages.maxQueueBytes;
      expect(accepted > 0, 'not a single message was queued');
      const slack = max + first.messages.maxMessageBytes;
      expect(accepted <= slack, `${accepted} bytes were queued, with a bound of ${max}`);
      const refused = first.messages.send(N2, pattern(FILLER_BYTES, 77), 'bulk');
      expect(refused === 'queue-full', `the next one is ${refused}`);
      const urgent = first.messages.send(N2, label('urgent'));
      expect(urgent === 'queued', `the other lane: ${urgent}`);
      const elsewhere = first.messages.send(N3, pattern(FILLER_BYTES, 1), 'bulk');
      expect(elsewhere === 'queued', `another peer: ${elsewhere}`);
      world.heal();
      await insist(
        world,
        'the queue has room again',
        () => {},
        () => first.messages.send(N2, label('small'), 'bulk') === 'queued',
      );
      await deliver(world, first, N2, 'after', inbox, 'bulk');
      const isRefused = (envelope: Envelope) => envelope.bytes[0] === pattern(1, 77)[0];
      const late = inbox.filter((envelope) => envelope.bytes.length === FILLER_BYTES);
      expect(!late.some(isRefused), 'the refused message arrived');
    },
  },
  {
    rules: ['N5'],
    title: 'messages without a single byte fill a queue too',
    needs: ['stall-link'],
    async run(world) {
      const { first, second } = await pair(world);
      await linkUp(world, first, second);
      world.inject({ type: 'stall-link', from: N1, to: N2 });
      const nothing = new Uint8Array(0);
      for (const lane of ['urgent', 'bulk'] as const) {
        const most = first.messages.maxQueueBytes / 8;
        let count = 0;
        while (count <= most && first.messages.send(N2, nothing, lane) === 'queued') count += 1;
        expect(count > 0, `not a single one was queued in lane ${lane}`);
        expect(count <= most, `${count} empty messages wait in lane ${lane}`);
      }
    },
  },
  {
    rules: ['N6'],
    title: 'urgent messages pass a backlog of bulk',
    needs: ['stall-link'],
    async run(world) {
      const { first, second, inbox } = await pair(world);
      await linkUp(world, first, second);
      world.inject({ type: 'stall-link', from: N1, to: N2 });
      fill(first, 'bulk');
      // Any one of them may be late by the network's own doing, but not all of them.
      for (let index = 0; index < 8; index++) first.messages.send(N2, label('urgent'));
      world.heal();
      const isUrgent = (envelope: Envelope) => textOf(envelope.bytes) === 'urgent';
      await until(world, 'the urgent ones have come', () => inbox.some(isUrgent));
      const place = inbox.findIndex(isUrgent);
      const isBulk = (envelope: Envelope) => envelope.bytes.length === FILLER_BYTES;
      await until(world, 'bulk comes after them', () => inbox.findLastIndex(isBulk) > place);
    },
  },
  {
    rules: ['N5'],
    title: 'sends that cannot be are refused by name',
    needs: [],
    async run(world) {
      const { first } = await pair(world);
      const { messages } = first;
      for (const lane of ['urgent', 'bulk'] as const) {
        const large = messages.send(N2, new Uint8Array(messages.maxMessageBytes + 1), lane);
        expect(large === 'too-large', `one byte too many: ${large}`);
        const unknown = messages.send(N3, label('who?'), lane);
        expect(unknown === 'unknown-peer', `a peer that was never added: ${unknown}`);
      }
      messages.removePeer(N2);
      const removed = messages.send(N2, label('gone'));
      expect(removed === 'unknown-peer', `a peer that was removed: ${removed}`);
      expect(messages.linkTo(N2) === undefined, 'a removed peer is still linked');
    },
  },
  {
    rules: ['N7'],
    title: 'one encoded message goes to many peers and stays as it was',
    needs: [],
    async run(world) {
      const { first, inbox } = await pair(world);
      const third = await world.start(N3);
      const inboxes = [inbox, collect(third), collect(first)];
      const bytes = pattern(300, 5);
      const targets = [N2, N3, N1];
      const hasCome = (box: readonly Envelope[]) =>
        box.some((envelope) => envelope.bytes.length === bytes.length);
      await insist(
        world,
        'all three have it',
        () => {
          for (const target of targets) first.messages.send(target, bytes);
        },
        () => inboxes.every(hasCome),
      );
      expectBytes(bytes, pattern(300, 5), 'the sender’s bytes');
      for (const box of inboxes) {
        for (const envelope of box) {
          if (envelope.bytes.length === 300) expectBytes(envelope.bytes, bytes, 'a copy');
        }
      }
    },
  },
  {
    rules: ['N8'],
    title: 'messages to oneself arrive without loss, and not within the send',
    needs: [],
    async run(world) {
      const host = await world.start(N1);
      const inbox = collect(host);
      for (let index = 0; index < 100; index++) {
        const before = inbox.length;
        const lane: Lane = index % 2 === 0 ? 'urgent' : 'bulk';
        const outcome = host.messages.send(N1, label(`note ${index}`), lane);
        expect(outcome === 'queued', `a send to oneself is ${outcome}`);
        expect(inbox.length === before, 'it was delivered within the send');
      }
      const texts = () => new Set(inbox.map((envelope) => textOf(envelope.bytes)));
      await until(world, 'all 100 have come', () => texts().size === 100);
      const isOwn = inbox.every((envelope) => envelope.incarnation === host.incarnation);
      expect(isOwn, 'a note came from another life');
      const large = host.messages.send(N1, new Uint8Array(host.messages.maxMessageBytes + 1));
      expect(large === 'too-large', `one byte too many: ${large}`);
    },
  },
  {
    rules: ['N9'],
    title: 'only the handler that was set last gets messages, and none before it is set',
    needs: [],
    async run(world) {
      const [first, second] = [await world.start(N1), await world.start(N2)];
      await linkUp(world, first, second);
      first.messages.send(N2, label('too early'));
      await world.pass(WATCH_MS);
      const old = collect(second);
      await deliver(world, first, N2, 'for the first handler', old);
      const next = collect(second);
      const count = old.length;
      await deliver(world, first, N2, 'for the second handler', next);
      expect(old.length === count, 'the handler that was replaced got a message');
      expect(world.failureOf(N2) === undefined, 'the receiver failed');
    },
  },
  {
    rules: ['N4'],
    title: 'link events name the life of the peer, and links that are up are told at once',
    needs: [],
    async run(world) {
      const { first, second, inbox } = await pair(world);
      await linkUp(world, first, second);
      const ups: number[] = [];
      first.messages.onLink((event) => {
        if (event.type === 'up' && event.peer === N2) ups.push(event.incarnation);
      });
      await until(world, 'the link was told', () => ups.includes(second.incarnation));
      await deliver(world, first, N2, 'first life', inbox);
      await world.crash(N2);
      const again = await world.start(N2);
      await linkUp(world, first, again);
      await until(world, 'the new link was told', () => ups.includes(again.incarnation));
      expect(ups.join() === [...ups].sort((a, b) => a - b).join(), `lives came as ${ups.join()}`);
    },
  },
  {
    rules: ['H3'],
    title: 'between two messages all promise reactions run',
    needs: [],
    async run(world) {
      const host = await world.start(N1);
      let isReacting = false;
      let handledCount = 0;
      let overlapCount = 0;
      host.messages.onMessage(() => {
        if (isReacting) overlapCount += 1;
        isReacting = true;
        host.run(async () => {
          for (let step = 0; step < 10; step++) await Promise.resolve();
          isReacting = false;
          handledCount += 1;
        });
      });
      for (let index = 0; index < 50; index++) host.messages.send(N1, label('note'));
      await until(world, 'all are handled', () => handledCount === 50);
      expect(overlapCount === 0, `${overlapCount} messages came before the reactions to the last`);
    },
  },
];

/** Two nodes that run, with an inbox at the second one. */
async function pair(
  world: ContractWorld,
): Promise<{ first: Host; second: Host; inbox: Envelope[] }> {
  const first = await world.start(N1);
  const second = await world.start(N2);
  return { first, second, inbox: collect(second) };
}

/** Sends to N2 until the lane is full. Returns how many bytes were queued. */
function fill(host: Host, lane: Lane): number {
  const bytes = pattern(Math.min(FILLER_BYTES, host.messages.maxMessageBytes), 3);
  const bound = 2 * (host.messages.maxQueueBytes + host.messages.maxMessageBytes);
  let acceptedBytes = 0;
  while (acceptedBytes <= bound && host.messages.send(N2, bytes, lane) === 'queued') {
    acceptedBytes += bytes.length;
  }
  return acceptedBytes;
}

/** Throws if a message says `text`. */
function expectAbsent(inbox: readonly Envelope[], text: string): void {
  const isThere = inbox.some((envelope) => textOf(envelope.bytes) === text);
  expect(!isThere, `a message ${text} came to another one`);
}

/**
 * The contract of a node's life, case by case: incarnations, failures, and silence after the end.
 */
import type { Host } from '../host.ts';
import {
  awaited,
  collect,
  deliver,
  expect,
  fateOf,
  label,
  linkUp,
  N1,
  N2,
  until,
  WATCH_MS,
} from './story.ts';
import type { ContractCase, ContractWorld } from './world.ts';

/** The cases of `Host` itself. */
export const lifeCases: readonly ContractCase[] = [
  {
    rules: ['H1', 'N3'],
    title: 'every start under one name is a later incarnation',
    needs: [],
    async run(world) {
      let last = 0;
      for (let life = 0; life < 4; life++) {
        const host = await world.start(N1);
        expect(host.node === N1, `the host is called ${host.node}`);
        const { incarnation } = host;
        expect(Number.isSafeInteger(incarnation), `incarnation ${incarnation}`);
        expect(incarnation > last, `incarnation ${incarnation} came after ${last}`);
        last = incarnation;
        await world.crash(N1);
      }
    },
  },
  ...brokenBy('a timer', (host, bang) => {
    host.timers.after(1, bang);
  }),
  ...brokenBy('a background task', (host, bang) => {
    host.run(async () => {
      await host.timers.sleep(1);
      bang();
    });
  }),
  ...brokenBy('a background task before its first await', (host, bang) => {
    host.run(() => {
      bang();
      return Promise.resolve();
    });
  }),
  ...brokenBy('a message handler', (host, bang) => {
    host.messages.onMessage(bang);
    host.messages.send(host.node, label('to myself'));
  }),
  {
    rules: ['H2', 'H1'],
    title: 'a link handler that throws breaks its node only',
    needs: [],
    async run(world) {
      const [first, second] = [await world.start(N1), await world.start(N2)];
      await linkUp(world, first, second);
      const error = new Error('thrown by the link handler');
      first.messages.onLink(() => {
        throw error;
      });
      await until(world, 'the node failed', () => world.failureOf(N1) !== undefined);
      expect(world.failureOf(N1) === error, 'the cause is another one');
      expect(world.failureOf(N2) === undefined, 'the other node failed too');
    },
  },
  {
    rules: ['H2'],
    title: 'a node that calls fail stops at once, and the first cause stays',
    needs: [],
    async run(world) {
      const host = await world.start(N1);
      const causes = [new Error('first'), new Error('second')];
      host.fail(causes[0]);
      host.fail(causes[1]);
      await until(world, 'the node failed', () => world.failureOf(N1) !== undefined);
      expect(world.failureOf(N1) === causes[0], 'the first cause was overwritten');
      const outcome = host.messages.send(N1, label('late'));
      expect(outcome === 'closed', `a stopped node's send is ${outcome}`);
      const next = await world.start(N1);
      expect(next.incarnation > host.incarnation, 'the next life is no later incarnation');
    },
  },
  {
    rules: ['H1'],
    title: 'nothing that a crashed node waits for ever settles',
    needs: [],
    async run(world) {
      const host = await world.start(N1);
      const other = await world.start(N2);
      const file = await awaited(world, host.disk.open('log', 'create'), 'open');
      const listener = await awaited(
        world,
        host.streams.listen(0, () => {}),
        'listen',
      );
      const stream = await awaited(world, host.streams.connect(listener.address), 'connect');
      const inbox = collect(host);
      await linkUp(world, other, host);
      const owed: readonly Promise<unknown>[] = [
        file.append(label('unfinished')),
        file.sync(),
        file.readAt(0, 10),
        host.disk.list('.'),
        stream.read(),
        host.streams.connect(listener.address),
        host.timers.sleep(1),
      ];
      const before = inbox.length;
      await world.crash(N1);
      const fates = await Promise.all(owed.map((promise) => fateOf(world, promise, WATCH_MS)));
      fates.forEach((fate, index) => {
        expect(fate.type === 'pending', `promise ${index} of a former life: ${fate.type}`);
      });
      other.messages.send(N1, label('anybody there?'));
      await world.pass(WATCH_MS);
      expect(inbox.length === before, 'a message was handed to a former life');
      expect(world.failureOf(N1) === undefined, 'the crash was taken for a failure');
    },
  },
  {
    rules: ['H1'],
    title: 'one node goes on while another one crashes and comes back',
    needs: [],
    async run(world) {
      const first = await world.start(N1);
      await world.start(N2);
      const inbox = collect(first);
      await world.crash(N2);
      const slept = await fateOf(world, first.timers.sleep(1));
      expect(slept.type === 'resolved', `a sleep of the living node: ${slept.type}`);
      const again = await world.start(N2);
      await deliver(world, again, N1, 'back', inbox);
    },
  },
];

/** The case that `what` throws, set off by `plant`. */
function brokenBy(what: string, plant: (host: Host, bang: () => void) => void): ContractCase[] {
  const run = async (world: ContractWorld) => {
    const broken = await world.start(N1);
    const healthy = await world.start(N2);
    const error = new Error(`thrown by ${what}`);
    let callCount = 0;
    plant(broken, () => {
      callCount += 1;
      throw error;
    });
    const woken: string[] = [];
    broken.timers.after(60, () => woken.push('timer'));
    broken.timers.sleep(60).then(
      () => woken.push('sleep'),
      () => woken.push('sleep'),
    );
    await until(world, 'the node failed', () => world.failureOf(N1) !== undefined);
    expect(world.failureOf(N1) === error, 'the cause is another one');
    await world.pass(WATCH_MS);
    expect(callCount === 1, `it was called back ${callCount} times`);
    expect(woken.length === 0, `after the end these woke up: ${woken.join()}`);
    expect(world.failureOf(N2) === undefined, 'the other node failed too');
    const slept = await fateOf(world, healthy.timers.sleep(1));
    expect(slept.type === 'resolved', `a sleep of the other node: ${slept.type}`);
  };
  return [
    { rules: ['H2', 'H1'], title: `${what} that throws breaks its node only`, needs: [], run },
  ];
}

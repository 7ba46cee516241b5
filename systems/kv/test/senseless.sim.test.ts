/**
 * Requests that can be read and make no sense: whatever numbers, names and ranges clients give, in
 * requests and for watchers, the member answers and goes on. It is alone, on a simulated machine.
 */
import { type NodeId, toNodeId } from '@mangrove/host';
import {
  KvNode,
  type KvRequest,
  type LeaseId,
  type Operation,
  type ReadConsistency,
  type Revision,
  type SessionPlace,
  startKvNode,
  type WatchRequest,
} from '@mangrove/kv';
import { type StoreId, simpleConfiguration } from '@mangrove/raft';
import { Simulation } from '@mangrove/sim';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CLIENT_MESSAGE } from '../src/protocol/native/messages.ts';

const MEMBER = toNodeId('a');
const WATCH = { watchersMax: 20, waitingBytesMax: 1000, fragmentBytes: 100 };

const number = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER - 1),
  fc.constant(Number.MAX_SAFE_INTEGER),
);
const float = fc.oneof(number, fc.constantFrom(-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY));
const revision = number.map((each) => each as Revision);
const lease = fc
  .constantFrom(0n, 1n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n)
  .map((each) => each as LeaseId);
const node = fc
  .constantFrom('', 'a', 'b', ' ', 'a:1', 'ü'.repeat(31), '\0')
  .map((each) => each as NodeId);
const key = fc
  .constantFrom([], [0], [97], [97, 0], [255], [255, 255])
  .map((each) => Uint8Array.from(each));
const range = fc.record({ from: key, to: fc.option(key, { nil: undefined }) });
const place: fc.Arbitrary<SessionPlace | undefined> = fc.option(
  fc.record({ session: number, sequence: number, settled: number }),
  { nil: undefined },
);
const sort = fc.record({
  by: fc.constantFrom('key', 'version', 'create', 'mod', 'value'),
  order: fc.constantFrom('ascend', 'descend'),
});
const { operation } = fc.letrec<{ operation: Operation }>((tie) => ({
  operation: fc.oneof(
    { depthSize: 'small' },
    fc.record({
      type: fc.constant('put'),
      key,
      value: fc.option(key, { nil: undefined }),
      lease: fc.option(lease, { nil: undefined }),
      wantsPrevious: fc.boolean(),
    }),
    fc.record({ type: fc.constant('delete'), range, wantsPrevious: fc.boolean() }),
    fc.record({
      ...{ type: fc.constant('range'), range, revision, limit: number },
      ...{ sort: fc.option(sort, { nil: undefined }), minModRevision: number },
      ...{ maxModRevision: number, minCreateRevision: number, maxCreateRevision: number },
      ...{ keysOnly: fc.boolean(), countOnly: fc.boolean() },
    }),
    fc.record({
      type: fc.constant('txn'),
      compares: fc.array(
        fc.record({
          range,
          relation: fc.constantFrom('equal', 'not-equal', 'greater', 'less'),
          operand: fc.oneof(
            fc.record({ target: fc.constantFrom('version', 'create', 'mod'), number }),
            fc.record({ target: fc.constant('lease'), lease }),
            fc.record({ target: fc.constant('value'), value: key }),
          ),
        }),
        { maxLength: 2 },
      ),
      success: fc.array(tie('operation'), { maxLength: 3 }),
      failure: fc.array(tie('operation'), { maxLength: 3 }),
    }),
  ) as fc.Arbitrary<Operation>,
}));
const consistency: fc.Arbitrary<ReadConsistency> = fc.oneof(
  fc
    .constantFrom('linearizable', 'lease', 'serializable')
    .map((type) => ({ type }) as ReadConsistency),
  fc.record({
    type: fc.constant('bounded' as const),
    stalenessMsMax: fc.option(float, { nil: undefined }),
    revisionLagMax: fc.option(number, { nil: undefined }),
  }),
  fc.record({ type: fc.constant('session' as const), token: revision }),
);
const change = fc.oneof(
  fc.record({
    type: fc.constant('add-learner'),
    node,
    store: fc.option(
      fc.constantFrom('', 'x', 'x'.repeat(16)).map((each) => each as StoreId),
      { nil: undefined },
    ),
  }),
  fc.record({ type: fc.constantFrom('promote', 'demote', 'remove'), node }),
);
const request = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('operation'), operation, consistency, place }),
  },
  fc.record({ type: fc.constant('compact'), revision }),
  fc.record({ type: fc.constant('grant-lease'), lease, ttlMs: number, place }),
  fc.record({ type: fc.constant('revoke-lease'), lease, place }),
  fc.record({ type: fc.constant('keep-lease-alive'), lease }),
  fc.record({ type: fc.constant('lease-time-to-live'), lease, wantsKeys: fc.boolean() }),
  fc.record({
    type: fc.constantFrom('list-leases', 'status', 'list-members', 'open-session', 'list-alarms'),
  }),
  fc.record({ type: fc.constant('hash'), revision }),
  fc.record({ type: fc.constant('change-members'), changes: fc.array(change, { maxLength: 3 }) }),
  fc.record({ type: fc.constant('transfer-leadership'), target: node }),
  fc.record({ type: fc.constant('disarm-alarm'), alarm: fc.constantFrom('no-space', 'corrupt') }),
) as fc.Arbitrary<KvRequest>;
const watch: fc.Arbitrary<WatchRequest> = fc.record({
  ...{ range, startRevision: revision, wantsPuts: fc.boolean(), wantsDeletes: fc.boolean() },
  ...{ wantsPrevious: fc.boolean(), allowsFragments: fc.boolean(), wantsProgress: fc.boolean() },
});
type Move = { readonly request: KvRequest } | { readonly watch: WatchRequest; readonly id: number };
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ request }) },
  fc.record({ watch, id: number }),
);

it('R60: are answered, and the member goes on', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 12 }), async (moves) => {
      const simulation = new Simulation({ seed: 60, nodes: [MEMBER] });
      simulation.start(MEMBER, (host) =>
        startKvNode(host, {
          peers: [{ node: MEMBER, address: MEMBER }],
          founding: simpleConfiguration([MEMBER]),
        }),
      );
      const running = () => simulation.running(MEMBER);
      await simulation.run(simulation.nowMs + 10_000, () => {
        const node = running();
        return node instanceof KvNode && node.inspect().raft.role.type === 'leader';
      });
      const member = running() as KvNode;
      const door = member.openWatch(WATCH, () => takeAll());
      const takeAll = () => {
        while (door.take() !== undefined);
      };
      const answers: Promise<number>[] = [];
      let answerCount = 0;
      for (const each of moves) {
        if ('watch' in each) {
          const said = { type: 'watch-create', watchId: each.id, request: each.watch } as const;
          const read = CLIENT_MESSAGE.at(1).decode(CLIENT_MESSAGE.at(1).encode(said));
          if (read.type === 'watch-create') door.create(read.request, read.watchId);
        } else {
          const said = { type: 'request', id: 1, timeoutMs: 0, request: each.request } as const;
          const read = CLIENT_MESSAGE.at(1).decode(CLIENT_MESSAGE.at(1).encode(said));
          if (read.type !== 'request') throw new Error(read.type);
          answers.push(member.handle(read.request).then(() => (answerCount += 1)));
        }
        await simulation.run(simulation.nowMs + 50);
      }
      await simulation.run(simulation.nowMs + 5_000, () => answerCount === answers.length);
      expect(running()).toBe(member);
      expect(answerCount).toBe(answers.length);
      simulation.close();
    }),
    { numRuns: 60 },
  );
}, 300_000);

/**
 * Which member a client asks: two members by a script, one of which leads, and who that is becomes
 * known only after the client has met the other one.
 */
import { type Host, type NodeId, type RunningNode, toNodeId } from '@mangrove/host';
import { Simulation } from '@mangrove/sim';
import { afterEach, expect, it } from 'vitest';
import {
  KvClient,
  type KvMember,
  type KvResult,
  type KvService,
  type KvStatus,
  type Revision,
  serveNative,
} from '../src/index.ts';

const [F, L, C]: readonly NodeId[] = ['f', 'l', 'c'].map((name) => toNodeId(name));

/** When it becomes known who leads, and where that member is. */
const KNOWN_AT_MS = 1000;

let simulation: Simulation | undefined;

afterEach(() => simulation?.close());

it('a client that met a member before anyone led finds the leader later', async () => {
  simulation = new Simulation({ seed: 1, nodes: [F, L, C] as NodeId[] });
  let client: KvClient | undefined;
  for (const node of [F, L] as NodeId[]) simulation.start(node, (host) => serve(host));
  simulation.start(C as NodeId, async (host) => {
    client = new KvClient(host, { endpoints: ['f:7000'], exactlyOnce: false });
    return asNode(async () => client?.close());
  });
  const servedBy: NodeId[] = [];
  for (const untilMs of [500, KNOWN_AT_MS + 500, KNOWN_AT_MS + 1000]) {
    await simulation.run(untilMs);
    void client?.put('a', '1').then(({ header }) => servedBy.push(header.member));
  }
  await simulation.run(KNOWN_AT_MS + 1500);
  expect(servedBy).toEqual([F, F, L]);
});

/** A member that does every put, as one does that hands it to the leader. */
async function serve(host: Host): Promise<RunningNode> {
  const service: KvService = {
    serve: ({ type }, ask) => {
      const isKnown = (simulation?.nowMs ?? 0) >= KNOWN_AT_MS;
      const header = { member: host.node, term: 1, revision: 2 as Revision, stalenessMs: 0 };
      const members = [F, L].map((node) => ({
        node,
        clientAddress: isKnown ? `${node}:7000` : '',
      }));
      const result: KvResult =
        type === 'status'
          ? {
              type: 'status',
              status: { ...STATUS, member: host.node, leader: isKnown ? L : undefined },
            }
          : type === 'list-members'
            ? {
                type: 'members',
                members: members.map((each) => ({ ...MEMBER, ...each }) as KvMember),
              }
            : { type: 'put', previous: undefined };
      ask.reply({ type: 'done', header, result });
    },
    openWatch: () => {
      throw new Error('nobody watches here');
    },
    async *backup() {},
  };
  const server = await serveNative(host, service, { port: 7000, cluster: 'c' });
  return asNode(() => server.close());
}

const MEMBER = { role: 'voter', peerAddress: '', store: undefined } as const;

const STATUS: Omit<KvStatus, 'member' | 'leader'> = {
  version: '',
  role: 'follower',
  term: 1,
  commitIndex: 0,
  appliedIndex: 0,
  revision: 1 as Revision,
  compactRevision: 0 as Revision,
  keyCount: 0,
  leaseCount: 0,
  watcherCount: 0,
  sizeBytes: 0,
  quotaBytes: 0,
  alarms: [],
};

function asNode(close: () => Promise<void>): RunningNode {
  return { close, [Symbol.asyncDispose]: close };
}

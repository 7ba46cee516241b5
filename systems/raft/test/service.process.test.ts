/**
 * Replicas on real connections and disks: a disk that is lost, a rolling upgrade, mutual TLS.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toNodeId } from '@mangrove/host';
import { openssl, skipUnless } from '@mangrove/test-kit/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defineMachine } from '../src/index.ts';
import {
  type LocalGroup,
  type LocalGroupOptions,
  openReplica,
  type ProcessReplica,
  startLocalGroup,
} from '../src/node.ts';

const counter = defineMachine({
  initial: 0,
  apply: (count: number, { add }: { add: number }) => ({ state: count + add, result: count + add }),
});
type Counter = ProcessReplica<number, { add: number }, number>;

const OPTIONS = { electionTimeoutMs: 300, heartbeatIntervalMs: 50 };
const PATIENCE = { timeout: 60_000 };

let directory: string;
/** What a test has opened. */
let open: AsyncDisposable[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mangrove-raft-'));
  open = [];
});

afterEach(async () => {
  for (const each of open) await each[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

async function start(
  more: Partial<LocalGroupOptions> = {},
): Promise<LocalGroup<number, { add: number }, number>> {
  const group = await startLocalGroup(counter, { directory, options: OPTIONS, ...more });
  open.push(group);
  return group;
}

/** Opens a replica of the group again, in its former place. */
async function reopen(
  group: LocalGroup<number, { add: number }, number>,
  node: string,
  cluster = 'mangrove',
): Promise<Counter> {
  const peers = Object.fromEntries(
    group.replicas.map(({ host }) => [host.node, host.messageAddress]),
  );
  const port = Number(peers[node]?.split(':')[1]);
  const place = { node, directory: join(directory, node), port, peers };
  const replica = await openReplica(counter, { ...place, cluster, options: OPTIONS });
  open.push(replica);
  return replica;
}

/** Waits until a status of `replica` is as wanted. */
async function until(
  replica: Counter,
  isDone: (status: ReturnType<Counter['node']['status']>) => boolean,
): Promise<void> {
  for await (const status of replica.node.changes()) if (isDone(status)) return;
  throw new Error('the replica was closed');
}

/** Proposes at whoever leads among `replicas`, again while nobody does. */
async function count(replicas: readonly Counter[], add: number): Promise<number> {
  for (;;) {
    const leader = replicas.find(({ node }) => node.status().role === 'leader');
    if (leader !== undefined) return await leader.propose({ add });
    const first = replicas[0] as Counter;
    await until(first, (status) => status.leader !== undefined);
    await first.host.timers.sleep(20);
  }
}

describe('replicas on real disks', () => {
  it(
    'R75, R78: a replica without its disk is refused, and comes back as a learner',
    PATIENCE,
    async () => {
      const group = await start();
      const leader = await group.leader();
      expect(await leader.propose({ add: 5 })).toBe(5);
      await until(leader, ({ configuration }) => configuration.stores.length === 3);
      const lost = group.replicas.find((each) => each !== leader) as Counter;
      const name = lost.host.node;
      await lost.close();
      rmSync(join(directory, name), { recursive: true });
      const empty = await reopen(group, name);
      expect(await leader.propose({ add: 1 })).toBe(6);
      // It is refused as soon as one of the others has answered it.
      for (;;) {
        const error = await empty.propose({ add: 1 }).catch((reason: unknown) => reason);
        if ((error as { code: string }).code === 'wrong-store') break;
        expect(error).toMatchObject({ code: 'not-leader', isDefinite: true });
        await empty.host.timers.sleep(20);
      }
      await leader.node.changeMembers([{ type: 'remove', node: name }]);
      await leader.node.addLearner(name, { store: empty.node.store });
      await until(empty, ({ appliedIndex }) => appliedIndex >= leader.node.status().commitIndex);
      for (;;) {
        const refusal = await leader.node.promote(name).catch((error: unknown) => error);
        if (refusal === undefined) break;
        expect(refusal).toMatchObject({ code: 'not-caught-up', isDefinite: true });
        await leader.host.timers.sleep(20);
      }
      expect(await empty.read((value) => value)).toBe(6);
      expect(leader.node.status().configuration.voters).toHaveLength(3);
    },
  );

  it(
    'R81: a node of another cluster is refused, is told so, and does no harm',
    PATIENCE,
    async () => {
      const group = await start();
      const leader = await group.leader();
      expect(await leader.propose({ add: 5 })).toBe(5);
      const { term } = leader.node.status();
      const away = group.replicas.find((each) => each !== leader) as Counter;
      const name = away.host.node;
      await away.close();
      // The directory belongs to the first cluster, and says so.
      await expect(reopen(group, name, 'elsewhere')).rejects.toMatchObject({
        code: 'foreign-store',
        message: expect.stringContaining(`it belongs to ${name} of mangrove`),
      });
      renameSync(join(directory, name), join(directory, 'kept'));
      const stranger = await reopen(group, name, 'elsewhere');
      for (;;) {
        const error = await stranger.propose({ add: 100 }).catch((reason: unknown) => reason);
        if ((error as { code: string }).code === 'wrong-cluster') break;
        expect(error).toMatchObject({ code: 'not-leader', isDefinite: true });
        await stranger.host.timers.sleep(20);
      }
      await stranger.host.timers.sleep(2 * OPTIONS.electionTimeoutMs);
      expect(stranger.node.status()).toMatchObject({ term: 1, leader: undefined });
      expect(await leader.propose({ add: 1 })).toBe(6);
      const other = group.replicas.find((each) => each !== leader && each !== away) as Counter;
      expect(await other.propose({ add: 1 })).toBe(7);
      expect(leader.node.status()).toMatchObject({ term, role: 'leader' });

      await stranger.close();
      rmSync(join(directory, name), { recursive: true });
      renameSync(join(directory, 'kept'), join(directory, name));
      const back = await reopen(group, name);
      await until(back, ({ leader: known }) => known !== undefined);
      expect(await back.read((value) => value)).toBe(7);
    },
  );

  it('R79: a rolling upgrade loses nothing, and ends with the new formats', PATIENCE, async () => {
    const group = await start({ versionMax: 1 });
    const replicas = [...group.replicas];
    let total = 0;
    for (const [place, { host }] of group.replicas.entries()) {
      total += 2;
      expect(await count(replicas, 2)).toBe(total);
      await replicas[place]?.close();
      const rest = replicas.filter((_, nth) => nth !== place);
      await until(rest[0] as Counter, ({ configuration }) => configuration.version === 1);
      replicas[place] = await reopen(group, host.node);
    }
    expect(await count(replicas, 1)).toBe(7);
    for (const replica of replicas) {
      await until(replica, ({ configuration }) => configuration.version === 3);
      expect(await replica.read((value) => value)).toBe(7);
    }
  });
});

describe('mutual TLS', () => {
  it(
    'R85: three nodes agree over it, and who holds no certificate of its name is shut out',
    PATIENCE,
    async (context) => {
      const program = skipUnless(context, openssl);
      const names = ['n1', 'n2', 'n3'];
      const identities = new Map(names.map((name) => [name, selfSigned(program, name)]));
      // Each certificate stands for itself: together they are whom a node believes.
      const ca = [...identities.values()].map(({ cert }) => cert).join('\n');
      const tlsOf = (name: string) => {
        const { key = '', cert = '' } = identities.get(name) ?? {};
        return { key, cert, ca };
      };
      const group = await start({ tlsOf });
      const leader = await group.leader();
      expect(await leader.propose({ add: 3 })).toBe(3);
      const other = group.replicas.find((each) => each !== leader) as Counter;
      expect(await other.read((value) => value)).toBe(3);

      const lost = other.host.node;
      const peers = Object.fromEntries(
        group.replicas.map((each) => [each.host.node, each.host.messageAddress]),
      );
      const port = Number(peers[lost]?.split(':')[1]);
      await other.close();
      const wrong = names.find((name) => name !== lost) as string;
      const place = { node: lost, directory: join(directory, lost), port, peers };
      const impostor = await openReplica(counter, {
        ...place,
        options: OPTIONS,
        tls: tlsOf(wrong),
      });
      open.push(impostor);
      expect(await leader.propose({ add: 4 })).toBe(7);
      // Time enough for it to be let in, were it ever to be.
      await impostor.host.timers.sleep(2 * OPTIONS.electionTimeoutMs);
      expect(impostor.node.status().leader).toBeUndefined();
      expect(impostor.host.messages.linkTo(leader.host.node)).toBeUndefined();
      expect(leader.host.messages.linkTo(toNodeId(lost))).toBeUndefined();
    },
  );
});

/** A key and a certificate for it that names `node`, signed by itself. */
function selfSigned(
  program: string,
  node: string,
): { readonly key: string; readonly cert: string } {
  const path = join(directory, `${node}-tls`);
  const files = ['-keyout', `${path}.key`, '-out', `${path}.pem`];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
  const subject = ['-subj', `/CN=${node}`, '-addext', `subjectAltName=DNS:${node},IP:127.0.0.1`];
  execFileSync(program, ['req', '-x509', '-days', '1', ...curve, ...subject, ...files], {
    stdio: 'ignore',
  });
  return { key: readFileSync(`${path}.key`, 'utf8'), cert: readFileSync(`${path}.pem`, 'utf8') };
}

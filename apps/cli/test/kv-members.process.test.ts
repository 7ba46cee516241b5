/**
 * Shows the commands for members and alarms against three members in this process: one is made
 * leader, one loses its vote and gets it back, and one whose memory was damaged is named.
 */
import { MemoryStorage } from '@mangrove/host-process/node';
import { type KvMember, openMemberHost, startMember } from '@mangrove/kv/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../src/main.ts';

const SETTINGS = {
  cluster: 'members',
  raft: { electionTimeoutMs: 300, heartbeatIntervalMs: 60 },
  bounds: { corruptionCheckMs: 200 },
} as const;

const NAMES = ['n1', 'n2', 'n3'] as const;

let members: readonly KvMember[] = [];

beforeAll(async () => {
  const places = NAMES.map((name) => {
    return { name, data: new MemoryStorage(), peerPort: 0, clientPort: 0 };
  });
  const hosts = await Promise.all(places.map((place) => openMemberHost(SETTINGS, place)));
  const peers = Object.fromEntries(hosts.map((host) => [host.node, host.messageAddress]));
  members = await Promise.all(
    places.map((place, nth) => startMember(hostAt(hosts, nth), SETTINGS, place, peers)),
  );
  await untilDone(async () => (await kv('put', 'x', 'right')).code === 0);
}, 30_000);

afterAll(() => Promise.all(members.map((member) => member.close())));

function hostAt<Host>(hosts: readonly Host[], nth: number): Host {
  const host = hosts[nth];
  if (host === undefined) throw new Error(`no host ${nth}`);
  return host;
}

async function kv(...args: readonly string[]) {
  const [output, complaints]: [string[], string[]] = [[], []];
  const endpoints = members.map(({ clientAddress }) => clientAddress).join(',');
  const code = await main(['kv', ...args, '--endpoints', endpoints], {
    output: { write: (text) => output.push(text) },
    progress: { write: (text) => complaints.push(text) },
  });
  return { code, output: output.join(''), complaints: complaints.join('') };
}

/** Resolves once `isSo`; the test's time limit is the bound. */
async function untilDone(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50));
}

function isLeader({ node }: KvMember): boolean {
  return node.inspect().raft.role.type === 'leader';
}

function nameOf(member: KvMember | undefined): string {
  if (member === undefined) throw new Error('no such member');
  return member.host.node;
}

/** Changes one bit of the first value that a member holds in memory. */
function damage(member: KvMember): void {
  const { store } = member.node.inspect().state;
  store.visitSome({ from: new Uint8Array(0), to: undefined }, store.revision, 1, (version) => {
    const value = store.slabs.at(store.versions.place.at(version));
    value[0] = (value[0] ?? 0) ^ 0x20;
  });
}

describe('mangrove kv member', { timeout: 60_000 }, () => {
  it('has another member lead, and says who cannot', async () => {
    const target = nameOf(members.find((each) => !isLeader(each)));
    expect(await kv('member', 'lead', target)).toMatchObject({
      ...{ code: 0, output: `${target} leads\n` },
    });
    const statuses = (await kv('status', '--json')).output.trim().split('\n');
    const leaders = statuses.map((line) => JSON.parse(line)).filter(isLeading);
    expect(leaders).toMatchObject([{ member: target }]);
    const back = await kv(
      'member',
      'lead',
      nameOf(members.find((each) => !isLeader(each))),
      '--json',
    );
    expect(JSON.parse(back.output)).toEqual({ leader: nameOf(members.find(isLeader)) });
    const stranger = await kv('member', 'lead', 'n9');
    expect(stranger).toMatchObject({ code: 3, output: '' });
    expect(stranger.complaints).toContain('the target is no voter');
    expect(await kv('member', 'lead', 'N 9')).toMatchObject({ code: 64 });
  });

  it('takes the vote of a member and gives it back', async () => {
    const target = nameOf(members.find((each) => !isLeader(each)));
    expect(await kv('member', 'demote', target)).toMatchObject({
      ...{ code: 0, output: `${target} is a learner: it has no vote any more\n` },
    });
    const roles = async () => {
      const lines = (await kv('member', 'list', '--json')).output.trim().split('\n');
      const listed = lines.map((line) => JSON.parse(line) as { node: string; role: string });
      return Object.fromEntries(listed.map(({ node, role }) => [node, role]));
    };
    const voters = { n1: 'voter', n2: 'voter', n3: 'voter' };
    expect(await roles()).toEqual({ ...voters, [target]: 'learner' });
    const refused = await kv('member', 'lead', target);
    expect(refused).toMatchObject({ code: 3, output: '' });
    expect(await kv('member', 'promote', target, '--json')).toMatchObject({
      ...{ code: 0, output: `${JSON.stringify({ type: 'promote', node: target })}\n` },
    });
    expect(await roles()).toEqual(voters);
  });
});

describe('mangrove kv alarm', { timeout: 60_000 }, () => {
  it('names a member whose memory is wrong; nothing is written until that is mended', async () => {
    expect(await kv('alarm', 'list')).toMatchObject({ code: 0, output: '' });
    const wrong = members.find((each) => !isLeader(each));
    await untilDone(async () => wrong?.node.inspect().state.store.keyCount === 1);
    if (wrong === undefined) throw new Error('no follower');
    damage(wrong);
    await untilDone(async () => (await kv('alarm', 'list')).code === 1);
    expect(await kv('alarm', 'list')).toMatchObject({
      ...{ code: 1, output: `corrupt  ${nameOf(wrong)}\n` },
    });
    const put = await kv('put', 'y', '1');
    expect(put).toMatchObject({ code: 3, output: '' });
    expect(put.complaints).toContain('`mangrove kv alarm list` names it');
    // Reads go on, also at the one that is wrong.
    expect((await kv('get', 'x')).output).toMatch(/^[Rr]ight\n$/);
    // It is right again, as one that was replaced would be.
    damage(wrong);
    expect(await kv('alarm', 'disarm-corrupt')).toMatchObject({
      ...{ code: 0, output: 'corrupt is disarmed\n' },
    });
    expect(await kv('put', 'y', '1')).toMatchObject({ code: 0 });
    expect(await kv('alarm', 'list', '--json')).toMatchObject({ code: 0, output: '' });
  });
});

function isLeading({ role }: { readonly role: string }): boolean {
  return role === 'leader';
}

/**
 * Shows the key-value store as people start and use it: a cluster of three real processes, its
 * commands, what each one says and exits with, and that nothing is left running.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority, openssl, skipUnless } from '@mangrove/test-kit/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../src/main.ts';
import { clientOf, needCluster } from '../src/service/cluster-view.ts';
import { mangrove as asProcess, BIN, start } from './command.ts';
import { isGone } from './processes.ts';

let root: string;
let data: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mangrove-up-'));
  data = join(root, 'data');
  const up = await mangrove('up', 'kv', '--data', data);
  expect(up).toMatchObject({ code: 0 });
}, 60_000);

afterAll(async () => {
  // Every cluster, also of a test that did not come to its end.
  for (const name of await readdir(root)) await mangrove('down', '--data', join(root, name));
  await rm(root, { recursive: true, force: true });
}, 60_000);

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly complaints: string;
}

/** The command in this process: what it starts are processes all the same. */
async function mangrove(...args: readonly string[]): Promise<Outcome> {
  const [output, complaints]: [string[], string[]] = [[], []];
  const code = await main(args, {
    output: { write: (text) => output.push(text) },
    progress: { write: (text) => complaints.push(text) },
  });
  return { code, output: output.join(''), complaints: complaints.join('') };
}

function kv(...args: readonly string[]): Promise<Outcome> {
  return mangrove('kv', ...args, '--data', data);
}

describe('mangrove kv', { timeout: 60_000 }, () => {
  it('puts, gets and deletes, and exits with 1 where there is no such key', async () => {
    expect(await kv('put', 'greeting', 'hello')).toMatchObject({ code: 0 });
    expect(await kv('get', 'greeting')).toMatchObject({ code: 0, output: 'hello\n' });
    const json = await kv('get', 'greeting', '--json');
    expect(JSON.parse(json.output)).toMatchObject({ entries: [{ value: 'hello', version: 1 }] });
    expect((await kv('del', 'greeting')).output).toMatch(/^deleted 1, revision \d+\n$/);
    expect(await kv('get', 'greeting')).toMatchObject({ code: 1, output: '' });
  });

  it('does transactions whose branch is its exit code', async () => {
    const txn = ['txn', '--if', 'missing(t)', '--then', 'put t 1', '--else', 'get t'];
    expect(await kv(...txn)).toMatchObject({ code: 0 });
    const second = await kv(...txn);
    expect(second).toMatchObject({ code: 1 });
    expect(second.output).toContain('t  1');
    const json = JSON.parse((await kv(...txn, 'del t', '--json')).output);
    expect(json).toMatchObject({
      succeeded: false,
      results: [
        { type: 'get', entries: [{ key: 't', value: '1', lease: '0' }], count: 1 },
        { type: 'delete', deletedCount: 1 },
      ],
    });
    expect(await kv('txn')).toMatchObject({ code: 64 });
    const wrong = await kv('txn', '--if', 'nonsense');
    expect(wrong).toMatchObject({ code: 64 });
    expect(wrong.complaints).toContain('"nonsense" is no condition');
  });

  it('watches, and holds a lock while a program runs', async () => {
    const { revision } = JSON.parse((await kv('put', 'w', '1', '--json')).output);
    const watched = await kv('watch', 'w', '--from', String(revision), '--count', '1');
    expect(watched).toMatchObject({ code: 0, output: 'put     w  1\n' });
    const program = ['sh', '-c', 'echo token $MANGROVE_LOCK_TOKEN; exit 3'];
    const locked = await asProcess('kv', 'lock', 'l', '--data', data, '--', ...program);
    expect(locked.output).toMatch(/^token \d+\n$/);
    expect(locked.code).toBe(1);
  });

  it.each([
    [['get', 'a', '--endpoints', 'nonsense'], 'address is "nonsense"'],
    [['get', 'a', '--endpoints', '127.0.0.1:1', '--tls-cert', 'x'], 'go together'],
    [['get', ''], 'key is ""'],
    [['put', 'a'], "missing required argument 'value'"],
    [['lease', 'grant', 'soon'], 'soon is no time to live'],
    [['lease', 'revoke', 'xyz'], 'xyz is no lease'],
    [['compact', 'all'], 'all is no revision'],
    [['member', 'add', 'N 5'], 'node is "N 5"'],
  ])('says what is wrong with %j', async (args, why) => {
    const wrong = await kv(...args);
    expect(wrong).toMatchObject({ code: 64, output: '' });
    expect(wrong.complaints).toContain(why);
  });

  it('says what is wrong: no members named, none reached', async () => {
    expect(await mangrove('kv', 'get', 'a')).toMatchObject({ code: 64 });
    const nobody = ['kv', 'get', 'a', '--endpoints', '127.0.0.1:1', '--timeout', '0.3'];
    const lost = await mangrove(...nobody);
    expect(lost.code).toBe(3);
    expect(lost.complaints).toContain('no member can be reached');
  });
});

describe('a cluster of processes', { timeout: 90_000 }, () => {
  it('is not started twice, and not in a directory of other things', async () => {
    const twice = await mangrove('up', 'kv', '--data', data);
    expect(twice.code).toBe(3);
    expect(twice.complaints).toContain('runs already');
    await writeFile(join(root, 'other'), 'x');
    const wrong = await mangrove('up', 'kv', '--data', root);
    expect(wrong.code).toBe(3);
    expect(wrong.complaints).toContain('holds other things');
    expect(await mangrove('status', '--data', join(root, 'none'))).toMatchObject({ code: 3 });
  });

  it('serves on when a member was killed, says so, and has it back', async () => {
    const before = await views();
    const leader = before.find(({ status }) => status.role === 'leader');
    process.kill(leader?.pid ?? 0, 'SIGKILL');
    expect(await kv('put', 'after', 'kill', '--timeout', '20')).toMatchObject({ code: 0 });
    const status = await mangrove('status', '--data', data);
    expect(status.code).toBe(1);
    expect(status.output).toContain('down');
    expect(await mangrove('up', 'kv', '--data', data)).toMatchObject({ code: 0 });
    expect((await views()).map(({ node }) => node)).toEqual(['n1', 'n2', 'n3']);
    expect((await mangrove('logs', '--data', data, '--node', 'n1')).output).toContain('n1 serves');
  });

  it('keeps a lease that its leader, stopped for longer, believes to be over', async () => {
    const leader = (await views()).find(({ status }) => status.role === 'leader');
    await using client = await clientOf(await needCluster(data));
    await using lease = await client.grantLease(6000);
    await client.put('leased', 'yes', { lease });
    const pid = leader?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    try {
      // Long enough that all of it is over by the clock of the one that sleeps.
      await new Promise((resolve) => setTimeout(resolve, 10_000));
      expect(lease.isHeld).toBe(true);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    // On a busy machine nobody may lead for a moment when it is back.
    await untilDone(async () => (await mangrove('status', '--data', data)).code === 0);
    await untilDone(async () => {
      const now = (await views()).find(({ node }) => node === leader?.node);
      return now?.status.role === 'follower';
    });
    // What it proposed when it woke would have been applied by now.
    await client.put('behind', '1');
    const read = ['get', 'leased', '--consistency', 'serializable'];
    for (const { endpoint } of await views()) {
      const got = await mangrove('kv', ...read, '--endpoints', endpoint);
      expect(got).toMatchObject({ code: 0, output: 'yes\n' });
    }
    expect(lease.signal.aborted).toBe(false);
    expect((await lease.timeToLive()).remainingMs).toBeGreaterThan(0);
  });

  it('refuses writes at its quota, says how room is made, and takes them again', async () => {
    const other = join(root, 'small');
    const small = (...args: readonly string[]) => mangrove('kv', ...args, '--data', other);
    const up = ['up', 'kv', '--nodes', '1', '--data', other];
    expect(await mangrove(...up, '--quota', '1 Megabyte')).toMatchObject({ code: 64 });
    expect(await mangrove(...up, '--quota', '256KiB')).toMatchObject({ code: 0 });
    const fill = (nth: number) => small('put', `fill/${nth}`, 'x'.repeat(60_000));
    let count = 0;
    let refused = await fill(count);
    while (refused.code === 0) {
      count += 1;
      refused = await fill(count);
    }
    expect(count).toBe(4);
    expect(refused).toMatchObject({ code: 3, output: '' });
    expect(refused.complaints).toContain('the store is at its quota: delete, compact, then disarm');
    expect(refused.complaints).toContain('`mangrove kv alarm --help` tells how');
    await untilDone(async () => (await small('alarm', 'list')).output.includes('no-space'));
    expect((await mangrove('status', '--data', other)).output).toContain('ALARM no-space of n1');
    // Also what would fit; reads, deletions and compaction go on.
    expect(await small('put', 'a', '1')).toMatchObject({ code: 3 });
    expect((await small('get', 'fill/0', '--keys-only')).output).toContain('fill/0');
    const { revision } = JSON.parse((await small('del', '--prefix', 'fill/', '--json')).output);
    expect(await small('compact', String(revision))).toMatchObject({ code: 0 });
    expect(await small('put', 'a', '1')).toMatchObject({ code: 3 });
    expect(await small('alarm', 'disarm-no-space')).toMatchObject({ code: 0 });
    expect(await small('put', 'a', '1')).toMatchObject({ code: 0 });
    // Bounds are changed while all are down.
    const running = await mangrove(...up, '--quota', '1MiB');
    expect(running).toMatchObject({ code: 3 });
    expect(await mangrove('down', '--data', other)).toMatchObject({ code: 0 });
    const keeping = ['--keep-revisions', '3', '--keep-hours', '0'];
    expect(await mangrove(...up, '--keep-hours', 'long')).toMatchObject({ code: 64 });
    expect(await mangrove(...up, '--quota', '1MiB', ...keeping)).toMatchObject({ code: 0 });
    expect((await mangrove('status', '--data', other)).output).toContain('of 1 MiB');
    for (let nth = 0; nth < 5; nth += 1) expect(await fill(nth)).toMatchObject({ code: 0 });
    await untilDone(async () => {
      const status = JSON.parse((await small('status', '--json')).output);
      return status.compactRevision === status.revision - 3;
    });
    const past = await small('get', 'a', '--revision', '2');
    expect(past).toMatchObject({ code: 3 });
    expect(past.complaints).toMatch(/from the compaction on\. The oldest is \d+\.\n$/);
    expect(await mangrove('down', '--data', other)).toMatchObject({ code: 0 });
  });

  it('says which port is taken', async () => {
    const { members } = JSON.parse(await readFile(join(data, 'cluster.json'), 'utf8'));
    const port = String(members[0].clientPort);
    const other = join(root, 'second');
    const taken = await mangrove('up', 'kv', '--nodes', '1', '--port', port, '--data', other);
    expect(taken.code).toBe(3);
    expect(taken.complaints).toContain(port);
  });

  it('ends with the command where it runs in the foreground', async () => {
    const other = join(root, 'foreground');
    const args = ['up', 'kv', '--nodes', '1', '--data', other, '--foreground'];
    const up = start(process.execPath, [BIN, ...args]);
    await up.saying('try it');
    const [view] = await views(other);
    up.child.kill('SIGINT');
    await up.outcome;
    expect(isGone(view?.pid ?? 0)).toBe(true);
  });

  it('is founded anew with a backup that was taken under load, and has its hash', async () => {
    const file = join(root, 'backup');
    await kv('put', 'kept', 'yes');
    await using client = await clientOf(await needCluster(data));
    let isSaving = true;
    const load = (async () => {
      for (let nth = 0; isSaving; nth += 1) await client.put(`load/${nth % 50}`, `${nth}`);
    })();
    const saved = await kv('snapshot', 'save', file, '--json');
    isSaving = false;
    await load;
    expect(saved).toMatchObject({ code: 0 });
    expect((await mangrove('kv', 'snapshot', 'show', file, '--json')).output).toBe(saved.output);
    const { revision } = JSON.parse(saved.output);
    const { hash } = await client.hash(client.endpoints[0] ?? '', revision);
    expect(await kv('snapshot', 'save', file)).toMatchObject({ code: 3 });
    const other = join(root, 'restored');
    const up = await mangrove('up', 'kv', '--nodes', '1', '--from', file, '--data', other);
    expect(up).toMatchObject({ code: 0 });
    const got = await mangrove('kv', 'get', 'kept', '--data', other);
    expect(got).toMatchObject({ code: 0, output: 'yes\n' });
    await using restored = await clientOf(await needCluster(other));
    const found = await restored.hash(restored.endpoints[0] ?? '', revision);
    expect(found).toMatchObject({ hash, revision });
    expect(await mangrove('down', '--data', other)).toMatchObject({ code: 0 });
    await writeFile(file, (await readFile(file)).subarray(0, -1));
    const damaged = await mangrove('kv', 'snapshot', 'show', file);
    expect(damaged.code).toBe(3);
    expect(damaged.complaints).toContain('is no backup');
  });

  it('takes in a member that comes later, and lets it go', async () => {
    const added = await kv('member', 'add', 'n4');
    expect(added).toMatchObject({ code: 0 });
    expect(added.complaints).toContain(`mangrove up kv --data ${data}`);
    expect(await mangrove('status', '--data', data)).toMatchObject({ code: 1 });
    expect(await mangrove('up', 'kv', '--data', data)).toMatchObject({ code: 0 });
    const promote = () => kv('member', 'promote', 'n4');
    await untilDone(async () => (await promote()).code === 0);
    const { pid, endpoint } = (await views()).find(({ node }) => node === 'n4') ?? NOBODY;
    const read = ['get', 'after', '--consistency', 'serializable'];
    expect(await mangrove('kv', ...read, '--endpoints', endpoint)).toMatchObject({
      output: 'kill\n',
    });
    expect(await kv('member', 'remove', 'n4')).toMatchObject({ code: 0 });
    await untilDone(async () => isGone(pid));
    expect((await views()).map(({ node }) => node)).toEqual(['n1', 'n2', 'n3']);
    const again = await kv('member', 'remove', 'n4');
    expect(again).toMatchObject({ code: 3 });
    expect(again.complaints).toContain('`mangrove kv member list` shows them');
  });

  it('speaks TLS where it has keys, and says which one is missing', async (context) => {
    const keys = join(root, 'keys');
    await mkdir(keys);
    const other = join(root, 'encrypted');
    const up = ['up', 'kv', '--nodes', '1', '--data', other, '--tls', keys];
    const missing = await mangrove(...up);
    expect(missing).toMatchObject({ code: 3 });
    expect(missing.complaints).toContain('has no ca.pem: TLS needs it');
    const authority = new Authority(skipUnless(context, openssl), keys, 'made');
    for (const name of ['n1', 'client']) {
      const { ca, cert, key } = authority.issue(name);
      await writeFile(join(keys, 'ca.pem'), ca);
      await writeFile(join(keys, `${name}.pem`), cert);
      await writeFile(join(keys, `${name}.key`), key);
    }
    const { code, output } = await mangrove(...up);
    expect(code).toBe(0);
    expect(await mangrove('kv', 'put', 'k', 'v', '--data', other)).toMatchObject({ code: 0 });
    const [, endpoint = ''] = output.trim().split(/\s+/);
    const get = ['kv', 'get', 'k', '--endpoints', endpoint, '--timeout', '0.5'];
    const plain = await mangrove(...get);
    expect(plain.code).toBe(3);
    expect(plain.complaints).toContain('does it want TLS, or another certificate?');
    const own = ['--tls-cert', join(keys, 'client.pem'), '--tls-key', join(keys, 'client.key')];
    const trusted = await mangrove(...get, '--tls-ca', join(keys, 'ca.pem'), ...own);
    expect(trusted).toMatchObject({ code: 0, output: 'v\n' });
    expect(await mangrove('down', '--data', other)).toMatchObject({ code: 0 });
  });

  it('is down after down, and keeps what it had', async () => {
    const pids = (await views()).map(({ pid }) => pid);
    expect(await mangrove('down', '--data', data)).toMatchObject({ code: 0 });
    expect(pids.map(isGone)).toEqual([true, true, true]);
    expect(await mangrove('up', 'kv', '--data', data)).toMatchObject({ code: 0 });
    expect((await kv('get', 'after')).output).toBe('kill\n');
  });
});

/** Resolves once `isSo`; the test's time limit is the bound. */
async function untilDone(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50));
}

const NOBODY = { pid: 0, endpoint: '' } as const;

interface View {
  readonly node: string;
  readonly pid: number;
  readonly endpoint: string;
  readonly status: { readonly role: string };
}

async function views(directory = data): Promise<readonly View[]> {
  const { code, output } = await mangrove('status', '--data', directory, '--json');
  expect(code).toBe(0);
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as View);
}

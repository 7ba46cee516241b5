/**
 * Exclusive locks on names in a directory that end with the process that holds them, even by
 * SIGKILL.
 *
 * Node.js has no `flock`. On Linux a listening socket in the abstract namespace stands in for it:
 * its name (device and inode of the directory, and the path) can be bound once, and the kernel
 * frees it with the process. That namespace belongs to a network namespace, and a node may run in
 * one of its own; so a pid file stands beside it, with the process's start time, so that a pid that
 * was given out again is not taken for the holder.
 *
 * Elsewhere the pid file alone has to do, and whether its process lives is asked with signal 0: a
 * pid that was given out again looks alive there, and the file must then be removed by hand.
 *
 * What neither sees: a holder in another pid namespace or on another machine, over a shared volume.
 */
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { DiskError, type DiskLock } from '@mangrove/host';

/** What a pid file says. */
interface Holder {
  readonly pid: number;
  /** When the process started, in the system's own words; empty where it does not tell. */
  readonly start: string;
  readonly token: string;
}

/** Takes the lock called `path` of the directory `root`; rejects with `locked` where it is held. */
export async function lockDirectory(
  root: string,
  path: string,
  lockFiles: string,
): Promise<DiskLock> {
  const stats = await fs.stat(root, { bigint: true });
  const name = `${stats.dev}-${stats.ino}-${digest(path)}`;
  const guard = process.platform === 'linux' ? await bindGuard(name, path) : undefined;
  try {
    const file = join(lockFiles, `${digest(path)}.lock`);
    const token = await takeFile(file, path, guard !== undefined);
    const release = async () => {
      await releaseFile(file, token);
      await closeGuard(guard);
    };
    return { release };
  } catch (error) {
    await closeGuard(guard);
    throw error;
  }
}

function digest(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 32);
}

/** Binds the abstract socket of a lock. It accepts nobody: whoever connects is turned away. */
function bindGuard(name: string, path: string): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const guard = net.createServer((socket) => socket.destroy());
    guard.once('error', (error: NodeJS.ErrnoException) => {
      const isHeld = error.code === 'EADDRINUSE';
      const code = isHeld ? 'locked' : 'input-output';
      reject(new DiskError(code, path, 'lock', { cause: error }));
    });
    guard.listen({ path: `\0mangrove-lock-${name}`, exclusive: true }, () => {
      // A lock alone is no reason for a process to stay.
      guard.unref();
      resolve(guard);
    });
  });
}

function closeGuard(guard: net.Server | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (guard === undefined) resolve();
    else guard.close(() => resolve());
  });
}

/**
 * Writes our pid file, unless another living process holds it. Returns our token in it.
 *
 * @param isGuarded whether the abstract socket is ours: then a file of our own process is a
 * left-over
 */
async function takeFile(file: string, path: string, isGuarded: boolean): Promise<string> {
  const token = randomBytes(12).toString('hex');
  const own: Holder = { pid: process.pid, start: await startOf(process.pid), token };
  const fresh = `${file}.${token}`;
  await fs.writeFile(fresh, JSON.stringify(own), { mode: 0o600, flag: 'wx' });
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      // A link either makes the name or fails, whoever else tries at the same time.
      if (await linked(fresh, file)) return token;
      const holder = await readHolder(file);
      if (holder === undefined) continue;
      const isLeftOver = isGuarded && holder.pid === process.pid;
      if (!isLeftOver && (await isAlive(holder))) {
        throw new DiskError('locked', path, `process ${holder.pid} holds the`);
      }
      await setAside(file, holder.token);
    }
    throw new DiskError('locked', path, 'others contend for the');
  } finally {
    await fs.rm(fresh, { force: true });
  }
}

async function linked(fresh: string, file: string): Promise<boolean> {
  try {
    await fs.link(fresh, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes the file of a dead holder away; puts it back where it turns out to be another one's. */
async function setAside(file: string, token: string): Promise<void> {
  const aside = `${file}.${randomBytes(6).toString('hex')}.stale`;
  try {
    await fs.rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = await readHolder(aside);
  if (moved?.token !== token) await linked(aside, file);
  await fs.rm(aside, { force: true });
}

async function releaseFile(file: string, token: string): Promise<void> {
  const holder = await readHolder(file);
  if (holder?.token === token) await fs.rm(file, { force: true });
}

/** The holder that a pid file names; a dead one where it says nothing that makes sense. */
async function readHolder(file: string): Promise<Holder | undefined> {
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { pid, start, token } = JSON.parse(text) as Holder;
    return { pid: Number(pid), start: String(start), token: String(token) };
  } catch {
    // Torn by a power loss: its process is gone with it.
    return { pid: 0, start: '', token: 'undefined' };
  }
}

async function isAlive({ pid, start }: Holder): Promise<boolean> {
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, as another user's.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = await startOf(pid);
  return start === '' || now === '' || start === now;
}

/** Boot and start time of a process as Linux tells them; empty elsewhere, or where it is gone. */
async function startOf(pid: number): Promise<string> {
  if (process.platform !== 'linux') return '';
  try {
    const boot = (await fs.readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    const stat = await fs.readFile(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in brackets, may hold anything; field 22 is counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return `${boot} ${fields[19]}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return '';
    throw error;
  }
}

/**
 * The sandbox: relative paths of a node, and the place in its data directory that each means.
 *
 * A node can make no symbolic links, but whoever can write its directory can, and so can a backup
 * that was restored. None is followed: what is behind one is `not-found`.
 */
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgument } from '@mangrove/host';

const PATH_LENGTH_MAX = 4096;
const NAME_BYTES_MAX = 255;

/**
 * `path` as it was given; throws `InvalidArgument` where it is not relative or leaves the sandbox.
 */
export function checkPath(path: string): string {
  if (path === '.') return path;
  const isPlain = path.split('/').every((name) => {
    return (
      name !== '' && name !== '.' && name !== '..' && Buffer.byteLength(name) <= NAME_BYTES_MAX
    );
  });
  if (!isPlain || path.length > PATH_LENGTH_MAX || path.includes('\0')) {
    throw new InvalidArgument('path', path, 'relative, of names parted by /, without . and ..');
  }
  return path;
}

/** Where `path` of the sandbox in `root` is. */
export function toRealPath(root: string, path: string): string {
  return join(root, checkPath(path));
}

/**
 * Rejects with `ELOOP` where a directory on the way to `path` in `root` is a symbolic link; so does
 * the last name itself, if `isLastToo`. What is missing is passed over: the call that follows says
 * so.
 */
export async function refuseLinks(root: string, path: string, isLastToo: boolean): Promise<void> {
  const names = checkPath(path).split('/');
  const count = isLastToo ? names.length : names.length - 1;
  let real = root;
  for (const name of names.slice(0, count)) {
    real = join(real, name);
    try {
      const stats = await fs.lstat(real);
      if (stats.isSymbolicLink()) throw new LinkError(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
  }
}

/** A symbolic link stood where a file or directory of the node should be. */
class LinkError extends Error {
  override readonly name = 'LinkError';
  readonly code = 'ELOOP';

  constructor(path: string) {
    super(`a symbolic link stands on the way to ${path}`);
  }
}

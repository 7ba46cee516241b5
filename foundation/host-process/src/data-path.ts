/**
 * The sandbox: relative paths of a node, and the place in its data directory that each means.
 */
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

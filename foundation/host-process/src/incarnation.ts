/**
 * The number of this life of a node, kept in its data directory.
 *
 * It is one more than the last, and at least the wall clock's milliseconds: a node that comes back
 * with an empty disk is then most likely still later than its former life, though only the disk
 * makes it sure. It is durable before anybody hears of it.
 */
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { type Incarnation, toIncarnation } from '@mangrove/host';
import { HostError } from './host-error.ts';

/** Draws the next incarnation and writes it down. The caller holds the directory's lock. */
export async function nextIncarnation(directory: string, wallMs: number): Promise<Incarnation> {
  const path = join(directory, 'incarnation');
  const last = await readLast(path);
  const next = toIncarnation(Math.max(last + 1, Math.floor(wallMs), 1));
  const fresh = `${path}.next`;
  const file = await fs.open(fresh, 'w', 0o600);
  try {
    await file.writeFile(`${next}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await fs.rename(fresh, path);
  await syncDirectory(directory);
  return next;
}

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await fs.open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function readLast(path: string): Promise<number> {
  let text: string;
  try {
    text = await fs.readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
  // The next one must be a safe integer too.
  if (!/^[1-9][0-9]{0,15}\n$/.test(text) || Number(text) >= Number.MAX_SAFE_INTEGER) {
    throw new HostError(
      'damaged-data',
      `${path} holds no incarnation: ${JSON.stringify(text.slice(0, 40))}`,
    );
  }
  return Number(text);
}

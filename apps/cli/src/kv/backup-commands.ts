/**
 * `mangrove kv snapshot`: backups as files.
 */
import { createReadStream } from 'node:fs';
import fs from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { type BackupSummary, verifyBackup } from '@mangrove/kv';
import { CommandError, messageOf } from '../command-error.ts';
import type { Ending } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import type { KvCall } from './kv-call.ts';

/** Writes a backup to a file that is not there yet, and verifies it before it gets its name. */
export async function saveBackup(
  { client, terminal, isJson }: KvCall,
  path: string,
): Promise<Ending> {
  const part = `${path}.part`;
  try {
    const file = await fs.open(part, 'wx');
    try {
      for await (const chunk of client.snapshot()) await file.write(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    const summary = await checkBackup(part);
    await fs.link(part, path);
    tell(terminal, isJson, path, summary);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new CommandError('could-not-run', `${path} cannot be written: ${error.message}.`, error);
  } finally {
    await fs.rm(part, { force: true });
  }
  return 'valid';
}

/** Reads a backup to its end, and tells what is in it. */
export async function showBackup(
  { terminal, isJson }: { readonly terminal: Terminal; readonly isJson: boolean },
  path: string,
): Promise<Ending> {
  tell(terminal, isJson, path, await checkBackup(path));
  return 'valid';
}

/** What a backup holds; refuses one that is damaged. */
export async function checkBackup(path: string): Promise<BackupSummary> {
  try {
    return await verifyBackup(createReadStream(path), () => setImmediate());
  } catch (error) {
    const isThere = !(error instanceof Error && 'syscall' in error);
    const what = isThere ? 'is no backup' : 'cannot be read';
    throw new CommandError('could-not-run', `${path} ${what}: ${messageOf(error)}.`, error);
  }
}

function tell(terminal: Terminal, isJson: boolean, path: string, summary: BackupSummary): void {
  const { revision, keyCount, leaseCount } = summary;
  const text = `${path}: revision ${revision}, ${keyCount} keys, ${leaseCount} leases`;
  terminal.result(isJson ? JSON.stringify({ path, ...summary }) : text);
}

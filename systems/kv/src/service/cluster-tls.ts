/**
 * The keys of a cluster whose members are processes of this machine, in a directory.
 *
 *     <directory>/ca.pem             the authority of all certificates
 *                /n1.pem, n1.key     of each member: names it (`DNS:n1`) and where it is
 *                /client.pem, .key   of clients; where they are there, clients must show theirs
 */
import fs from 'node:fs/promises';
import { join } from 'node:path';
import type { StreamTls, TlsIdentity } from '@mangrove/host-process/node';
import { ClusterDirectoryError } from './cluster-directory-error.ts';

/** The keys of a member: towards the other members, and towards clients. */
export interface MemberTls {
  readonly tls: TlsIdentity;
  readonly streamTls: StreamTls;
}

/** Reads the keys of member `name`. Rejects with `ClusterDirectoryError` where one is missing. */
export async function readMemberTls(directory: string, name: string): Promise<MemberTls> {
  const ca = await read(directory, 'ca.pem');
  const cert = await read(directory, `${name}.pem`);
  const key = await read(directory, `${name}.key`);
  const mustShowCertificate = (await readIfThere(directory, 'client.pem')) !== undefined;
  return { tls: { ca, cert, key }, streamTls: { ca, cert, key, mustShowCertificate } };
}

/** Reads the keys of clients. Rejects with `ClusterDirectoryError` where one is missing. */
export async function readClientTls(directory: string): Promise<StreamTls> {
  const ca = await read(directory, 'ca.pem');
  const cert = await readIfThere(directory, 'client.pem');
  return cert === undefined ? { ca } : { ca, cert, key: await read(directory, 'client.key') };
}

async function read(directory: string, file: string): Promise<string> {
  const text = await readIfThere(directory, file);
  if (text !== undefined) return text;
  throw new ClusterDirectoryError(`${directory} has no ${file}: TLS needs it`);
}

async function readIfThere(directory: string, file: string): Promise<string | undefined> {
  try {
    return await fs.readFile(join(directory, file), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const what = `${join(directory, file)} cannot be read: ${(error as Error).message}`;
    throw new ClusterDirectoryError(what, { cause: error });
  }
}

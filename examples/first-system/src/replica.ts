/**
 * A replica: keeps the newest value that it was asked to keep, and says what it has.
 */
import type { NodeConfig } from '@mangrove/experiment';
import type { Disk, Host, RunningNode } from '@mangrove/host';
import { decode, encode, type Message, type Stored } from './message.ts';

/** Starts a replica; it serves when the promise resolves. */
export async function startReplica(host: Host, { topology }: NodeConfig): Promise<RunningNode> {
  // What is on the disk for sure; nobody is told of anything else.
  let durable = await recover(host.disk);
  let writing = Promise.resolve();
  const keep = async (stored: Stored) => {
    if (stored.tag <= durable.tag) return;
    await replace(host.disk, stored);
    durable = stored;
  };
  host.messages.onMessage(({ from, bytes }) => {
    host.run(async () => {
      const { id, stored } = decode<Message>(bytes);
      if (stored !== undefined) writing = writing.then(() => keep(stored));
      await writing;
      host.trace.state({ tag: durable.tag, value: String(durable.value) });
      host.messages.send(from, encode({ id, stored: durable }));
    });
  });
  for (const { node, address } of topology.clients) host.messages.addPeer(node, address);
  const close = () => writing;
  return { close, [Symbol.asyncDispose]: close };
}

/** Reads what the last life left behind, and makes sure that it is there to stay. */
async function recover(disk: Disk): Promise<Stored> {
  const file = await disk.open('value', 'create');
  const bytes = await file.readAt(0, file.size());
  await file.sync();
  await disk.syncDirectory('.');
  return bytes.length === 0 ? { tag: '', value: null } : decode(bytes);
}

/** Puts a new file in the place of the old one: after a crash there is one of the two, whole. */
async function replace(disk: Disk, stored: Stored): Promise<void> {
  const file = await disk.open('next', 'create');
  await file.truncate(0);
  await file.append(encode(stored));
  await file.sync();
  await file.close();
  await disk.rename('next', 'value');
  await disk.syncDirectory('.');
}

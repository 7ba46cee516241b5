/**
 * How a group goes from the disk of a process: all of it, or nothing, whatever crashes in between.
 *
 *     rename groups/NAME/identity to groups/NAME/removed     from here on it is gone
 *     remove its snapshots, its log in the shared journal
 *     remove groups/NAME/removed
 *
 * The identity goes first. Were the log gone and the identity still there, the group would be
 * opened again with its old name and none of its promises. The rename takes no room, so that a full
 * disk can be freed by it. Two empty directories stay.
 */
import type { Host } from '@mangrove/host';
import type { SharedJournal } from '@mangrove/journal';
import { DiskRoom } from './disk-room.ts';

const MARK = 'removed';

/** Removes the group `name`, its files in `directory`; nothing happens where there is none. */
export async function removeGroup(
  host: Host,
  journal: SharedJournal,
  name: string,
  directory: string,
): Promise<void> {
  const { disk } = host;
  await disk.makeDirectory(directory);
  if ((await disk.list(directory)).includes('identity')) {
    await disk.rename(`${directory}/identity`, `${directory}/${MARK}`);
    await disk.syncDirectory(directory);
  }
  await finishRemoval(host, journal, name, directory);
}

/** Does what is left of a removal that was begun; nothing happens where none was. */
export async function finishRemoval(
  host: Host,
  journal: SharedJournal,
  name: string,
  directory: string,
): Promise<void> {
  const { disk } = host;
  await disk.makeDirectory(directory);
  const names = await disk.list(directory);
  if (!names.includes(MARK)) return;
  const snapshots = `${directory}/snapshots`;
  await disk.makeDirectory(snapshots);
  for (const file of await disk.list(snapshots)) await disk.remove(`${snapshots}/${file}`);
  await disk.syncDirectory(snapshots);
  // Even to say that a log is gone takes room; the snapshots may have made some.
  await new DiskRoom(host).untilDone(async () => {
    if (journal.log(name) !== undefined) await journal.removeLog(name);
  });
  const last = [...names.filter((file) => file.startsWith('identity')), MARK];
  for (const file of last) await disk.remove(`${directory}/${file}`);
  await disk.syncDirectory(directory);
}

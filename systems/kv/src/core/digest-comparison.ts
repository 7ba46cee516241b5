/**
 * Who is wrong, where members that have applied the same have different digests.
 */
import type { NodeId } from '@mangrove/host';

/**
 * The members whose digest is not that of a majority of `memberCount`. Where all have told theirs
 * and no majority agrees, nobody knows who is wrong, and all are named.
 */
export function suspectsOf(
  digests: ReadonlyMap<NodeId, number>,
  memberCount: number,
): readonly NodeId[] {
  const counts = new Map<number, number>();
  for (const digest of digests.values()) counts.set(digest, (counts.get(digest) ?? 0) + 1);
  const agreed = [...counts].find(([, count]) => count > memberCount / 2);
  if (agreed !== undefined) {
    return [...digests].filter(([, digest]) => digest !== agreed[0]).map(([member]) => member);
  }
  return digests.size < memberCount ? [] : [...digests.keys()];
}

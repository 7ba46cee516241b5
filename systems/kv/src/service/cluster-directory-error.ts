/**
 * What is wrong with the files of a cluster on this machine.
 */

/** A directory that is not what it should be; the message says what to do. */
export class ClusterDirectoryError extends Error {
  override readonly name = 'ClusterDirectoryError';
}

/**
 * A digest of the replicated state, by which members are compared at the same place of the log.
 *
 * Unlike `HashKV` it is of everything that replicas share: versions, leases, sessions. It does not
 * depend on what a member has swept. It is computed in slices, of the state of one moment.
 */
import { crc32c, Writer } from '@mangrove/wire';
import type { Applied, ReplicatedState } from './replicated-state.ts';
import type { SessionRecord } from './session-windows.ts';
import { SnapshotRead, type SnapshotVersion } from './snapshot.ts';

/** A digest being computed. */
export class StateDigest {
  private readonly read: SnapshotRead;
  private readonly sessions: readonly SessionRecord<Applied>[];
  private readonly writer = new Writer();
  private checksum = 0;
  private leaseCount = 0;
  private sessionCount = 0;

  /** Begins the digest of `state` as it is now. */
  constructor(state: ReplicatedState) {
    this.read = new SnapshotRead(state.store);
    this.sessions = state.sessions.all();
    this.writer.safeUint64(this.read.header.revision);
    this.writer.safeUint64(this.read.header.compactRevision);
  }

  /** Looks at up to `countMax` more elements; gives the digest once there are no more. */
  step(countMax: number): number | undefined {
    const { leases } = this.read.header;
    if (this.leaseCount < leases.length) {
      for (const { id, ttlMs, remainingMs } of leases.slice(
        this.leaseCount,
        this.leaseCount + countMax,
      )) {
        this.writer.uint64(id);
        this.writer.safeUint64(ttlMs);
        this.writer.safeUint64(remainingMs);
      }
      this.leaseCount += countMax;
    } else if (this.sessionCount < this.sessions.length) {
      const some = this.sessions.slice(this.sessionCount, this.sessionCount + countMax);
      for (const { session, settled, answers } of some) {
        this.writer.safeUint64(session);
        this.writer.safeUint64(settled);
        for (const { sequence } of answers) this.writer.safeUint64(sequence);
      }
      this.sessionCount += countMax;
    } else {
      const versions = this.read.step(countMax);
      if (versions === undefined) return this.checksum;
      for (const version of versions) this.write(version);
    }
    this.checksum = crc32c(this.writer.peek(), this.checksum);
    this.writer.rewind(0);
    return undefined;
  }

  /** Gives up what is left. */
  close(): void {
    this.read.close();
  }

  private write({
    key,
    value,
    revision,
    sub,
    createRevision,
    version,
    lease,
  }: SnapshotVersion): void {
    const { writer } = this;
    writer.uvarint(key.length);
    writer.raw(key);
    writer.uvarint(value === undefined ? 0 : value.length + 1);
    if (value !== undefined) writer.raw(value);
    writer.uvarint(revision);
    writer.uvarint(sub);
    writer.uvarint(createRevision);
    writer.uvarint(version);
    writer.uint64(lease);
  }
}

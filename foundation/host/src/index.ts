/**
 * The door of the Host contract: what a node sees of the machine it runs on.
 */
/// <reference path="./globals.d.ts" />

export { type Clock, type Instant, later, type WallTime } from './clock.ts';
export {
  type Disk,
  DiskError,
  type DiskErrorCode,
  type DiskFile,
  type DiskLock,
  MAX_TRANSFER_BYTES,
  type OpenMode,
} from './disk.ts';
export { assert, BrokenInvariant, InvalidArgument } from './errors.ts';
export type { Host, RunningNode, StartNode } from './host.ts';
export { type Brand, type Incarnation, type NodeId, toIncarnation, toNodeId } from './ids.ts';
export {
  BULK_FRAGMENT_BYTES,
  type Envelope,
  type Lane,
  type LinkEvent,
  type Messages,
  type SendOutcome,
} from './messages.ts';
export {
  type Counter,
  type Gauge,
  type Histogram,
  type InstrumentOptions,
  MAX_INSTRUMENTS,
  MetricRegistry,
  type Metrics,
  type Reading,
} from './metrics.ts';
export { NumberMap } from './number-map.ts';
export { type Random, RandomSource, SeededRandom } from './random.ts';
export {
  type ByteStream,
  type Listener,
  StreamError,
  type StreamErrorCode,
  type Streams,
} from './streams.ts';
export { MAX_DELAY_MS, type Timer, type Timers } from './timers.ts';
export type { Trace, TraceFields } from './trace.ts';

/**
 * The door of the Host that is a Node.js process.
 */
export {
  type ClientHostOptions,
  createClientHost,
  type ProcessClientHost,
} from './client-host.ts';
export { controlPathOf } from './control-channel.ts';
export { askControl, type ControlRequest } from './control-client.ts';
export { LINE_BYTES_MAX } from './control-session.ts';
export { parseFault } from './fault-format.ts';
export {
  type Direction,
  type DiskFault,
  type DiskOperation,
  FaultBoard,
  type HostFault,
  type LinkFault,
  MAX_FAULTS,
  type OnFiles,
  type OnLink,
  type PinnedFault,
} from './faults.ts';
export { freePorts } from './free-ports.ts';
export { HostError, type HostErrorCode } from './host-error.ts';
export type { TraceWriter } from './json-trace.ts';
export type { LifeEnd } from './life.ts';
export { MemoryStorage } from './memory-storage.ts';
export { DEFAULT_MESSAGE_LIMITS, type MessageLimits } from './message-limits.ts';
export { createProcessHost, type ProcessHost, type ProcessHostOptions } from './process-host.ts';
export { toPrometheusText } from './prometheus.ts';
export type { StreamTls } from './tcp-streams.ts';
export type { TlsIdentity } from './tls-identity.ts';

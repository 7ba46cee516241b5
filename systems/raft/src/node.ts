/**
 * The door of Raft for Node.js: replicas on the network and disk of this machine.
 */
export {
  LocalGroup,
  type LocalGroupOptions,
  startLocalGroup,
} from './service/local-group.ts';
export {
  openReplica,
  ProcessReplica,
  type ProcessReplicaOptions,
} from './service/process-replica.ts';

/**
 * The door of the store for Node.js: a store in this process, members as processes, and clients.
 */
export {
  ClusterDirectoryError,
  type ClusterManifest,
  type ClusterPlace,
  createCluster,
  endpointsOf,
  foundingBackup,
  memberDirectory,
  memberLog,
  readCluster,
} from './service/cluster-directory.ts';
export { type ConnectKvOptions, connectKv } from './service/connect-kv.ts';
export {
  KvMember,
  type KvMemberPlace,
  type KvMemberSettings,
  openMemberHost,
  startMember,
} from './service/kv-member.ts';
export { type ServeMemberOptions, serveMember } from './service/serve-member.ts';
export { LocalKv, type StartKvOptions, startKv } from './service/start-kv.ts';

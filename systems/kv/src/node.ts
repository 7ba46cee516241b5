/**
 * The door of the store for Node.js: a store in this process, members as processes, and clients.
 */
export {
  addPlace,
  type ClusterBounds,
  type ClusterManifest,
  type ClusterPlace,
  createCluster,
  endpointsOf,
  foundingBackup,
  memberDirectory,
  memberLog,
  type NewCluster,
  readCluster,
  removePlace,
  setBounds,
} from './service/cluster-directory.ts';
export { ClusterDirectoryError } from './service/cluster-directory-error.ts';
export { readClientTls } from './service/cluster-tls.ts';
export { type ConnectKvOptions, connectKv } from './service/connect-kv.ts';
export {
  KvMember,
  type KvMemberPlace,
  type KvMemberSettings,
  openMemberHost,
  startMember,
} from './service/kv-member.ts';
export { MEMBER_FLAGS } from './service/member-flags.ts';
export { type ServeMemberOptions, serveMember } from './service/serve-member.ts';
export { LocalKv, type StartKvOptions, startKv } from './service/start-kv.ts';

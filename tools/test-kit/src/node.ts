/**
 * The door of the test kit: what tests need of the system, the reporter of the house, keys, etcd,
 * and the floor of replication.
 */
export { Authority, type IssuedKey } from './authority.ts';
export { BUDGETS, type Budgets } from './budgets.ts';
export { type EtcdMembers, findEtcd, startEtcd } from './etcd.ts';
export {
  chromium,
  etcd,
  ip,
  missingPackages,
  NEEDS,
  type Need,
  networkNamespaces,
  nft,
  noteOf,
  olderNode,
  openssl,
  processFiles,
  root,
  script,
  skipUnless,
  tc,
  timeout,
} from './needs.ts';
export {
  type LoadOrder,
  type LoadReport,
  PROPOSALS,
  runLoad,
} from './replication/load.ts';
export {
  onOrder,
  type ReplicaNews,
  type ReplicaOrder,
  tell,
} from './replication/replica-channel.ts';
export { endReplica, FLOOR, nextNews, ReplicaGroup } from './replication/replica-group.ts';
export { HouseReporter, type HouseReporterOptions } from './reporter.ts';

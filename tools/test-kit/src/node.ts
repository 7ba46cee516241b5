/**
 * The door of the test kit: what tests need of the system, the reporter of the house, keys, and
 * etcd.
 */
export { Authority, type IssuedKey } from './authority.ts';
export { BUDGETS, type Budgets } from './budgets.ts';
export { type EtcdMembers, findEtcd, startEtcd } from './etcd.ts';
export {
  chromium,
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
export { HouseReporter, type HouseReporterOptions } from './reporter.ts';

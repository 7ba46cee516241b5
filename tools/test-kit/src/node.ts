/**
 * The door of the test kit: what tests need of the system, and the reporter of the house.
 */
export { BUDGETS, type Budgets } from './budgets.ts';
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

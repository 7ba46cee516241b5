/**
 * The door of the journal.
 */
export { type Inspection, type InspectOptions, inspectJournal } from './inspect.ts';
export {
  type CompactionReport,
  type IndexRange,
  type Journal,
  type JournalOptions,
  type JournalRecord,
  type JournalSizes,
  METADATA_BYTES_MAX,
  type PackedRecords,
  type PlainJournal,
  RESERVED_BYTES_MAX,
  type ReadLimits,
  type RecoveryReport,
  type SharedJournal,
  type TornTail,
} from './journal.ts';
export { type DamagePlace, JournalError, type JournalErrorCode } from './journal-error.ts';
export { openJournal, openSharedJournal, scanRecords } from './open.ts';
export { journalBugs } from './planted-bugs.ts';
export {
  journalExperiment,
  journalSubject,
  loneJournalExperiment,
  rottingJournalExperiment,
} from './subject/register-experiment.ts';
export { createRegisterInvariant, registerInvariants } from './subject/register-invariant.ts';
export { RegisterReplica } from './subject/register-replica.ts';

/**
 * The conditions of transactions, on the state before them.
 */
import { compareKeys, type KeyRange } from './key-range.ts';
import { type LeaseId, NO_LEASE } from './key-value.ts';
import type { Compare, CompareOperand } from './request.ts';
import type { Revision } from './revision.ts';
import type { KvStore } from './store.ts';
import { NO_VERSION, type VersionRow } from './versions.ts';
import { PIECE_KEYS, type Work } from './work.ts';

/**
 * Whether `compare` holds in `store` as it was at `revision`: for every key of its range, and where
 * there is none, for a key with nothing but zeros, which has no value to compare.
 */
export function* holds(store: KvStore, compare: Compare, revision: Revision): Work<boolean> {
  let isMet = true;
  let isEmpty = true;
  let rest: KeyRange | undefined = compare.range;
  for (;;) {
    rest = store.visitSome(rest, revision, PIECE_KEYS, (version) => {
      isEmpty = false;
      isMet &&= holdsFor(store, version, compare);
    });
    if (rest === undefined || !isMet) break;
    yield;
  }
  return isEmpty ? holdsFor(store, NO_VERSION, compare) : isMet;
}

function holdsFor(store: KvStore, version: VersionRow, { operand, relation }: Compare): boolean {
  const order = orderOf(store, version, operand);
  if (order === undefined) return false;
  switch (relation) {
    case 'equal':
      return order === 0;
    case 'not-equal':
      return order !== 0;
    case 'greater':
      return order > 0;
    case 'less':
      return order < 0;
  }
}

// How what the version has stands to the operand; undefined where it has nothing to compare.
function orderOf(store: KvStore, version: VersionRow, operand: CompareOperand): number | undefined {
  const { versions } = store;
  const exists = version !== NO_VERSION;
  switch (operand.target) {
    case 'version':
      return (exists ? versions.version.at(version) : 0) - operand.number;
    case 'create':
      return (exists ? versions.createRevision.at(version) : 0) - operand.number;
    case 'mod':
      return (exists ? versions.revision.at(version) : 0) - operand.number;
    case 'lease':
      return leaseOrder(exists ? versions.lease.at(version) : NO_LEASE, operand.lease);
    case 'value':
      if (!exists) return undefined;
      return compareKeys(store.slabs.at(versions.place.at(version)), operand.value);
  }
}

function leaseOrder(left: bigint, right: LeaseId): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

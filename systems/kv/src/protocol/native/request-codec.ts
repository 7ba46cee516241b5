/**
 * What a member is asked and answers, as schemas of the wire.
 *
 * The numbers of members are for ever: what is retired keeps its number.
 */
import type { NodeId } from '@mangrove/host';
import type { MemberChange, StoreId } from '@mangrove/raft';
import {
  array,
  boolean,
  branded,
  float64,
  oneOf,
  optional,
  type Schema,
  struct,
  text,
  uint32,
  union,
  uvarint,
  writeSteps,
} from '@mangrove/wire';
import type { AnswerHeader, ReadConsistency } from '../../core/consistency.ts';
import type { Alarm, KvReply, KvRequest, KvResult } from '../../core/kv-request.ts';
import type { OperationResult } from '../../core/request.ts';
import { sessionPlace as place } from '../../shell/log-codec.ts';
import {
  blob,
  errorCode,
  leaseId as lease,
  operation,
  operationResult,
  revision,
} from '../../shell/operation-codec.ts';

/** The most leases, keys of a lease, or members in one answer. */
const LIST_MAX = 1_048_576;

/** The most members and changes of members. */
const MEMBERS_MAX = 64;

const node = branded<NodeId>(text({ max: 63 }));
const store = branded<StoreId>(text({ max: 16 }));
const address = text({ max: 255 });
const alarm = oneOf<Alarm>({ 'no-space': 1, corrupt: 2 });

const consistency: Schema<ReadConsistency> = union('type', {
  linearizable: { number: 1, schema: struct({}) },
  lease: { number: 2, schema: struct({}) },
  serializable: { number: 3, schema: struct({}) },
  bounded: {
    number: 4,
    schema: struct({ stalenessMsMax: optional(float64), revisionLagMax: optional(uvarint) }),
  },
  session: { number: 5, schema: struct({ token: revision }) },
});

const change: Schema<MemberChange> = union('type', {
  'add-learner': { number: 1, schema: struct({ node, store: optional(store) }) },
  promote: { number: 2, schema: struct({ node }) },
  demote: { number: 3, schema: struct({ node }) },
  remove: { number: 4, schema: struct({ node }) },
});

/** A request to a member. */
export const kvRequest: Schema<KvRequest> = union('type', {
  operation: { number: 1, schema: struct({ operation, consistency, place }) },
  'open-session': { number: 2, schema: struct({}) },
  compact: { number: 3, schema: struct({ revision }) },
  'grant-lease': { number: 4, schema: struct({ lease, ttlMs: uvarint, place }) },
  'revoke-lease': { number: 5, schema: struct({ lease, place }) },
  'keep-lease-alive': { number: 6, schema: struct({ lease }) },
  'lease-time-to-live': { number: 7, schema: struct({ lease, wantsKeys: boolean }) },
  'list-leases': { number: 8, schema: struct({}) },
  hash: { number: 9, schema: struct({ revision }) },
  status: { number: 10, schema: struct({}) },
  'list-members': { number: 11, schema: struct({}) },
  'change-members': {
    number: 12,
    schema: struct({ changes: array(change, { max: MEMBERS_MAX }) }),
  },
  'transfer-leadership': { number: 13, schema: struct({ target: node }) },
  'list-alarms': { number: 14, schema: struct({}) },
  'disarm-alarm': { number: 15, schema: struct({ alarm }) },
  'await-sweep': { number: 16, schema: struct({ revision }) },
});

const raised = array(struct({ alarm, member: node }), { max: 2 * MEMBERS_MAX });

const status = struct({
  member: node,
  version: text({ max: 64 }),
  role: oneOf({ leader: 1, candidate: 2, 'pre-candidate': 3, follower: 4, learner: 5 }),
  leader: optional(node),
  term: uvarint,
  commitIndex: uvarint,
  appliedIndex: uvarint,
  revision,
  compactRevision: revision,
  keyCount: uvarint,
  leaseCount: uvarint,
  watcherCount: uvarint,
  sizeBytes: uvarint,
  quotaBytes: uvarint,
  alarms: raised,
});

const member = struct({
  node,
  role: oneOf({ voter: 1, learner: 2 }),
  peerAddress: address,
  clientAddress: address,
  store: optional(store),
});

const otherResult: Schema<OtherResult> = union('type', {
  session: { number: 1, schema: struct({ session: uvarint }) },
  applied: { number: 2, schema: struct({}) },
  lease: { number: 3, schema: struct({ lease, ttlMs: uvarint }) },
  'lease-time': {
    number: 4,
    schema: struct({
      lease,
      grantedMs: float64,
      remainingMs: float64,
      keys: array(blob, { max: LIST_MAX }),
    }),
  },
  leases: { number: 5, schema: struct({ leases: array(lease, { max: LIST_MAX }) }) },
  hash: { number: 6, schema: struct({ hash: uint32, revision, compactRevision: revision }) },
  status: { number: 7, schema: struct({ status }) },
  members: { number: 8, schema: struct({ members: array(member, { max: MEMBERS_MAX }) }) },
  alarms: { number: 9, schema: struct({ alarms: raised }) },
});

type OtherResult = Exclude<KvResult, OperationResult>;

// result => isOther:boolean operation-result | other-result
const kvResult: Schema<KvResult> = {
  compile: (layout) => {
    const operations = operationResult.compile(layout);
    const others = otherResult.compile(layout);
    return {
      minBytes: 2,
      write: (writer, result) => {
        const isOther = !isOperationResult(result);
        writer.boolean(isOther);
        if (isOther) others.write(writer, result);
        else operations.write(writer, result);
      },
      *writeInSteps(writer, result) {
        const isOther = !isOperationResult(result);
        writer.boolean(isOther);
        if (isOther) yield* writeSteps(others, writer, result);
        else yield* writeSteps(operations, writer, result);
      },
      read: (reader) => (reader.boolean() ? others.read(reader) : operations.read(reader)),
    };
  },
};

function isOperationResult(result: KvResult): result is OperationResult {
  const { type } = result;
  return type === 'put' || type === 'delete' || type === 'range' || type === 'txn';
}

const header: Schema<AnswerHeader> = struct({
  member: node,
  term: uvarint,
  revision,
  stalenessMs: optional(float64),
});

/** What there is to say beyond a code, as text of a bounded length. */
export const detailText: Schema<string> = text({ max: 1024 });

/** The answer of a member. */
export const kvReply: Schema<KvReply> = union('type', {
  done: { number: 1, schema: struct({ header, result: kvResult }) },
  failed: {
    number: 2,
    schema: struct({
      code: errorCode,
      isDefinite: boolean,
      detail: detailText,
      leader: optional(node),
      compactRevision: revision,
    }),
  },
});

/**
 * Messages of Kafka as its schemas declare them: what the codecs must be able to express.
 *
 * Strings, bytes and arrays are compact in flexible versions; every struct, those in arrays
 * included, ends with tagged fields there (KIP-482). Source: the message definitions of Apache
 * Kafka.
 */
import {
  array,
  boolean,
  byFlexibility,
  field,
  int8,
  int16,
  int32,
  int64,
  message,
  nullableArray,
  nullableBytes,
  nullableText,
  type Schema,
  struct,
  text,
  uuid,
} from '@mangrove/wire';

const NAME = { max: 32_767 };
const LIST = { max: 100_000 };
const RECORDS = { max: 100_000_000 };

const string = byFlexibility(
  text({ ...NAME, length: 'compact' }),
  text({ ...NAME, length: 'int16' }),
);
const nullableString = byFlexibility(
  nullableText({ ...NAME, length: 'compact' }),
  nullableText({ ...NAME, length: 'int16' }),
);
const records = byFlexibility(
  nullableBytes({ ...RECORDS, length: 'compact' }),
  nullableBytes({ ...RECORDS, length: 'int32' }),
);
const list = <Value>(element: Schema<Value>) =>
  byFlexibility(
    array(element, { ...LIST, length: 'compact' }),
    array(element, { ...LIST, length: 'int32' }),
  );
const nullableList = <Value>(element: Schema<Value>) =>
  byFlexibility(
    nullableArray(element, { ...LIST, length: 'compact' }),
    nullableArray(element, { ...LIST, length: 'int32' }),
  );

/** Version 2 ends with tagged fields, and its client id is not compact all the same. */
export const REQUEST_HEADER = message(
  'request-header',
  struct({
    apiKey: int16,
    apiVersion: int16,
    correlationId: int32,
    clientId: nullableText({ ...NAME, length: 'int16' }),
  }),
  { lowest: 1, highest: 2, flexibleFrom: 2 },
);

/** Version 1 ends with tagged fields; the answer to ApiVersions always has version 0. */
export const RESPONSE_HEADER = message('response-header', struct({ correlationId: int32 }), {
  lowest: 0,
  highest: 1,
  flexibleFrom: 1,
});

/** Key 18. */
export const API_VERSIONS_REQUEST = message(
  'api-versions-request',
  struct({
    clientSoftwareName: field(string, { since: 3, absent: '', isIgnorable: true }),
    clientSoftwareVersion: field(string, { since: 3, absent: '', isIgnorable: true }),
  }),
  { lowest: 0, highest: 4, flexibleFrom: 3 },
);

const feature = struct({ name: string, minVersion: int16, maxVersion: int16 });
const finalized = struct({ name: string, maxVersionLevel: int16, minVersionLevel: int16 });

/** The answer to key 18. */
export const API_VERSIONS_RESPONSE = message(
  'api-versions-response',
  struct({
    errorCode: int16,
    apiKeys: list(struct({ apiKey: int16, minVersion: int16, maxVersion: int16 })),
    throttleTimeMs: field(int32, { since: 1, absent: 0, isIgnorable: true }),
    supportedFeatures: field(list(feature), { tag: 0, absent: [], isIgnorable: true }),
    finalizedFeaturesEpoch: field(int64, { tag: 1, absent: -1n, isIgnorable: true }),
    finalizedFeatures: field(list(finalized), { tag: 2, absent: [], isIgnorable: true }),
    zkMigrationReady: field(boolean, { tag: 3, absent: false, isIgnorable: true }),
  }),
  { lowest: 0, highest: 4, flexibleFrom: 3 },
);

/** Key 0. */
export const PRODUCE_REQUEST = message(
  'produce-request',
  struct({
    transactionalId: nullableString,
    acks: int16,
    timeoutMs: int32,
    topics: list(struct({ name: string, partitions: list(struct({ index: int32, records })) })),
  }),
  { lowest: 3, highest: 11, flexibleFrom: 9 },
);

const epochEnd = struct({ epoch: int32, endOffset: int64 });

/** The answer to key 1. */
export const FETCH_RESPONSE = message(
  'fetch-response',
  struct({
    throttleTimeMs: int32,
    errorCode: field(int16, { since: 7, absent: 0, isIgnorable: true }),
    sessionId: field(int32, { since: 7, absent: 0 }),
    responses: list(
      struct({
        topic: string,
        partitions: list(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            highWatermark: int64,
            lastStableOffset: int64,
            logStartOffset: field(int64, { since: 5, absent: -1n, isIgnorable: true }),
            divergingEpoch: field(epochEnd, { tag: 0, absent: undefined }),
            currentLeader: field(struct({ leaderId: int32, leaderEpoch: int32 }), {
              tag: 1,
              absent: undefined,
            }),
            abortedTransactions: nullableList(struct({ producerId: int64, firstOffset: int64 })),
            preferredReadReplica: field(int32, { since: 11, absent: -1 }),
            records,
          }),
        ),
      }),
    ),
  }),
  { lowest: 4, highest: 12, flexibleFrom: 12 },
);

/** The answer to key 75, without what follows an empty list of partitions. */
export const DESCRIBE_TOPIC_PARTITIONS_RESPONSE = message(
  'describe-topic-partitions-response',
  struct({
    throttleTimeMs: int32,
    topics: list(
      struct({
        errorCode: int16,
        name: nullableString,
        topicId: uuid,
        isInternal: boolean,
        partitions: list(struct({ errorCode: int16, partitionIndex: int32 })),
        authorizedOperations: int32,
      }),
    ),
    /** -1 is null (KIP-893); a cursor itself is not declared here. */
    nextCursor: int8,
  }),
  { lowest: 0, highest: 0 },
);

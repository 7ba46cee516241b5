/**
 * Kafka's protocol can be declared: published messages are read and written byte for byte, every
 * version of nested structs comes back, tagged fields work at each level, and hostile bytes give an
 * error with the path of the field.
 */
import { readFileSync } from 'node:fs';
import { type Message, Reader, WireError, Writer } from '@mangrove/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as kafka from './kafka.ts';

/** Messages as clients and brokers put them on the wire, each with its size and header. */
const published = new Map(
  readFileSync(new URL('./kafka.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(': ') as [string, string])
    .map(([name, hex]) => [name, new Uint8Array(Buffer.from(hex, 'hex'))]),
);

/** Reads a header and a body, and demands that writing them gives the same bytes. */
function exchange<Header, Body>(
  name: string,
  header: readonly [Message<Header>, number],
  body: readonly [Message<Body>, number],
): { readonly header: Header; readonly body: Body } {
  const bytes = published.get(name) ?? new Uint8Array(4);
  const reader = new Reader(bytes);
  expect(reader.int32()).toBe(bytes.length - 4);
  const [headerCodec, bodyCodec] = [header[0].at(header[1]), body[0].at(body[1])];
  const read = { header: headerCodec.decodeFrom(reader), body: bodyCodec.decodeFrom(reader) };
  reader.finish();
  const writer = new Writer();
  writer.int32(bytes.length - 4);
  headerCodec.encodeInto(writer, read.header);
  bodyCodec.encodeInto(writer, read.body);
  expect(Buffer.from(writer.take()).toString('hex')).toBe(Buffer.from(bytes).toString('hex'));
  return read;
}

describe('a published message', () => {
  it('asks for versions: the client id of a flexible header is not compact', () => {
    const { header, body } = exchange(
      'api-versions-request 4',
      [kafka.REQUEST_HEADER, 2],
      [kafka.API_VERSIONS_REQUEST, 4],
    );
    expect(header).toEqual({ apiKey: 18, apiVersion: 4, correlationId: 7, clientId: 'kafka-cli' });
    expect(body).toEqual({ clientSoftwareName: 'kafka-cli', clientSoftwareVersion: '0.1' });
  });

  it('answers with versions: behind a header of version 0, though the body is flexible', () => {
    const { header, body } = exchange(
      'api-versions-response 4',
      [kafka.RESPONSE_HEADER, 0],
      [kafka.API_VERSIONS_RESPONSE, 4],
    );
    expect(header).toEqual({ correlationId: 7 });
    expect(body.apiKeys.map(({ apiKey, maxVersion }) => [apiKey, maxVersion])).toEqual([
      [1, 17],
      [18, 4],
      [75, 0],
    ]);
    expect(body).toMatchObject({ supportedFeatures: [], finalizedFeaturesEpoch: -1n });
    // With the flexible header the answer would not be read as itself.
    const bytes = published.get('api-versions-response 4')!.subarray(4);
    const reader = new Reader(bytes);
    kafka.RESPONSE_HEADER.at(1).decodeFrom(reader);
    expect(() => kafka.API_VERSIONS_RESPONSE.at(4).decode(bytes.subarray(reader.offset))).toThrow(
      WireError,
    );
  });

  it('refuses a version: in a body of version 0, which tells the versions there are', () => {
    const { body } = exchange(
      'api-versions-response 0, unsupported version',
      [kafka.RESPONSE_HEADER, 0],
      [kafka.API_VERSIONS_RESPONSE, 0],
    );
    const apiKeys = [{ apiKey: 18, minVersion: 0, maxVersion: 4 }];
    expect(body).toMatchObject({ errorCode: 35, apiKeys, throttleTimeMs: 0 });
  });

  it('describes a topic: UUID, nullable strings, structs that end with tags in an array', () => {
    const { body } = exchange(
      'describe-topic-partitions-response 0',
      [kafka.RESPONSE_HEADER, 1],
      [kafka.DESCRIBE_TOPIC_PARTITIONS_RESPONSE, 0],
    );
    const topicId = '00000000-0000-0000-0000-000000000000';
    const topic = { errorCode: 3, name: 'foo', topicId, isInternal: false, partitions: [] };
    expect(body.topics).toEqual([{ ...topic, authorizedOperations: 0xdf8 }]);
  });

  it('produces: record batches two arrays deep share the memory of the message', () => {
    const name = 'produce-request 11';
    const { header, body } = exchange(name, [kafka.REQUEST_HEADER, 2], [kafka.PRODUCE_REQUEST, 11]);
    expect(header).toMatchObject({ apiKey: 0, apiVersion: 11, clientId: 'producer-1' });
    expect(body).toMatchObject({ transactionalId: null, acks: -1, timeoutMs: 30_000 });
    const shape = body.topics.map((topic) => [
      topic.name,
      ...topic.partitions.map(({ index, records }) => [index, records?.length]),
    ]);
    expect(shape).toEqual([
      ['pax', [0, 84]],
      ['quz', [0, 84], [1, 84]],
    ]);
    const all = body.topics.flatMap(({ partitions }) => partitions);
    for (const { records } of all) expect(records?.buffer).toBe(published.get(name)?.buffer);
  });
});

type FetchResponse = typeof kafka.FETCH_RESPONSE extends Message<infer Value> ? Value : never;
type Partition = FetchResponse['responses'][number]['partitions'][number];

const int32 = fc.integer();
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const partition: fc.Arbitrary<Partition> = fc.record({
  partitionIndex: int32,
  errorCode: fc.integer({ min: -32_768, max: 32_767 }),
  highWatermark: int64,
  lastStableOffset: int64,
  logStartOffset: int64,
  divergingEpoch: fc.option(fc.record({ epoch: int32, endOffset: int64 }), { nil: undefined }),
  currentLeader: fc.option(fc.record({ leaderId: int32, leaderEpoch: int32 }), { nil: undefined }),
  abortedTransactions: fc.option(
    fc.array(fc.record({ producerId: int64, firstOffset: int64 }), { maxLength: 3 }),
  ),
  preferredReadReplica: int32,
  records: fc.option(fc.uint8Array({ maxLength: 200 })),
});
const fetched: fc.Arbitrary<FetchResponse> = fc.record({
  throttleTimeMs: int32,
  errorCode: fc.integer({ min: -32_768, max: 32_767 }),
  sessionId: int32,
  responses: fc.array(
    fc.record({
      topic: fc.string({ maxLength: 8 }),
      partitions: fc.array(partition, { maxLength: 3 }),
    }),
    { maxLength: 3 },
  ),
});

describe('structs in arrays in structs', () => {
  it('come back in the flexible version, tagged fields and all', () => {
    fc.assert(
      fc.property(fetched, (value) => {
        const codec = kafka.FETCH_RESPONSE.at(12);
        expect(plain(codec.decode(codec.encode(value)))).toEqual(plain(value));
      }),
    );
  });

  it('come back in every older version, without what that version does not have', () => {
    fc.assert(
      fc.property(fetched, fc.integer({ min: 4, max: 11 }), (value, version) => {
        const old = carried(value, version);
        const codec = kafka.FETCH_RESPONSE.at(version);
        expect(plain(codec.decode(codec.encode(old)))).toEqual(plain(old));
      }),
    );
  });

  it('refuse what an older version cannot carry, with the path of the field', () => {
    const currentLeader = { leaderId: 1, leaderEpoch: 2 };
    const one = carried(sample, 11).responses[0]!;
    const partitions = [{ ...one.partitions[0]!, currentLeader }];
    const value = { ...carried(sample, 11), responses: [{ ...one, partitions }] };
    expect(() => kafka.FETCH_RESPONSE.at(11).encode(value)).toThrow(
      expect.objectContaining({
        code: 'not-in-version',
        path: 'fetch-response.responses[0].partitions[0].currentLeader',
      }),
    );
  });

  it('let tags that nobody knows pass, at every level', () => {
    const codec = kafka.PRODUCE_REQUEST.at(9);
    const nobody = [1, 99, 2, 7, 7];
    // Null id, acks 1, timeout 5, one topic 'a' with one partition 3 that has a record of one byte.
    const head = [0, 0, 1, 0, 0, 0, 5, 2, 2, 97, 2, 0, 0, 0, 3, 2, 8];
    const known = codec.decode(Uint8Array.of(...head, 0, 0, 0));
    const unknown = codec.decode(Uint8Array.of(...head, ...nobody, ...nobody, ...nobody));
    expect(plain(unknown)).toEqual(plain(known));
    expect(() => codec.decode(Uint8Array.of(...head, 1, 99, 9, 0, 0, 0))).toThrow(
      expect.objectContaining({
        code: 'truncated',
        path: 'produce-request.topics[0].partitions[0]',
      }),
    );
  });

  it('give an error with a path at every cut, and a value or an error for any change', () => {
    const codec = kafka.FETCH_RESPONSE.at(12);
    fc.assert(
      fc.property(fetched, fc.nat(), fc.nat(255), (value, where, byte) => {
        const encoded = codec.encode(value);
        for (let length = 0; length < encoded.length; length += 1 + (length >> 3)) {
          expect(() => codec.decode(encoded.subarray(0, length)), `cut at ${length}`).toThrow(
            expect.objectContaining({ path: expect.stringMatching(/^fetch-response/) }),
          );
        }
        encoded[where % encoded.length] = byte;
        try {
          codec.decode(encoded);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});

const sample: FetchResponse = fc.sample(fetched, { seed: 7, numRuns: 50 }).find(({ responses }) => {
  return (responses[0]?.partitions.length ?? 0) > 0;
})!;

/** A value with what `version` does not carry set to what stands for it. */
function carried(value: FetchResponse, version: number): FetchResponse {
  const since = <Value>(first: number, given: Value, absent: Value) => {
    return version >= first ? given : absent;
  };
  return {
    ...value,
    errorCode: since(7, value.errorCode, 0),
    sessionId: since(7, value.sessionId, 0),
    responses: value.responses.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((each) => ({
        ...each,
        logStartOffset: since(5, each.logStartOffset, -1n),
        divergingEpoch: undefined,
        currentLeader: undefined,
        preferredReadReplica: since(11, each.preferredReadReplica, -1),
      })),
    })),
  };
}

/** Typed arrays of different memory compare by their elements. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, part) => {
      if (typeof part === 'bigint') return `${part}n`;
      return part instanceof Uint8Array ? [...part] : part;
    }),
  );
}

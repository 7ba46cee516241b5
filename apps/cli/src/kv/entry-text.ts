/**
 * Entries as people and machines read them.
 */
import type { KvEntry, OperationAnswer } from '@mangrove/kv';

/** An entry as JSON; bytes that are no text are base64. */
export function toJson(entry: KvEntry): Readonly<Record<string, unknown>> {
  const { createRevision, modRevision, version, lease } = entry;
  return {
    ...field('key', entry.keyBytes),
    ...field('value', entry.valueBytes),
    ...{ createRevision, modRevision, version, lease: leaseText(lease) },
  };
}

/** The id of a lease, as commands take and print it. */
export function leaseText(lease: bigint): string {
  return lease.toString(16);
}

/** One operation of a transaction as JSON, with those within it. */
export function answerJson(answer: OperationAnswer): Readonly<Record<string, unknown>> {
  switch (answer.type) {
    case 'put':
      return { type: answer.type };
    case 'delete':
      return { type: answer.type, deletedCount: answer.deletedCount };
    case 'get': {
      const { type, count, hasMore } = answer;
      return { type, entries: answer.entries.map(toJson), count, hasMore };
    }
    case 'txn':
      return { ...answer, results: answer.results.map(answerJson) };
  }
}

/** One operation of a transaction in a line. */
export function answerText(answer: OperationAnswer): string {
  switch (answer.type) {
    case 'put':
      return 'put';
    case 'delete':
      return `deleted ${answer.deletedCount}`;
    case 'get':
      return answer.entries.map(({ key, value }) => `${key}  ${value}`).join('\n');
    case 'txn':
      return answer.results.map(answerText).join('\n');
  }
}

function field(name: string, bytes: Uint8Array): Readonly<Record<string, string>> {
  const text = Buffer.from(bytes).toString('utf8');
  if (Buffer.from(text, 'utf8').equals(bytes)) return { [name]: text };
  return { [`${name}Base64`]: Buffer.from(bytes).toString('base64') };
}

/**
 * What replicas and clients say to each other, as JSON in bytes.
 */

/** A value, and the tag that says how new it is: the greater tag wins. */
export interface Stored {
  readonly tag: string;
  readonly value: number | null;
}

/**
 * A message. A client asks what a replica has (`stored` is missing) or to keep something; a replica
 * answers with what it has on its disk, under the same id.
 */
export interface Message {
  readonly id: number;
  readonly stored?: Stored;
}

/** A message, or what is kept on disk, as bytes. */
export function encode(message: Message | Stored): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message));
}

/** What `encode` was given. */
export function decode<Decoded>(bytes: Uint8Array): Decoded {
  return JSON.parse(new TextDecoder().decode(bytes));
}

/**
 * The section of tagged fields at the end of a struct (KIP-482).
 */
import type { Reader } from './reader.ts';
import type { Codec } from './schema.ts';
import { WireError, within } from './wire-error.ts';
import type { Writer } from './writer.ts';

/** A tagged field for one layout. */
export interface TaggedField {
  readonly name: string;
  readonly codec: Codec<unknown>;
  readonly tag: number;
  readonly absent: unknown;
}

/** Writes the fields that are not absent, in order of their tags, which `fields` are in. */
export function writeTagged(
  writer: Writer,
  fields: readonly TaggedField[],
  value: Readonly<Record<string, unknown>>,
): void {
  let count = 0;
  for (const field of fields) if (!isAbsent(value[field.name], field.absent)) count += 1;
  writer.uvarint(count);
  for (const field of fields) {
    const part = value[field.name];
    if (isAbsent(part, field.absent)) continue;
    writer.uvarint(field.tag);
    const begin = writer.length;
    try {
      field.codec.write(writer, part);
    } catch (error) {
      throw within(error, field.name);
    }
    writer.insertUvarint(begin, writer.length - begin);
  }
}

/** Reads the section into `value`; skips tags that `fields` do not have. */
export function readTagged(
  reader: Reader,
  fields: readonly TaggedField[],
  value: Record<string, unknown>,
): void {
  const count = reader.uvarint();
  if (count === 0) return;
  // Each takes two bytes at least: no count makes a long loop over a short message.
  if (count * 2 > reader.remaining) {
    throw new WireError('truncated', `${count} tagged fields do not fit what is left`);
  }
  let last = -1;
  for (let index = 0; index < count; index++) {
    const tag = reader.uvarint();
    if (tag <= last) throw new WireError('malformed', `tag ${tag} follows tag ${last}`);
    last = tag;
    const size = reader.uvarint();
    const field = fields.find((one) => one.tag === tag);
    if (field === undefined) {
      reader.skip(size);
      continue;
    }
    try {
      value[field.name] = reader.block(size, field.codec.read);
    } catch (error) {
      throw within(error, field.name);
    }
  }
}

/** Whether `value` is what stands for a missing field; empty arrays and bytes are alike. */
export function isAbsent(value: unknown, absent: unknown): boolean {
  if (Object.is(value, absent)) return true;
  return isEmpty(value) && isEmpty(absent);
}

function isEmpty(value: unknown): boolean {
  return (Array.isArray(value) || value instanceof Uint8Array) && value.length === 0;
}

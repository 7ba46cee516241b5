/**
 * The codec of a struct for one layout, in two kinds that do the same.
 *
 * Where the platform lets a program make code of text, each struct gets functions of its own, in
 * which each field is a property with a constant name: engines then compile it like code that was
 * written by hand. Where it does not (a page with a Content-Security-Policy), closures walk over
 * the list of fields. The text is made of field names, which are checked to be identifiers, of
 * indexes and of nothing else, once, when the message is declared.
 */
import type { Reader } from './reader.ts';
import { type Codec, type Steps, writeSteps } from './schema.ts';
import type { Discriminant } from './struct.ts';
import { isAbsent, readTagged, type TaggedField, writeTagged } from './tagged.ts';
import { WireError, within } from './wire-error.ts';
import type { Writer } from './writer.ts';

/** A field as one layout has it. */
export type CompiledField =
  /** It is there, in its place. */
  | { readonly type: 'plain'; readonly name: string; readonly codec: Codec<unknown> }
  /** It is in the tagged section where it is not `absent`. */
  | ({ readonly type: 'tagged' } & TaggedField)
  /** This layout does not carry it. */
  | {
      readonly type: 'missing';
      readonly name: string;
      readonly absent: unknown;
      readonly isIgnorable: boolean;
    };

/** The two functions of a codec. */
type Functions<Value> = Pick<Codec<Value>, 'write' | 'read'>;

/** What the functions of a struct work with. */
interface Parts {
  readonly fields: readonly CompiledField[];
  /** Undefined where the layout has no tagged section. */
  readonly tagged: readonly TaggedField[] | undefined;
  readonly discriminant: Discriminant | undefined;
}

/** The codec of a struct: made of text where that is allowed, else of closures. */
export function compileFields<Value>(
  fields: readonly CompiledField[],
  isFlexible: boolean,
  discriminant: Discriminant | undefined,
): Codec<Value> {
  const tagged = fields
    .flatMap((field) => (field.type === 'tagged' ? [field] : []))
    .sort((a, b) => a.tag - b.tag);
  const parts = { fields, tagged: isFlexible ? tagged : undefined, discriminant };
  let minBytes = isFlexible ? 1 : 0;
  for (const field of fields) if (field.type === 'plain') minBytes += field.codec.minBytes;
  const { write, read } = generated<Value>(parts) ?? interpreted<Value>(parts);
  if (!fields.some(hasSteps)) return { minBytes, write, read };
  return { minBytes, write, read, writeInSteps: (writer, value) => steps(parts, writer, value) };
}

function hasSteps(field: CompiledField): boolean {
  return field.type === 'plain' && field.codec.writeInSteps !== undefined;
}

/** What `write` does, in the steps of the fields. */
function* steps(parts: Parts, writer: Writer, value: unknown): Steps {
  const { fields, tagged } = parts;
  const record = value as Readonly<Record<string, unknown>>;
  for (const field of fields) {
    try {
      if (field.type === 'plain') yield* writeSteps(field.codec, writer, record[field.name]);
      else if (field.type === 'missing') checkMissing(field, record[field.name]);
    } catch (error) {
      throw within(error, field.name);
    }
  }
  if (tagged !== undefined) writeTagged(writer, tagged, record);
}

/** The functions as closures over the list of fields. */
export function interpreted<Value>(parts: Parts): Functions<Value> {
  const { fields, tagged, discriminant } = parts;
  return {
    write(writer: Writer, value: Value): void {
      const record = value as Readonly<Record<string, unknown>>;
      for (const field of fields) {
        try {
          if (field.type === 'plain') field.codec.write(writer, record[field.name]);
          else if (field.type === 'missing') checkMissing(field, record[field.name]);
        } catch (error) {
          throw within(error, field.name);
        }
      }
      if (tagged !== undefined) writeTagged(writer, tagged, record);
    },
    read(reader: Reader): Value {
      const record: Record<string, unknown> = {};
      if (discriminant !== undefined) record[discriminant.key] = discriminant.name;
      for (const field of fields) {
        try {
          record[field.name] = field.type === 'plain' ? field.codec.read(reader) : field.absent;
        } catch (error) {
          throw within(error, field.name);
        }
      }
      if (tagged !== undefined) readTagged(reader, tagged, record);
      return record as Value;
    },
  };
}

/** The functions made of text; undefined where the platform forbids that. */
export function generated<Value>(parts: Parts): Functions<Value> | undefined {
  const { fields, tagged } = parts;
  let make: (...needs: unknown[]) => Functions<Value>;
  try {
    make = new Function(...NEEDS, sourceOf(parts)) as typeof make;
  } catch {
    // A policy forbids it (`EvalError`); there is nothing else that this text can throw.
    return undefined;
  }
  const codecs = fields.map((field) => (field.type === 'missing' ? undefined : field.codec));
  const names = fields.map((field) => field.name);
  const missing = (value: unknown, index: number): void => {
    const field = fields[index];
    if (field?.type === 'missing') checkMissing(field, value);
  };
  const absents = fields.map((field) => (field.type === 'plain' ? undefined : field.absent));
  return make(codecs, names, absents, missing, within, tagged, writeTagged, readTagged);
}

const NEEDS = [
  'codecs',
  'names',
  'absents',
  'missing',
  'within',
  'tagged',
  'writeTagged',
  'readTagged',
] as const;

/**
 * The text of both functions. For `struct({ term: uvarint, entries: array(...) })` it is, in short:
 *
 *     const c1 = codecs[1];
 *     return {
 *       write(w, v) {
 *         let f = 0;
 *         try { w.uvarint(v.term); f = 1; c1.write(w, v.entries); }
 *         catch (e) { throw within(e, names[f]); }
 *       },
 *       read(r) {
 *         let f = 0, v0, v1;
 *         try { v0 = r.uvarint(); f = 1; v1 = c1.read(r); }
 *         catch (e) { throw within(e, names[f]); }
 *         return { term: v0, entries: v1 };
 *       } };
 */
function sourceOf({ fields, tagged, discriminant }: Parts): string {
  const setup: string[] = [];
  const writes: string[] = [];
  const reads: string[] = [];
  const properties: string[] = [];
  if (discriminant !== undefined) {
    properties.push(`${JSON.stringify(discriminant.key)}: ${JSON.stringify(discriminant.name)}`);
  }
  for (const [index, field] of fields.entries()) {
    const property = `v.${field.name}`;
    properties.push(`${field.name}: v${index}`);
    if (field.type !== 'plain') {
      setup.push(`const a${index} = absents[${index}];`);
      reads.push(`v${index} = a${index};`);
      if (field.type === 'missing') {
        writes.push(`f = ${index}; if (${property} !== a${index}) missing(${property}, ${index});`);
      }
      continue;
    }
    const { call } = field.codec;
    if (call === undefined) setup.push(`const c${index} = codecs[${index}];`);
    const write = call === undefined ? `c${index}.write(w, ${property})` : `w.${call}(${property})`;
    const read = call === undefined ? `c${index}.read(r)` : `r.${call}()`;
    writes.push(`f = ${index}; ${write};`);
    reads.push(`f = ${index}; v${index} = ${read};`);
  }
  const locals = ['f = 0', ...fields.map((_, index) => `v${index}`)].join(', ');
  const guard = (body: readonly string[]) =>
    `try { ${body.join('\n')} } catch (e) { throw within(e, names[f]); }`;
  const writeTail = tagged === undefined ? '' : tagged.length === 0 ? 'w.uint8(0);' : WRITE_TAGGED;
  const readTail = tagged === undefined ? '' : READ_TAGGED;
  return `'use strict'; ${setup.join('\n')}
    return {
      write(w, v) { let f = 0; ${guard(writes)} ${writeTail} },
      read(r) { let ${locals}; ${guard(reads)}
        const record = { ${properties.join(', ')} }; ${readTail} return record; } };`;
}

const WRITE_TAGGED = 'writeTagged(w, tagged, v);';
const READ_TAGGED = 'readTagged(r, tagged, record);';

/** Refuses a value that this layout cannot carry, unless it may be left out. */
function checkMissing(
  field: { readonly absent: unknown; readonly isIgnorable: boolean },
  value: unknown,
): void {
  if (field.isIgnorable || isAbsent(value, field.absent)) return;
  throw new WireError('not-in-version', 'this version cannot carry the value');
}

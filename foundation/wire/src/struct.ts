/**
 * Structs: named fields one after the other, each from and up to a version, and behind them, in
 * flexible versions, the tagged fields.
 *
 *     struct => field*  tagged-section?
 *     tagged-section => count:uvarint (tag:uvarint size:uvarint value)*     tags ascend
 *
 * A reader skips tags that it does not know. So a newer writer may add a tagged field at any time,
 * while an ordinary field needs a new version. Source of the layout: KIP-482.
 */
import { InvalidArgument } from './invalid-argument.ts';
import type { Codec, Layout, Schema } from './schema.ts';
import { type CompiledField, compileFields } from './struct-codec.ts';

/** From and up to which version a field is there, and what stands for it elsewhere. */
export interface FieldOptions<Value> {
  /** The first version that has the field. Default: every one. */
  readonly since?: number;
  /** The last version that has the field. Default: every one. */
  readonly until?: number;
  /** The value that a reader gets where the bytes do not have the field. */
  readonly absent: Value;
  /**
   * Whether a value other than `absent` is silently left out where the version cannot carry it.
   * Default: no, it is refused as `not-in-version`, since what is left out might have mattered.
   */
  readonly isIgnorable?: boolean;
  /** Makes it a tagged field with this number: in flexible versions, and only if not `absent`. */
  readonly tag?: number;
}

/** A field with options, as `field` makes it. */
export interface Field<Value> {
  readonly schema: Schema<Value>;
  readonly options: FieldOptions<Value>;
}

/** What a struct is declared with, in the order of the bytes. */
export type Fields = Readonly<Record<string, Schema<unknown> | Field<unknown>>>;

/** The type of a struct with these fields. */
export type StructOf<F extends Fields> = {
  readonly [Name in keyof F]: F[Name] extends Field<infer Value>
    ? Value
    : F[Name] extends Schema<infer Value>
      ? Value
      : never;
};

/** The schema of a struct; a union can put its name for the member into the value. */
export interface StructSchema<Value> extends Schema<Value> {
  /** As `compile`, but a value read also has the property `discriminant.key`, first of all. */
  compileMember(layout: Layout, discriminant: Discriminant): Codec<Value>;
}

/** The property by which the members of a union differ. */
export interface Discriminant {
  readonly key: string;
  readonly name: string;
}

/**
 * A field that not every version has, or that is tagged.
 *
 * What is absent may be `undefined` or null, though the schema has no such value: a tagged struct
 * that is not there.
 */
export function field<Value, Absent extends Value | undefined | null = Value>(
  schema: Schema<Value>,
  options: FieldOptions<Value | Absent>,
): Field<Value | Absent> {
  const { since, until, tag } = options;
  if (since !== undefined && until !== undefined && since > until) {
    throw new InvalidArgument('since', since, `at most until, which is ${until}`);
  }
  if (tag !== undefined && (!Number.isInteger(tag) || tag < 0 || tag > 0x7fffffff)) {
    throw new InvalidArgument('tag', tag, 'an integer of 0 or more');
  }
  // A value that is absent is never given to the schema.
  return { schema: schema as Schema<Value | Absent>, options };
}

/** A struct of these fields. Names are plain identifiers. */
export function struct<F extends Fields>(fields: F): StructSchema<StructOf<F>> {
  const declared = Object.entries(fields).map(([name, declaration]) => {
    if (!NAME.test(name)) throw new InvalidArgument('field', name, 'a lowerCamelCase identifier');
    return { name, ...toField(declaration) };
  });
  const tags = declared.flatMap(({ options }) => options.tag ?? []);
  if (new Set(tags).size !== tags.length) {
    throw new InvalidArgument('tag', tags.join(), 'different for each field');
  }
  const compile = (layout: Layout, discriminant?: Discriminant): Codec<StructOf<F>> => {
    const compiled = declared.map((one) => compileField(one, layout));
    return compileFields<StructOf<F>>(compiled, layout.isFlexible, discriminant);
  };
  return { compile: (layout) => compile(layout), compileMember: compile };
}

const NAME = /^[a-z][a-zA-Z0-9]*$/;

interface DeclaredField extends Field<unknown> {
  readonly name: string;
}

function toField(declaration: Schema<unknown> | Field<unknown>): Field<unknown> {
  if ('schema' in declaration) return declaration;
  return { schema: declaration, options: { absent: undefined } };
}

function compileField({ name, schema, options }: DeclaredField, layout: Layout): CompiledField {
  const { since = 0, until = Number.MAX_SAFE_INTEGER, absent, isIgnorable = false, tag } = options;
  const isPresent =
    layout.version >= since && layout.version <= until && (tag === undefined || layout.isFlexible);
  if (!isPresent) return { type: 'missing', name, absent, isIgnorable };
  const codec = schema.compile(layout);
  if (tag === undefined) return { type: 'plain', name, codec };
  return { type: 'tagged', name, codec, tag, absent };
}

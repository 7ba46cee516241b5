/**
 * The types of the generated codecs of `append.proto`, as far as the benchmark calls them.
 *
 * The codecs: `pbjs -t static-module -w es6 --no-comments --no-verify --no-convert --no-delimited
 * --no-typeurl --no-create --no-service -o append.proto.js append.proto` (protobufjs-cli 2.7.1).
 */

/** A generated codec. */
export interface Generated {
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
}

/** The messages of `append.proto`. */
export const bench: { readonly Heartbeat: Generated; readonly AppendEntries: Generated };

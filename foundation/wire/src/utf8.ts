/**
 * How many bytes a text takes in UTF-8.
 */
import { WireError } from './wire-error.ts';

/**
 * The bytes of `text` in UTF-8.
 *
 * A lone surrogate is refused as `malformed`: it has no UTF-8, and to replace it, as `TextEncoder`
 * does, would change the text in silence.
 */
export function utf8Length(text: string): number {
  let sizeBytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    if (unit < 0x800) sizeBytes += 1;
    else if (unit < 0xd800 || unit > 0xdfff) sizeBytes += 2;
    else {
      const next = text.charCodeAt(index + 1);
      if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) {
        throw new WireError('malformed', `the text has a lone surrogate at ${index}`);
      }
      // Two units are four bytes.
      sizeBytes += 2;
      index += 1;
    }
  }
  return sizeBytes;
}

/**
 * Shows that nothing foreign can break out of markup or out of embedded data, for any text.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { embedJson, escapeText, markup, trusted } from './markup.ts';

describe('markup', () => {
  it('escapes strings and leaves markup alone', () => {
    const inner = markup`<i>${'a<b & "c"'}</i>`;
    const list = [1, ' ', trusted('<br>'), undefined, false as const];
    const outer = markup`<p title="${"it's"}">${inner}${list}</p>`;
    expect(outer.text).toBe('<p title="it&#39;s"><i>a&lt;b &amp; &quot;c&quot;</i>1 <br></p>');
  });

  it('holds no character of markup after escaping, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeText(text)).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/);
      }),
    );
  });

  it('makes visible what would change how a line is read', () => {
    expect(escapeText('abc\u202edef')).toBe('abc\\u202edef');
    expect(escapeText('a\u0000b\u001b[31m\ud800')).toBe('a\\u0000b\\u001b[31m\\ud800');
    expect(escapeText('tab\tand\nline')).toBe('tab\tand\nline');
  });
});

describe('embedded JSON', () => {
  it('reads back as it was and cannot end its element, for any value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { text } = embedJson(value);
        expect(text).not.toMatch(/[<>&\p{Cf}\u2028\u2029]/u);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

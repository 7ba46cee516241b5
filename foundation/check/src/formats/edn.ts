/**
 * Reads EDN, the notation in which Clojure programs (Jepsen, Elle, Knossos) write histories.
 *
 * What comes out is plain JSON, since the judges need no more: a keyword or a symbol becomes the
 * string of its name (`:read` is `read`), a list, vector or set an array, a map an object whose
 * keys are strings (`{0 10}` is `{"0": 10}`), a tagged element its element. An integer that a
 * double cannot hold becomes the string of its digits.
 *
 * Source: the edn format description, edn-format/edn on GitHub.
 */
import { HistoryFault, type Value } from '../history.ts';

/** How deep a form may be nested: deeper ones are refused, so that none exhausts the stack. */
export const MAX_EDN_DEPTH = 100;

/** All forms of a text, one after the other. @throws HistoryFault naming line and column */
export function readEdn(text: string): Value[] {
  const reader = new EdnReader(text);
  const forms: Value[] = [];
  for (;;) {
    const form = reader.next();
    if (form === undefined) return forms;
    forms.push(form);
  }
}

const NAMED_CHARACTERS: Readonly<Record<string, string>> = {
  newline: '\n',
  return: '\r',
  space: ' ',
  tab: '\t',
};
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  '"': '"',
  '\\': '\\',
};
const SPACE = /[\s,]*/y;
const ATOM = /[^\s,;()[\]{}"\\]+/y;
const CHARACTER = /\\(?:u[0-9a-fA-F]{4}|[a-z]+|[\s\S])/y;
const PLAIN = /[^"\\]*/y;
const INTEGER = /^[+-]?\d+N?$/;
const DECIMAL = /^[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?M?$/;
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Reads one form after the other. */
export class EdnReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next form of the text; undefined at its end. */
  next(): Value | undefined {
    this.#skip();
    return this.#at < this.#text.length ? this.#form() : undefined;
  }

  /**
   * Enters a list or vector that stands next, so that its items can be read one by one with
   * `nextIn`. Returns what closes it; undefined, and enters nothing, where something else stands.
   */
  openList(): string | undefined {
    this.#skip();
    const char = this.#text[this.#at] ?? '';
    if (char !== '[' && char !== '(') return undefined;
    this.#at++;
    return CLOSING[char];
  }

  /** The next item of the list that was entered; undefined at its end. */
  nextIn(closing: string): Value | undefined {
    return this.#closes(closing) ? undefined : this.#form();
  }

  #form(): Value {
    const char = this.#text[this.#at];
    switch (char) {
      case undefined:
        throw this.#fault('the text ends inside a form');
      case '(':
      case '[':
        return this.#sequence(CLOSING[char] ?? '');
      case '{':
        return this.#map();
      case '"':
        return this.#string();
      case '\\':
        return this.#character();
      case '#':
        return this.#dispatched();
      case ')':
      case ']':
      case '}':
        throw this.#fault(`${char} closes nothing`);
      default:
        return toValue(this.#match(ATOM));
    }
  }

  #dispatched(): Value {
    if (this.#text.startsWith('#{', this.#at)) {
      this.#at++;
      return this.#sequence('}');
    }
    if (this.#text.startsWith('##', this.#at)) return this.#match(ATOM).slice(2);
    const tag = this.#match(ATOM);
    if (tag === '#') throw this.#fault('# stands before nothing that EDN knows');
    this.#skip();
    return this.#nested(() => this.#form());
  }

  #sequence(closing: string): Value[] {
    return this.#nested(() => {
      this.#at++;
      const items: Value[] = [];
      while (!this.#closes(closing)) items.push(this.#form());
      return items;
    });
  }

  #map(): Value {
    return this.#nested(() => {
      this.#at++;
      // No prototype, so that a key `__proto__` is a key like any other.
      const map: Record<string, Value> = Object.create(null);
      while (!this.#closes('}')) {
        const key = toKey(this.#form());
        if (this.#closes('}')) throw this.#fault(`the key ${key} has no value`);
        if (key in map) throw this.#fault(`the key ${key} comes twice`);
        map[key] = this.#form();
      }
      return map;
    });
  }

  #string(): string {
    this.#at++;
    let text = '';
    for (;;) {
      text += this.#match(PLAIN);
      const char = this.#text[this.#at++];
      if (char === '"') return text;
      if (char === undefined) throw this.#fault('the text ends inside a string');
      const letter = this.#text[this.#at++] ?? '';
      if (letter === 'u') {
        text += String.fromCharCode(this.#hex());
        continue;
      }
      const meant = ESCAPES[letter];
      if (meant === undefined) throw this.#fault(`\\${letter} is no escape`);
      text += meant;
    }
  }

  #hex(): number {
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#fault(`\\u${digits} is no character`);
    this.#at += 4;
    return Number.parseInt(digits, 16);
  }

  #character(): string {
    const name = this.#match(CHARACTER).slice(1);
    if (name.length === 5) {
      const meant = NAMED_CHARACTERS[name];
      return meant ?? String.fromCharCode(Number.parseInt(name.slice(1), 16));
    }
    if (name.length === 1) return name;
    const meant = NAMED_CHARACTERS[name];
    if (meant === undefined) throw this.#fault(`\\${name} is no character`);
    return meant;
  }

  /** Skips what means nothing, and says whether `closing` follows; if so, it is read. */
  #closes(closing: string): boolean {
    this.#skip();
    if (this.#text[this.#at] !== closing) return false;
    this.#at++;
    return true;
  }

  /** Skips white space, commas, comments and discarded forms. */
  #skip(): void {
    for (;;) {
      this.#match(SPACE);
      if (this.#text[this.#at] === ';') {
        const end = this.#text.indexOf('\n', this.#at);
        this.#at = end < 0 ? this.#text.length : end;
      } else if (this.#text.startsWith('#_', this.#at)) {
        this.#at += 2;
        this.#skip();
        this.#nested(() => this.#form());
      } else {
        return;
      }
    }
  }

  #nested<T>(read: () => T): T {
    if (this.#depth === MAX_EDN_DEPTH) {
      throw this.#fault(`a form is nested deeper than ${MAX_EDN_DEPTH}`);
    }
    this.#depth++;
    const value = read();
    this.#depth--;
    return value;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += text.length;
    return text;
  }

  #fault(sentence: string): HistoryFault {
    const before = this.#text.slice(0, this.#at);
    const line = before.split('\n').length;
    const column = this.#at - before.lastIndexOf('\n');
    return new HistoryFault(`line ${line}, column ${column}`, sentence);
  }
}

function toValue(atom: string): Value {
  if (atom === 'nil') return null;
  if (atom === 'true') return true;
  if (atom === 'false') return false;
  if (atom.startsWith(':')) return atom.slice(1);
  if (INTEGER.test(atom)) {
    const digits = atom.endsWith('N') ? atom.slice(0, -1) : atom;
    const number = Number(digits);
    return Number.isSafeInteger(number) ? number : digits;
  }
  return DECIMAL.test(atom) ? Number.parseFloat(atom) : atom;
}

function toKey(form: Value): string {
  return typeof form === 'string' ? form : JSON.stringify(form);
}

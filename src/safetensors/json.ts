import { endOfString } from '../base/jsonText.ts';

/**
 * A strict JSON reader for headers. JSON.parse will not do: it loses the difference between 1 and 1.0 and the digits
 * beyond 2^53, both of which decide whether a header is valid (safetensors 0.8.0 reads dimensions as unsigned 64-bit
 * integers), it forgets all but the last of duplicate fields, and it makes objects, which `__proto__` is a hostile
 * name for.
 */
export type JsonValue = string | boolean | null | JsonNumber | JsonValue[] | JsonObject;

/** A number as it was written. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type JsonField = readonly [name: string, value: JsonValue];

/** Fields in their order, duplicates kept: who reads them decides whether a duplicate is an error. */
export class JsonObject {
  readonly fields: readonly JsonField[];

  constructor(fields: readonly JsonField[]) {
    this.fields = fields;
  }
}

/** serde_json allows 127 containers within one another. */
const MAX_DEPTH = 127;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE_CODE = 0x20;
const SPACE = /[ \t\n\r]*/y;
/** ASCII without quotes, backslashes and control characters, which almost all names are. */
const PLAIN = /^[ !#-[\]-~]*$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

class Reader {
  private at = 0;
  private depth = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  document(): JsonValue {
    const value = this.value();
    this.end();
    return value;
  }

  /** Field by field, so that whoever reads a large header can pause between them. @returns whether it is an object */
  *documentFields(): Generator<JsonField, boolean> {
    this.space();
    if (this.text[this.at] !== '{') {
      this.document();
      return false;
    }
    this.depth++;
    this.at++;
    this.space();
    if (!this.take('}')) {
      do {
        yield this.field();
        this.space();
      } while (this.take(','));
      if (!this.take('}')) this.fail('expected a comma or }');
    }
    this.end();
    return true;
  }

  private end(): void {
    this.space();
    if (this.at !== this.text.length) this.fail('text after the end');
  }

  private value(): JsonValue {
    this.space();
    switch (this.text[this.at]) {
      case '{':
        return new JsonObject(this.items('}', () => this.field()));
      case '[':
        return this.items(']', () => this.value());
      case '"':
        return this.string();
      case 't':
        return this.word('true', true);
      case 'f':
        return this.word('false', false);
      case 'n':
        return this.word('null', null);
      default:
        return this.number();
    }
  }

  /** What stands between brackets, separated by commas. */
  private items<T>(end: string, item: () => T): T[] {
    const items: T[] = [];
    if (++this.depth > MAX_DEPTH) this.fail('nested too deeply');
    this.at++;
    this.space();
    if (!this.take(end)) {
      do {
        items.push(item());
        this.space();
      } while (this.take(','));
      if (!this.take(end)) this.fail(`expected a comma or ${end}`);
    }
    this.depth--;
    return items;
  }

  private field(): JsonField {
    this.space();
    const name = this.string();
    this.space();
    if (!this.take(':')) this.fail('expected a colon');
    return [name, this.value()];
  }

  /** JSON.parse reads escapes and refuses raw control characters; only the end must be found first. */
  private string(): string {
    if (this.text[this.at] !== '"') this.fail('expected a string');
    const end = endOfString(this.text, this.at) || this.fail('a string without an end');
    const content = this.text.slice(this.at + 1, end - 1);
    if (PLAIN.test(content)) {
      this.at = end;
      return content;
    }
    let value: string;
    try {
      value = JSON.parse(this.text.slice(this.at, end)) as string;
    } catch {
      this.fail('a string with a wrong escape or a control character');
    }
    if (LONE_SURROGATE.test(value)) this.fail('half a surrogate pair');
    this.at = end;
    return value;
  }

  private number(): JsonNumber {
    NUMBER.lastIndex = this.at;
    if (!NUMBER.test(this.text)) this.fail('expected a value');
    const text = this.text.slice(this.at, NUMBER.lastIndex);
    if (!Number.isFinite(Number(text))) this.fail('a number out of range');
    this.at = NUMBER.lastIndex;
    return new JsonNumber(text);
  }

  private word<T extends boolean | null>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.fail('expected a value');
    this.at += word.length;
    return value;
  }

  private space(): void {
    // A header of a hundred thousand tensors asks a million times.
    if (this.text.charCodeAt(this.at) > SPACE_CODE) return;
    SPACE.lastIndex = this.at;
    SPACE.test(this.text);
    this.at = SPACE.lastIndex;
  }

  private take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private fail(problem: string): never {
    throw new SyntaxError(`${problem} at character ${this.at}`);
  }
}

/** @throws SyntaxError with the position where the text stops being JSON. */
export function parseJson(text: string): JsonValue {
  return new Reader(text).document();
}

/**
 * The fields of a document that is an object, in their order.
 *
 * @returns whether it is one
 * @throws SyntaxError likewise
 */
export function parseJsonFields(text: string): Generator<JsonField, boolean> {
  return new Reader(text).documentFields();
}

import { endOfString } from '../base/jsonText.ts';

/**
 * A strict JSON reader for headers. JSON.parse will not do: it loses the difference between 1 and 1.0 and the digits
 * beyond 2^53, both of which decide whether a header is valid (safetensors 0.8.0 reads dimensions as unsigned 64-bit
 * integers), it forgets all but the last of duplicate fields, and it makes objects, which `__proto__` is a hostile
 * name for.
 */
export type JsonValue = string | boolean | null | number | JsonNumber | JsonValue[] | JsonObject;

/** A number as it was written; a whole one below 10^15, written by its digits alone, is a number of JavaScript's. */
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
/** What may stand in a number behind the digits of a whole one: . e E. */
const FRACTION = new Set([0x2e, 0x65, 0x45]);
/** All of so many are below 2^53. */
const SAFE_DIGITS = 15;
const SPACE = /[ \t\n\r]*/y;
const LONE_SURROGATE = /\p{Surrogate}/u;
const [SPACE_CODE, QUOTE, COMMA, ZERO, COLON, BRACKET, BACKSLASH, END_BRACKET, BRACE, END_BRACE, DELETE] = [
  0x20, 0x22, 0x2c, 0x30, 0x3a, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x7f,
] as const;

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
    if (this.text.charCodeAt(this.at) !== BRACE) {
      this.document();
      return false;
    }
    this.depth++;
    this.at++;
    this.space();
    if (!this.take(END_BRACE)) {
      do {
        yield this.field();
        this.space();
      } while (this.take(COMMA));
      if (!this.take(END_BRACE)) this.fail('expected a comma or }');
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
    switch (this.text.charCodeAt(this.at)) {
      case BRACE:
        return this.object();
      case BRACKET:
        return this.list();
      case QUOTE:
        return this.string();
      case 0x74:
        return this.word('true', true);
      case 0x66:
        return this.word('false', false);
      case 0x6e:
        return this.word('null', null);
      default:
        return this.number();
    }
  }

  private object(): JsonObject {
    const fields: JsonField[] = [];
    if (!this.isEmpty(END_BRACE)) {
      do {
        fields.push(this.field());
        this.space();
      } while (this.take(COMMA));
      if (!this.take(END_BRACE)) this.fail('expected a comma or }');
    }
    this.depth--;
    return new JsonObject(fields);
  }

  private list(): JsonValue[] {
    const items: JsonValue[] = [];
    if (!this.isEmpty(END_BRACKET)) {
      do {
        items.push(this.value());
        this.space();
      } while (this.take(COMMA));
      if (!this.take(END_BRACKET)) this.fail('expected a comma or ]');
    }
    this.depth--;
    return items;
  }

  /** Goes over the bracket. @returns whether its end follows at once */
  private isEmpty(end: number): boolean {
    if (++this.depth > MAX_DEPTH) this.fail('nested too deeply');
    this.at++;
    this.space();
    return this.take(end);
  }

  private field(): JsonField {
    this.space();
    const name = this.string();
    this.space();
    if (!this.take(COLON)) this.fail('expected a colon');
    return [name, this.value()];
  }

  private string(): string {
    if (this.text.charCodeAt(this.at) !== QUOTE) this.fail('expected a string');
    const end = this.endOfPlain(this.at + 1);
    if (this.text.charCodeAt(end) !== QUOTE) return this.stringOfAnyKind();
    const value = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return value;
  }

  /** Where something else begins than ASCII without quotes, backslashes and control characters, which almost all names are. */
  private endOfPlain(at: number): number {
    for (;;) {
      const code = this.text.charCodeAt(at);
      if (!(code >= SPACE_CODE && code < DELETE) || code === QUOTE || code === BACKSLASH) return at;
      at++;
    }
  }

  /** JSON.parse reads escapes and refuses raw control characters; only the end must be found first. */
  private stringOfAnyKind(): string {
    const end = endOfString(this.text, this.at) || this.fail('a string without an end');
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

  private number(): number | JsonNumber {
    let [value, end] = [0, this.at];
    for (; end - this.at <= SAFE_DIGITS; end++) {
      const digit = this.text.charCodeAt(end) - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
    }
    const digits = end - this.at;
    const isPlain = digits === 1 || (digits <= SAFE_DIGITS && value >= 10 ** (digits - 1));
    if (!isPlain || FRACTION.has(this.text.charCodeAt(end))) return this.numberOfAnyKind();
    this.at = end;
    return value;
  }

  private numberOfAnyKind(): JsonNumber {
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

  private take(code: number): boolean {
    if (this.text.charCodeAt(this.at) !== code) return false;
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

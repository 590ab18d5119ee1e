import { isAlias, isCollection, isPair, isScalar, Lexer, type Document, type Node } from 'yaml';
import { InputError } from '../../../base/errors.ts';
import { shortened } from '../python/values.ts';

/** A task's file and all that it includes, together: the largest of lm-eval's own are 150 kB of some long texts. */
const MAX_TOKENS = 50_000;
const MAX_CHARACTERS = 4_000_000;
const MAX_DEPTH = 100;
/** What a file is once its aliases are written out. */
const MAX_PARTS = 100_000;
const TEXT_OF_A_PART = 100;
const MAX_ALIASES = 1000;

/** How much a person's files may still hold, whatever they include. */
export class YamlAllowance {
  private tokens = MAX_TOKENS;
  private characters = MAX_CHARACTERS;

  /** Reading takes about 10 µs a token. @throws InputError */
  take(text: string, path: string): void {
    this.characters -= text.length;
    if (this.characters < 0) throw tooLarge(path, `more than ${MAX_CHARACTERS} characters`);
    for (const tokens = new Lexer().lex(text); tokens.next().done !== true;)
      if (--this.tokens < 0) throw tooLarge(path, `more than ${MAX_TOKENS} keys, values and marks`);
  }
}

function tooLarge(path: string, what: string): InputError {
  return new InputError(`${path} is too large for a task: with all that it includes, it has ${what}.`);
}

export function tooDeep(path: string): InputError {
  return new InputError(`${path} is nested too deeply: a task's file may nest ${MAX_DEPTH} levels.`);
}

interface Measured {
  readonly parts: number;
  readonly depth: number;
}

/** Before anything is made of it. @throws InputError where it nests without end, or its aliases multiply it */
export function checkSize(document: Document, path: string): void {
  /** Undefined while it is being measured. */
  const anchors = new Map<string, Measured | undefined>();
  let aliases = 0;
  const measure = (node: unknown, above: number): Measured => {
    if (above > MAX_DEPTH) throw tooDeep(path);
    const anchor = isScalar(node) || isCollection(node) ? node.anchor : undefined;
    if (anchor !== undefined) anchors.set(anchor, undefined);
    const measured = isAlias(node) ? measureAlias(node.source) : measureInside(node, above);
    if (above + measured.depth > MAX_DEPTH) throw tooDeep(path);
    if (measured.parts > MAX_PARTS) throw tooLarge(path, `more than ${MAX_PARTS} parts, its aliases written out`);
    if (anchor !== undefined) anchors.set(anchor, measured);
    return measured;
  };
  const measureAlias = (name: string): Measured => {
    if (++aliases > MAX_ALIASES) throw tooLarge(path, `more than ${MAX_ALIASES} aliases`);
    if (!anchors.has(name)) return LEAF;
    const measured = anchors.get(name);
    if (measured === undefined) throw new InputError(`${path}: the alias *${shortened(name)} stands in what it names.`);
    return measured;
  };
  const measureInside = (node: unknown, above: number): Measured => {
    let [parts, depth] = [partsOf(node), 0];
    for (const inner of insideOf(node)) {
      const measured = measure(inner, above + 1);
      parts += measured.parts;
      depth = Math.max(depth, measured.depth + 1);
    }
    return { parts, depth };
  };
  measure(document.contents, 0);
}

/** A long text is more than one. */
function partsOf(node: unknown): number {
  return isScalar(node) && typeof node.value === 'string' ? 1 + node.value.length / TEXT_OF_A_PART : 1;
}

const LEAF: Measured = { parts: 1, depth: 0 };

function insideOf(node: unknown): readonly unknown[] {
  if (isCollection(node)) return node.items.flatMap((item) => (isPair(item) ? [item.key, item.value] : [item]));
  return [];
}

/** The first key that a mapping has twice; the parser's own check compares every key with every other. */
export function findDuplicate(node: unknown): Node | undefined {
  if (!isCollection(node)) return undefined;
  const keys = new Set<unknown>();
  for (const item of node.items) {
    const key = isPair(item) ? item.key : undefined;
    if (isScalar(key) && keys.has(key.value)) return key;
    if (isScalar(key)) keys.add(key.value);
    const inside = isPair(item) ? (findDuplicate(item.key) ?? findDuplicate(item.value)) : findDuplicate(item);
    if (inside) return inside;
  }
  return undefined;
}

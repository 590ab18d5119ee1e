import type { Budget } from './budget.ts';
import type { Library, Part } from './library.ts';
import { KNOWN_PATTERNS } from './pattern/knownPatterns.ts';
import { LinearPattern } from './pattern/linearPattern.ts';
import type { Component } from './spec.ts';

/**
 * Bounds what the parts of a tokenizer may do to a text. JavaScript's RegExps cannot be interrupted, and those of strangers may
 * take time without end: all but known ones are replaced by what takes linear time. What every part makes is counted.
 *
 * @param parts as tokenizer.json has them
 * @throws PatternError for a pattern that cannot be replaced
 */
export function guard(library: Library, parts: Readonly<Record<GuardedKind, Component>>, budget: Budget): void {
  for (const kind of ['normalizer', 'pre_tokenizer', 'decoder'] as const)
    if (library[kind] !== null && parts[kind] !== null) guardPart(library[kind], parts[kind], budget);
}

type GuardedKind = 'normalizer' | 'pre_tokenizer' | 'decoder';
type Config = NonNullable<Component>;

function guardPart(part: Part, config: Config, budget: Budget): void {
  if (config.type === 'Sequence') {
    const inner = part.normalizers ?? part.tokenizers ?? part.decoders ?? [];
    const configs = (config.normalizers ?? config.pretokenizers ?? config.decoders ?? []) as readonly Config[];
    for (const [i, one] of inner.entries()) guardPart(one, configs[i] ?? config, budget);
    return;
  }
  replacePattern(part, config, budget);
  if (config.type === 'Replace') replaceReplace(part, String(config.content), budget);
  countOutput(part, budget);
}

function replacePattern(part: Part, { pattern }: Config, budget: Budget): void {
  const written = (pattern as { readonly Regex?: string } | undefined)?.Regex;
  if (written === undefined || KNOWN_PATTERNS.has(written) || !(part.pattern instanceof RegExp)) return;
  part.pattern = new LinearPattern(part.pattern.source, (work) => budget.work(work));
}

/** Each replacement is counted before it is made. */
function replaceReplace(part: Part, content: string, budget: Budget): void {
  const { pattern } = part;
  if (pattern == null) return;
  const replacement = (): string => {
    budget.spend(content.length);
    return content;
  };
  const replaced = (text: string): string =>
    pattern instanceof RegExp ? text.replace(pattern, replacement) : pattern[Symbol.replace](text, replacement);
  if (part.normalize) part.normalize = replaced;
  if (part.pre_tokenize_text) part.pre_tokenize_text = (text) => [replaced(text)];
  if (part.decode_chain) part.decode_chain = (tokens) => tokens.map(replaced);
}

function countOutput(part: Part, budget: Budget): void {
  const normalize = part.normalize?.bind(part);
  const split = part.pre_tokenize_text?.bind(part);
  const decode = part.decode_chain?.bind(part);
  const counted = (texts: readonly string[]): void => budget.spend(texts.reduce((sum, { length }) => sum + length, 0));
  if (normalize)
    part.normalize = (text) => {
      const made = normalize(text);
      budget.spend(made.length);
      return made;
    };
  if (split)
    part.pre_tokenize_text = (text, options) => {
      const made = split(text, options);
      counted([made].flat());
      return made;
    };
  if (decode)
    part.decode_chain = (tokens) => {
      counted(tokens);
      const made = decode(tokens);
      counted(made);
      return made;
    };
}

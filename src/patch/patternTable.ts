import type { RE2JS } from 're2js';
import { InputError } from '../base/errors.ts';
import { compilePattern } from './compilePattern.ts';
import { PlainPatterns, type Where } from './plainPatterns.ts';

/** How a pattern is embedded in what is matched. */
const EMBEDDED: Readonly<Record<Where, (pattern: string) => string>> = {
  'at the end': (pattern) => `^(?:.*\\.)?(?:${pattern})$`,
  'after a dot': (pattern) => `^.*\\.${pattern}$`,
  whole: (pattern) => `^(?:${pattern})$`,
};

/** In characters times instructions, which the slowest expressions take: some at once, some more with every module. */
const WORK = 30_000_000;
const WORK_PER_MODULE = 6000;
const WORK_PER_INSTRUCTION = 1500;
const WORK_PER_NAME = 50;

interface Expression {
  readonly pattern: string;
  readonly place: number;
  compiled?: RE2JS;
}

/** Many patterns, of which the first that matches counts. Each is read when it is first asked for. */
export class PatternTable {
  private readonly where: Where;
  private readonly plain: PlainPatterns;
  private readonly expressions: Expression[] = [];
  private work = WORK;

  constructor(patterns: readonly string[], where: Where) {
    this.where = where;
    this.plain = new PlainPatterns(where);
    for (const [place, pattern] of patterns.entries())
      if (!this.plain.add(pattern, place)) this.expressions.push({ pattern, place });
  }

  /** The place of the first that matches. @throws InputError for one that cannot be read, or if they take too long */
  first(module: string): number | undefined {
    this.work += WORK_PER_MODULE;
    const plain = this.plain.first(module, (tries) => this.spend(tries * WORK_PER_NAME));
    for (const expression of this.expressions) {
      if (expression.place > plain) break;
      if (this.matches(expression, module)) return expression.place;
    }
    return plain === Infinity ? undefined : plain;
  }

  private matches(expression: Expression, module: string): boolean {
    const { pattern } = expression;
    if (expression.compiled === undefined) {
      expression.compiled = compilePattern(pattern, EMBEDDED[this.where](pattern));
      this.spend(expression.compiled.programSize() * WORK_PER_INSTRUCTION);
    }
    this.spend(expression.compiled.programSize() * (module.length + 1));
    return expression.compiled.matcher(module).find();
  }

  private spend(work: number): void {
    this.work -= work;
    if (this.work >= 0) return;
    throw new InputError(
      'adapter_config.json: trying all of its patterns on all modules of the patch would take too long.',
      'Patterns that are plain names of modules take no time.',
    );
  }
}

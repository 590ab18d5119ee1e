/**
 * How many of the reference expressions @huggingface/jinja renders as Jinja2 does, which is why templates are interpreted here.
 *
 *     node bench/evaluate/jinja.ts
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as jinja from '@huggingface/jinja';

interface Reference {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly templates: readonly (readonly [template: string, rendered: string | null])[];
}

/** Its own types do not resolve under Node's rules: their imports have no endings. */
interface Library {
  readonly Environment: new () => { set(name: string, value: unknown): void };
  readonly Interpreter: new (environment: object) => { run(program: object): { readonly value: unknown } };
  readonly parse: (tokens: object) => object;
  readonly tokenize: (template: string) => object;
}

const { Environment, Interpreter, parse, tokenize } = jinja as unknown as Library;
const file = join(import.meta.dirname, '../../test/golden/tasks/case/templates.json');
const { variables, templates } = JSON.parse(readFileSync(file, 'utf8')) as Reference;
const known = { true: true, false: false, none: null, True: true, False: false, None: null };
const range = (end: number): number[] => Array.from({ length: end }, (_, i) => i);

function render(template: string): string | null {
  const environment = new Environment();
  for (const [name, value] of Object.entries({ ...known, range, ...variables })) environment.set(name, value);
  try {
    return String(new Interpreter(environment).run(parse(tokenize(template))).value);
  } catch {
    return null;
  }
}

const equal = templates.filter(([template, expected]) => render(template) === expected).length;
console.log(`${equal} of ${templates.length} expressions as Jinja2 renders them`);

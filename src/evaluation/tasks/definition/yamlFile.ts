import { isMap, isScalar, LineCounter, parseDocument, visit, type Document as YamlDocument, type Node } from 'yaml';
import { InputError, readError } from '../../../base/errors.ts';
import { brief } from '../../../base/quote.ts';
import { readWhole } from '../../../base/openRegular.ts';
import { checkSize, findDuplicate, tooDeep, YamlAllowance } from './yamlLimits.ts';
import { PYYAML_SCALARS } from './yamlSchema.ts';

/** The largest of lm-eval's own 14,000 is 150 kB. */
const MAX_BYTES = 4_000_000;

/** A task's file as it stands, without what it includes. */
export interface YamlFile {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Where `!function` stands, by top-level key. */
  readonly functions: ReadonlyMap<string, PythonFunction>;
  /** "task.yaml, line 3, column 1" of a key or of what is in it; the file alone where the path leads nowhere. */
  place(path: readonly PropertyKey[]): string;
}

export interface PythonFunction {
  /** "metric_list.0.aggregation" */
  readonly key: string;
  readonly name: string;
  readonly place: string;
}

/** Reads it as PyYAML's safe loader does. @throws InputError with file, line and column */
export async function readYamlFile(path: string, allowance: YamlAllowance): Promise<YamlFile> {
  return parseYaml(await textOf(path), path, allowance);
}

export function parseYaml(text: string, path: string, allowance = new YamlAllowance()): YamlFile {
  allowance.take(text, path);
  const lines = new LineCounter();
  const document = guarded(path, () =>
    parseDocument(text.replace(/^\uFEFF/, ''), {
      schema: 'failsafe',
      customTags: (tags) => [...PYYAML_SCALARS, ...tags],
      merge: true,
      uniqueKeys: false,
      lineCounter: lines,
      logLevel: 'error',
      prettyErrors: false,
    }),
  );
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}, line ${line}, column ${col}`;
  };
  const [fault] = document.errors;
  if (fault && STACK_IS_FULL.test(fault.message)) throw tooDeep(path);
  if (fault) throw new InputError(`${at(fault.pos[0])}: ${sentence(fault.message)}`);
  checkSize(document, path);
  const twice = findDuplicate(document.contents);
  if (twice) throw new InputError(`${twice.range ? at(twice.range[0]) : path}: Map keys must be unique.`);
  const functions = functionsOf(document, at);
  refuseOtherTags(document, at);
  const values = plainValues(document, path);
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw new InputError(`${path} is no task: it must be a YAML mapping of keys to values.`);
  return {
    path,
    values: values as Record<string, unknown>,
    functions,
    place: (keys) => {
      const node = nodeAt(document, keys);
      return node?.range ? at(node.range[0]) : path;
    },
  };
}

/** The parser gives its own stack overflow as a fault of the text. */
const STACK_IS_FULL = /call stack|too much recursion/i;

async function textOf(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readWhole(path, MAX_BYTES));
  } catch (error) {
    if (error instanceof TypeError) throw new InputError(`${path} is not UTF-8 text.`);
    throw readError(error, path);
  }
}

const MAX_USES = 100;

/** Aliases are followed here, and not without end. */
function plainValues(document: YamlDocument, path: string): unknown {
  return guarded(path, () => document.toJS({ maxAliasCount: MAX_USES }) as unknown);
}

/** The library throws errors of its own, of the language and of the stack, all of them for what is in the file. */
function guarded<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const message =
      error instanceof Error && !(error instanceof TypeError) ? error.message : 'it cannot be read as YAML';
    throw STACK_IS_FULL.test(message)
      ? tooDeep(path)
      : new InputError(`${path}: ${sentence(message)}`, undefined, { cause: error });
  }
}

function sentence(message: string): string {
  const words = brief(message.trimEnd());
  return words.endsWith('.') ? words : `${words}.`;
}

/** The first of each top-level key. */
function functionsOf(document: YamlDocument, at: (offset: number) => string): Map<string, PythonFunction> {
  const functions = new Map<string, PythonFunction>();
  for (const pair of isMap(document.contents) ? document.contents.items : [])
    visit(pair.value as Node, {
      Scalar(_key, node, ancestors) {
        if (node.tag !== '!function') return undefined;
        const key = keysOf([pair, ...ancestors, node]);
        functions.set(key[0] ?? '', { key: key.join('.'), name: String(node.value), place: at(node.range?.[0] ?? 0) });
        return visit.BREAK;
      },
    });
  return functions;
}

/** The keys that lead to the last of these nodes. */
function keysOf(ancestors: readonly unknown[]): string[] {
  const keys: string[] = [];
  for (const [i, node] of ancestors.entries()) {
    if (typeof node !== 'object' || node === null) continue;
    if ('key' in node && isScalar(node.key)) keys.push(String(node.key.value));
    const child = ancestors[i + 1];
    if ('items' in node && Array.isArray(node.items) && !isPair(child)) keys.push(String(node.items.indexOf(child)));
  }
  return keys.filter((key) => key !== '-1');
}

function isPair(node: unknown): boolean {
  return typeof node === 'object' && node !== null && 'key' in node;
}

function refuseOtherTags(document: YamlDocument, at: (offset: number) => string): void {
  for (const { code, message, pos } of document.warnings)
    if (code === 'TAG_RESOLVE_FAILED' && !message.includes('!function'))
      throw new InputError(`${at(pos[0])}: ${sentence(message)}`);
}

function nodeAt(document: YamlDocument, keys: readonly PropertyKey[]): Node | undefined {
  for (let length = keys.length; length > 0; length--) {
    const found = document.getIn(keys.slice(0, length), true);
    if (typeof found === 'object' && found !== null && 'range' in found) return found as Node;
  }
  return undefined;
}

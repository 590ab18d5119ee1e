/** Task files that would never be read to their end, fill the memory or the stack. */
import { describe, it } from 'node:test';
import { join } from 'node:path';
import { InputError } from '../../../../src/base/errors.ts';
import { loadTask } from '../../../../src/evaluation/tasks/loadTask.ts';
import { CHOICES, GENERATED, withFiles, yaml } from './definitions.ts';
import { endsWell, type Outcome } from './hostile.ts';

const TOO_LARGE = /task\.yaml is too large for a task: with all that it includes, it has more than/;
const TOO_DEEP = /task\.yaml is nested too deeply/;
const BASE = yaml(GENERATED);

function numbered(count: number, line: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => line(i)).join('');
}

/** Each a list of aliases of the one before it. */
function multiplied(levels: number, times: number): string {
  return numbered(levels, (i) => `m${i}: &m${i} [${Array(times).fill(i === 0 ? 'x' : `*m${i - 1}`).join()}]\n`); // prettier-ignore
}

const MANY_KEYS = numbered(6000, (i) => `  k${i}: 1\n`);

const TEXTS: readonly (readonly [what: string, text: string, Outcome])[] = [
  ['many keys', `metadata:\n${MANY_KEYS}${BASE}`, 'succeeds'],
  ['far too many keys', `metadata:\n${numbered(100_000, (i) => `  k${i}: 1\n`)}${BASE}`, TOO_LARGE],
  ['many keys and one of them twice', `${BASE}metadata:\n${MANY_KEYS}  k5: 1\n`, /task\.yaml, line 6007, column 3: Map keys must be unique/],
  ['a key twice in a flow mapping', `${BASE}metadata: [{a: 1, b: {c: 1, c: 2}}]\n`, /task\.yaml, line 6, column 29: Map keys must be unique/],
  ['brackets without end', `task: ${'['.repeat(20_000)}`, TOO_DEEP],
  ['braces without end', `task: ${'{a: '.repeat(5000)}`, TOO_DEEP],
  ['dashes without end', `task:\n${'- '.repeat(10_000)}a`, TOO_DEEP],
  ['two hundred brackets', `${BASE}metadata: ${'['.repeat(200)}${']'.repeat(200)}\n`, TOO_DEEP],
  ['two hundred indentations', `${BASE}metadata:\n${numbered(200, (i) => `${' '.repeat(i + 1)}a:\n`)}`, TOO_DEEP],
  ['aliases that multiply', `${multiplied(9, 9)}${BASE}`, TOO_LARGE],
  ['a long text many times', `${BASE}metadata: [&a "${'x'.repeat(300_000)}"${',*a'.repeat(90)}]\n`, TOO_LARGE],
  ['many aliases', `${BASE}metadata: [&a x${',*a'.repeat(2000)}]\n`, TOO_LARGE],
  ['an alias of what it is in', `${BASE}metadata: &a {b: [*a]}\n`, /the alias \*a stands in what it names/],
  ['a merge of what it is in', `${BASE}metadata: &a\n  <<: *a\n`, /the alias \*a stands in what it names/],
  ['an anchor given anew', `${BASE}metadata: &a [&a x, *a]\n`, 'succeeds'],
  ['many functions', `${BASE}metadata: [${'!function a.b,'.repeat(9000)}]\n`, /metadata\.0 is the Python function a\.b/],
  ['a prototype', `${BASE}__proto__: {repeats: 3}\n`, /__proto__ is no key of a task/],
  ['a long text', `${BASE}description: "${'x'.repeat(90_000)}"\n`, 'succeeds'],
  ['a long key', `${BASE}? ${'x'.repeat(200_000)}\n: 1\n`, /is no key of a task/],
]; // prettier-ignore

function filtered(...patterns: readonly string[]): Readonly<Record<string, unknown>> {
  const steps = patterns.map((regex_pattern) => ({ function: 'regex', regex_pattern }));
  return { ...GENERATED, filter_list: [{ name: 'f', filter: [...steps, { function: 'take_first' }] }] };
}

function entries(count: number, value: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, value]));
}

const PATTERN_TOO_LARGE = /regex_pattern cannot be used: it is too large/;
const PIPELINES = Array.from({ length: 2000 }, (_, i) => ({ name: String(i), filter: [{ function: 'take_first' }] }));
const IGNORED = [{ metric: 'exact_match', regexes_to_ignore: Array(900).fill('a') }];

const KEYS: readonly (readonly [what: string, keys: Readonly<Record<string, unknown>>, Outcome])[] = [
  ['a pattern that repeats much, often', filtered('x{1000}'.repeat(560)), PATTERN_TOO_LARGE],
  ['a pattern that repeats what it repeats', filtered('((((a{9}){9}){9}){9})'), PATTERN_TOO_LARGE],
  ['a pattern that leaves out what it leaves out', filtered('(?:x{0,25}){0,25}'), PATTERN_TOO_LARGE],
  ['a pattern that repeats beyond number', filtered(`a{${'9'.repeat(400)}}`), PATTERN_TOO_LARGE],
  ['a pattern of many classes', filtered('\\W'.repeat(1900)), PATTERN_TOO_LARGE],
  ['a pattern of many long classes', filtered('[\\W]'.repeat(900)), PATTERN_TOO_LARGE],
  ['a pattern of many ranges without case', filtered(`(?i)${'[\\x00-\\uffff]'.repeat(280)}`), PATTERN_TOO_LARGE],
  ['a pattern of many groups', filtered('('.repeat(1900) + ')'.repeat(1900)), PATTERN_TOO_LARGE],
  ['large patterns, many of them', filtered(...Array.from({ length: 15 }, (_, i) => `x{900}${i}`)), /too large, together/],
  ['a pattern that repeats within reason', filtered('\\w{1,200}\\W+[^\\W\\d]{3}'), 'succeeds'],
  ['many filters', filtered(...Array<string>(200).fill('a')), /filter_list\.0\.filter cannot be used: Too big/],
  ['many pipelines', { ...GENERATED, filter_list: PIPELINES }, /filter_list cannot be used: Too big/],
  ['many patterns to ignore', { ...GENERATED, metric_list: IGNORED }, /regexes_to_ignore cannot be used: Too big/],
  ['a long metric', { ...GENERATED, metric_list: [{ metric: 'x'.repeat(100_000) }] }, /metric_list\.0\.metric .* is not supported/],
  ['many choices', { ...CHOICES, doc_to_choice: Array(9000).fill('a') }, /doc_to_choice cannot be used: more than 1000/],
  ['a great many choices', { ...CHOICES, doc_to_choice: Array(200_000).fill('a') }, TOO_LARGE],
  ['many targets', { ...CHOICES, doc_to_target: Array(9000).fill(1) }, /doc_to_target cannot be used: more than 1000/],
  ['many examples', { ...CHOICES, num_fewshot: 1e9 }, /num_fewshot cannot be used: Too big/],
  ['less than no examples', { ...CHOICES, num_fewshot: -1 }, /num_fewshot cannot be used: Too small/],
  ['half an example', { ...CHOICES, num_fewshot: 0.5 }, /num_fewshot (cannot be used|must be a whole number)/],
  ['many repeats', { ...CHOICES, repeats: 1e9 }, /repeats cannot be used: only one answer/],
  ['an answer without end', { ...GENERATED, generation_kwargs: { max_gen_toks: 1e9 } }, /max_gen_toks cannot be used/],
  ['an infinite answer', { ...GENERATED, generation_kwargs: { max_gen_toks: '9'.repeat(400) } }, /max_gen_toks cannot be used/],
  ['many ends', { ...GENERATED, generation_kwargs: { until: Array(5000).fill('a') } }, /until cannot be used: more than 100/],
  ['many columns', { ...CHOICES, columns: entries(3000, ['a']) }, /columns cannot be used: more than 100/],
  ['many labels', { ...CHOICES, labels: { a: entries(5000, 1) } }, /labels\.a cannot be used: more than 1000/],
  ['many unknown keys', { ...CHOICES, fewshot_config: entries(5000, 1) }, /fewshot_config cannot be used: Unrecognized/],
  ['a long name', { ...CHOICES, task: 'x'.repeat(100_000) }, /task cannot be used: Too big/],
  ['a deep template', { ...CHOICES, doc_to_text: `{{ ${'not '.repeat(20_000)}1 }}` }, /doc_to_text is a template that cannot be read, at its line 1: it is nested/],
  ['a deep template of examples', { ...CHOICES, fewshot_config: { doc_to_text: '{% if 1 %}'.repeat(9000) } }, /fewshot_config\.doc_to_text is a template that cannot be read/],
]; // prettier-ignore

const FILES = [...TEXTS, ...KEYS.map(([what, keys, outcome]) => [what, yaml(keys), outcome] as const)];

describe('a task file of a stranger', () => {
  for (const [what, text, outcome] of FILES)
    it(`ends well with ${what}`, () =>
      withFiles({ 'task.yaml': text }, (folder) =>
        endsWell(() => loadTask(join(folder, 'task.yaml')), outcome, InputError),
      ));
});

function files(count: number, text: (i: number) => string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}.yaml`, text(i)]));
}

const NOT_A_NAME = /task\.yaml, line 1, column \d+: include must be the name of a file/;
const EACH_TWICE = { ...files(18, (i) => `include: [${i + 1}.yaml, ${i + 1}.yaml]\n`), '18.yaml': BASE };
const LARGE = files(20, (i) => `metadata${i}:\n${MANY_KEYS.slice(0, 20_000)}`);

/** What task.yaml includes, and the files beside it. */
const INCLUDES: readonly (readonly [what: string, include: string, Readonly<Record<string, string>>, Outcome])[] = [
  ['each the next twice', '[0.yaml, 0.yaml]', EACH_TWICE, 'succeeds'],
  ['the same one often', `[${'a.yaml,'.repeat(9000)}]`, { 'a.yaml': BASE }, /task\.yaml, .*more than 100 files are included/],
  ['large ones, many of them', `[${Object.keys(LARGE).join()}]`, LARGE, /\d\.yaml is too large for a task: with all that it includes/],
  ['one with a NUL in its name', '"a\\0b.yaml"', {}, NOT_A_NAME],
  ['one with an endless name', 'a'.repeat(100_000), {}, NOT_A_NAME],
  ['one whose name no disk can hold', 'a'.repeat(300), {}, /Cannot read what .*task\.yaml, line 1, column 10 includes, .*: the path is too long/],
  ['numbers', '[1, 2]', {}, NOT_A_NAME],
]; // prettier-ignore

describe('a task file of a stranger that includes', () => {
  for (const [what, include, others, outcome] of INCLUDES)
    it(`${what}, ends well`, () =>
      withFiles({ ...others, 'task.yaml': `include: ${include}\n` }, (folder) =>
        endsWell(() => loadTask(join(folder, 'task.yaml')), outcome, InputError),
      ));
});

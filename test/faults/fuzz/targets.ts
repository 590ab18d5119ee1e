/** Every kind of file that comes from strangers, with the reader that takes it and good files to begin from. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from '../../../src/base/errors.ts';
import { Checkpoint } from '../../../src/checkpoint/checkpoint.ts';
import { readVocabulary } from '../../../src/checkpoint/vocabulary/readVocabulary.ts';
import { readDiagnosis } from '../../../src/diagnostics/diagnosisFile.ts';
import { readDocuments } from '../../../src/evaluation/data/readDocuments.ts';
import { readResults } from '../../../src/evaluation/results/readResults.ts';
import { readDecoding } from '../../../src/evaluation/run/decoding.ts';
import { prepareTask } from '../../../src/evaluation/run/prepareTask.ts';
import { render } from '../../../src/evaluation/tasks/jinja/render.ts';
import { TemplateError } from '../../../src/evaluation/tasks/jinja/templateError.ts';
import { PatternError } from '../../../src/evaluation/patternError.ts';
import { pythonRegex } from '../../../src/evaluation/tasks/regex/pythonRegex.ts';
import { openTokenizer } from '../../../src/evaluation/tokenizer/tokenizer.ts';
import { verifyExtraction } from '../../../src/extract/verifyExtraction.ts';
import { describeOrProblem } from '../../../src/library/describe.ts';
import { openGlance } from '../../../src/library/glance/glance.ts';
import { readArchitecture } from '../../../src/model/readArchitecture.ts';
import { openPatch } from '../../../src/patch/patch.ts';
import { planPort } from '../../../src/port/port.ts';
import { readProvenance } from '../../../src/port/provenanceFile.ts';
import { parseHeader } from '../../../src/safetensors/header.ts';
import { openTensorFile } from '../../../src/torch/openTensorFile.ts';
import { ROOT } from '../../support/paths.ts';
import type { Scene } from '../scene.ts';

export interface Target {
  readonly name: string;
  /** Of all inputs, how large a part: what takes longer gets fewer. */
  readonly weight: number;
  readonly seeds: readonly Buffer[];
  readonly read: (bytes: Buffer) => unknown;
}

const NEVER = new AbortController().signal;
const GOLDEN = join(ROOT, 'test/golden');

/** A file of a folder is the mutated input, all others are good. */
async function inFolder(
  name: string,
  weight: number,
  path: string,
  read: (folder: string) => unknown,
  more: readonly string[] = [],
): Promise<Target> {
  const seeds = [await readFile(path), ...more.map((text) => Buffer.from(text))];
  return {
    name,
    weight,
    seeds,
    read: async (bytes) => {
      await writeFile(path, bytes);
      await read(dirname(path));
    },
  };
}

/** @param scene may be destroyed */
export async function targetsOf(scene: Scene): Promise<Target[]> {
  return [...(await weightTargets(scene)), ...(await modelTargets(scene)), ...(await evaluationTargets(scene))];
}

async function weightTargets(scene: Scene): Promise<Target[]> {
  const headers = [
    await headerOf(join(scene.source('patch'), 'adapter_model.safetensors')),
    await headerOf(join(scene.source('new'), 'model-00001-of-00003.safetensors')),
    Buffer.from('{"__metadata__":{"format":"pt"},"a":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]}}'),
    ...(await vectorHeaders()),
  ];
  const torch = join(GOLDEN, 'torch');
  const pickles = (await readdir(torch, { recursive: true }))
    .filter((name) => /\.(bin|pt|pth)$/.test(name))
    .slice(0, 12);
  const small = await Promise.all(pickles.map((name) => readFile(join(torch, name))));
  const pickle = join(scene.folder, 'x.bin');
  const glance = join(scene.folder, 'glance');
  await mkdir(glance);
  return [
    {
      name: 'safetensors header',
      weight: 400,
      seeds: headers,
      read: (bytes) => parseHeader(bytes, 8 + bytes.length + 8, 'x.safetensors'),
    },
    {
      name: 'safetensors file',
      weight: 4,
      seeds: [
        withLength(headers[2] ?? Buffer.alloc(0), 8),
        await readFile(join(scene.source('patch'), 'adapter_model.safetensors')).then((bytes) =>
          bytes.subarray(0, 20_000),
        ),
      ],
      read: async (bytes) => {
        const path = join(glance, 'model.safetensors');
        await writeFile(path, bytes);
        await openGlance(path);
      },
    },
    {
      name: 'pickle',
      weight: 6,
      seeds: small.filter(({ length }) => length < 40_000),
      read: async (bytes) => {
        await writeFile(pickle, bytes);
        await (await openTensorFile(pickle)).close();
      },
    },
  ];
}

/** Of safetensors' own tests. */
async function vectorHeaders(): Promise<Buffer[]> {
  const lines = (await readFile(join(GOLDEN, 'safetensors/verdicts.jsonl'), 'utf8')).trim().split('\n');
  return lines
    .map((line) => Buffer.from((JSON.parse(line) as { file?: string }).file ?? '', 'latin1'))
    .filter(({ length }) => length > 16 && length < 5000)
    .map((bytes) => bytes.subarray(8));
}

async function headerOf(path: string): Promise<Buffer> {
  const bytes = await readFile(path);
  return bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0)));
}

function withLength(header: Buffer, data: number): Buffer {
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([start, header, Buffer.alloc(data)]);
}

async function modelTargets(scene: Scene): Promise<Target[]> {
  const at = (folder: string, name: string): string => join(scene.source(folder), name);
  const opened = async (folder: string): Promise<void> => {
    await using checkpoint = await Checkpoint.open(folder);
    await readArchitecture(checkpoint);
  };
  const patched = async (folder: string): Promise<void> => {
    const patch = await openPatch(folder);
    await patch.file.close();
    const request = { patch: folder, onto: scene.source('tuned'), out: join(scene.outputs, 'planned') };
    await planPort({ ...request, as: 'adapter', scale: 1 });
  };
  const index = 'model.safetensors.index.json';
  const configs = await Promise.all(
    ['gemma2', 'phi3-longrope', 'qwen2-window', 'llama3.1'].map((name) =>
      readFile(join(GOLDEN, 'model/cases', name, 'config.json'), 'utf8'),
    ),
  );
  const adapters = [
    '{"peft_type":"LORA","r":8,"lora_alpha":16,"rank_pattern":{"(q|k)_proj":4,"layers.[0-3]":2},"alpha_pattern":{"q_proj":3},"target_parameters":["a.b"],"layer_replication":[[0,2]],"modules_to_save":["lm_head"]}',
  ];
  return [
    await inFolder('shard index', 10, at('new', index), opened),
    await inFolder('index in the editor', 6, at('new', index), () => openGlance(at('new', index))),
    await inFolder('config.json', 10, at('old', 'config.json'), opened, configs),
    await inFolder('adapter_config.json', 8, at('patch', 'adapter_config.json'), patched, adapters),
    await inFolder('portllm.json', 6, at('tuned', 'portllm.json'), async (folder) => {
      await describeOrProblem(folder, 'portedModel');
      await readProvenance(folder);
    }),
  ];
}

async function evaluationTargets(scene: Scene): Promise<Target[]> {
  const folder = join(scene.folder, 'evaluation');
  await mkdir(folder);
  const file = async (
    name: string,
    seeds: readonly (string | Buffer)[],
    weight: number,
    read: (path: string) => unknown,
  ): Promise<Target> => {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    return {
      name,
      weight,
      seeds: seeds.map((seed) => Buffer.from(seed)),
      read: async (bytes) => {
        await writeFile(path, bytes);
        await read(path);
      },
    };
  };
  const tokenizer = join(folder, 'tokenizer');
  await mkdir(tokenizer);
  await writeFile(join(tokenizer, 'tokenizer_config.json'), '{"tokenizer_class":"PreTrainedTokenizerFast"}');
  const encode = async (path: string): Promise<void> => {
    const opened = await openTokenizer(dirname(path));
    opened.encode('Once upon a time, 123 cats.', { special: true });
  };
  const data = join(GOLDEN, 'data/case');
  const goldenData = async (ending: string): Promise<Buffer[]> =>
    Promise.all(
      (await readdir(data)).filter((name) => name.endsWith(ending)).map((name) => readFile(join(data, name))),
    );
  await writeFile(
    join(folder, 'docs.jsonl'),
    '{"q":"one","choices":["a","b"],"label":1}\n{"q":"two","choices":["c","d"],"label":0}\n',
  );
  return [
    await file('tokenizer/tokenizer.json', SMALL_TOKENIZERS, 8, encode),
    await file('tokenizer/vocab.json', ['{"a":0,"b":1,"Ġc":2}'], 3, (path) =>
      readVocabulary(dirname(path), new Set(['vocab.json'])),
    ),
    await file(
      'decoding/generation_config.json',
      ['{"eos_token_id":[1,2],"bos_token_id":0,"repetition_penalty":1.1}'],
      3,
      async (path) => readDecoding(dirname(path), new Set(['generation_config.json']), await plainTokenizer(scene)),
    ),
    await file('task.yaml', TASKS, 10, async (path) => {
      const prepared = await prepareTask(path, { data: folder, seed: 1, limit: 2 }, NEVER);
      prepared.items('</s>');
    }),
    await file(
      'data.jsonl',
      ['{"a":1,"b":[1,{"c":null}]}\n{"a":2.5,"b":[]}\n', '{"q":"x","choices":["a"],"label":0}\n'.repeat(20)],
      6,
      readDocuments,
    ),
    await file('data.json', ['[{"a":1},{"a":2}]', '{"a":[1,2],"b":["x","y"]}'], 4, readDocuments),
    await file('data.csv', ['a,b,c\n1,"x, y",2.5\n3,,4\n'], 4, readDocuments),
    await file('data.parquet', await goldenData('.parquet'), 4, readDocuments),
    await file('data.arrow', await goldenData('.arrow'), 4, readDocuments),
    await file('results_2026-01-01T00-00-00.000000.json', [RESULTS], 6, readResults),
    await file('samples_t_2026-01-01T00-00-00.000000.jsonl', [SAMPLES_LINES], 6, readResults),
    await file(
      'x.diagnosis.json',
      ['{"kind":"portllm diagnosis","version":1,"diagnosis":{},"probe":null}'],
      3,
      readDiagnosis,
    ),
    await file(
      'extraction/portllm-extraction.json',
      ['{"tuned":{},"oldBase":{},"tensors":[],"files":[],"sha256":""}'],
      2,
      (path) => verifyExtraction(dirname(path), () => undefined, NEVER),
    ),
    { name: 'Jinja template', weight: 120, seeds: TEMPLATES.map((text) => Buffer.from(text)), read: renderOnce },
    { name: 'Python pattern', weight: 60, seeds: PATTERNS.map((text) => Buffer.from(text)), read: matchOnce },
  ];
}

let plain: ReturnType<typeof openTokenizer> | undefined;

function plainTokenizer(scene: Scene): ReturnType<typeof openTokenizer> {
  return (plain ??= openTokenizer(scene.source('tuned')));
}

const VARIABLES = new Map<string, never>(
  Object.entries({ q: 'What is it?', choices: ['yes', 'no'], label: 1, doc: new Map(), x: 'abc'.repeat(50) }) as [
    string,
    never,
  ][],
);

/** Whoever renders says which file and line; the template's own error is enough here. */
function renderOnce(bytes: Buffer): void {
  try {
    render(bytes.toString('utf8'), VARIABLES);
  } catch (error) {
    throw error instanceof TemplateError ? new InputError(error.message, undefined, { cause: error }) : error;
  }
}

function matchOnce(bytes: Buffer): void {
  try {
    const pattern = pythonRegex(bytes.toString('utf8'));
    pattern.findAll('The answer is 42, or (B). '.repeat(40));
  } catch (error) {
    throw error instanceof PatternError ? new InputError(error.message, undefined, { cause: error }) : error;
  }
}

const TEMPLATES = [
  '{{ q.strip() }}\nA. {{ choices[0] }}\nB. {{ choices[1] }}\nAnswer:',
  '{% for c in choices %}{{ loop.index }}. {{ c|upper }}{% if not loop.last %}, {% endif %}{% endfor %}',
  '{% set a = x.split("b") %}{{ a|length }}{{ a[1:3]|join("-") }}{{ x|replace("a", "bb")|truncate(9) }}',
  '{{ "%s and %d" % (q, label) }}{{ {"a": 1}["a"] }}{{ [1, 2]|sum }}{{ (1 if label else 2) }}{{ x ~ q }}{{ label ** 3 }}',
  '{{ range(5)|list }}{{ x|regex_replace("a+", "b") }}{{ q|tojson }}{{ x.ljust(10, "x") }}{{ x|indent }}{{ [3, 1]|sort }}',
];
const PATTERNS = [
  '(\\-?[0-9\\.\\,]+)',
  'The answer is (?P<a>\\-?\\d+)',
  '[A-D](?:\\)|\\.)?',
  '(?i)^\\s*(yes|no)\\b',
  '#### (.*)',
  '(?s)a.*?b|\\w{2,5}',
];
const TASKS = [
  'task: t\ndataset_path: json\ndataset_kwargs:\n  data_files:\n    test: docs.jsonl\ntest_split: test\noutput_type: multiple_choice\ndoc_to_text: "{{q}}"\ndoc_to_choice: choices\ndoc_to_target: label\nmetric_list:\n  - metric: acc\n    aggregation: mean\n    higher_is_better: true\n',
  'task: g\ndataset_path: json\ndataset_kwargs:\n  data_files: docs.jsonl\ntest_split: train\noutput_type: generate_until\ndoc_to_text: "Q: {{q}}\\nA:"\ndoc_to_target: "{{choices[label]}}"\ngeneration_kwargs:\n  until: ["\\n"]\nfilter_list:\n  - name: x\n    filter:\n      - function: regex\n        regex_pattern: "(\\\\d+)"\n      - function: take_first\nnum_fewshot: 1\nmetadata:\n  version: 1.0\n',
];
const RESULTS = JSON.stringify({
  results: { t: { alias: 't', 'acc,none': 0.5, 'acc_stderr,none': 0.1, sample_len: 2 } },
  configs: { t: { task: 't', output_type: 'multiple_choice', metric_list: [{ metric: 'acc' }] } },
  versions: { t: 1 },
  'n-shot': { t: 0 },
  higher_is_better: { t: { acc: true } },
  'n-samples': { t: { original: 2, effective: 2 } },
  config: { model: 'hf', model_args: 'pretrained=x', batch_size: 1 },
  model_name: 'x',
  date: 1.5,
});
const SAMPLES_LINES = [0, 1]
  .map((id) =>
    JSON.stringify({
      doc_id: id,
      doc: { q: 'x' },
      target: '0',
      arguments: { gen_args_0: { arg_0: 'a', arg_1: 'b' } },
      resps: [[['-1.0', 'True']]],
      filtered_resps: [['-1.0', 'True']],
      acc: id,
      doc_hash: 'a',
      prompt_hash: 'b',
      target_hash: 'c',
    }),
  )
  .join('\n');
const SMALL_TOKENIZERS = [
  '{"version":"1.0","added_tokens":[{"id":0,"content":"<s>","special":true,"single_word":false,"lstrip":false,"rstrip":false,"normalized":false}],"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"String":" "},"content":"_"}]},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"\\\\p{N}{1,3}|[^\\\\s\\\\p{L}]+|\\\\p{L}+"},"behavior":"Isolated","invert":false},"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{"<s>":{"id":"<s>","ids":[0],"tokens":["<s>"]}}},"decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},"model":{"type":"BPE","dropout":null,"unk_token":"<s>","continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"vocab":{"<s>":0,"a":1,"b":2,"ab":3,"c":4},"merges":["a b"]}}',
  '{"version":"1.0","added_tokens":[],"normalizer":null,"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},"post_processor":null,"decoder":null,"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0],["a",-1.5],["b",-2.0]],"byte_fallback":false}}',
];

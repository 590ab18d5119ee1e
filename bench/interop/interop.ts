/**
 * What PortLLM writes, opened by the tools that people will open it with: `docs/interop.md`.
 *
 *     npm run interop -- DIR
 *
 * DIR gets a Python environment with transformers, peft and lm-eval, and llama.cpp's converters, which are taken from the source
 * package of llama-cpp-python where that can be had. Ends with 1 where something does not open, or scores differ.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ROOT } from '../../test/support/paths.ts';
import { machine } from '../support/measure.ts';
import { pythonIn } from '../support/python.ts';

const LLAMA_CPP = { name: 'llama-cpp-python', version: '0.3.25' };

const TASK = `task: kind
dataset_path: json
dataset_kwargs:
  data_files:
    test: kind.test.jsonl
test_split: test
output_type: multiple_choice
doc_to_text: "{{context}}"
doc_to_choice: "{{choices}}"
doc_to_target: gold
target_delimiter: ""
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
`;

interface Scores {
  readonly items: number;
  readonly accuracy_of_lm_eval: number;
  readonly accuracy_of_ours: number;
  readonly items_that_differ: number;
  readonly table_of_lm_eval: string;
}

interface Found {
  readonly versions: Readonly<Record<string, string>>;
  readonly loading: {
    readonly missing_or_unexpected: Readonly<Record<string, readonly string[]>>;
    readonly checkpoint_elements_unlike_pefts_merge: number;
    readonly elements: number;
    readonly adapter_against_the_patch_on_the_new_base: number;
    readonly checkpoint_against_adapter: number;
    readonly largest_logit: number;
  };
  readonly lm_eval: Readonly<Record<'checkpoint' | 'adapter', Scores>>;
  readonly llama_cpp: {
    readonly tensors: number;
    readonly of_the_adapter: number;
    readonly norms_are_the_same: boolean;
  } | null;
}

const folder = resolve(process.argv[2] ?? 'bench-models');
const work = join(folder, 'interop');
const [patch, base] = [join(ROOT, 'samples/patches/kind'), join(ROOT, 'samples/models/storyteller-v2')];

function run(program: string, args: readonly string[]): string {
  // lm-eval resolves the data file of a task against the working folder.
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: work, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

function portllm(...args: readonly string[]): void {
  run(process.execPath, [join(ROOT, 'dist/cli.js'), ...args]);
}

/** Ports, and our own scores of them. */
function prepare(): void {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, 'base'), base);
  writeFileSync(join(work, 'patch'), patch);
  writeFileSync(join(work, 'kind.yaml'), TASK);
  cpSync(join(ROOT, 'samples/tasks/kind.test.jsonl'), join(work, 'kind.test.jsonl'));
  for (const kind of ['checkpoint', 'adapter'])
    portllm('port', patch, '--onto', base, '--out', join(work, kind), '--as', kind, '--device', 'cpu');
  const task = ['--task', join(work, 'kind.yaml'), '--data', work, '--device', 'cpu', '--bootstrap', '0'];
  portllm('evaluate', join(work, 'checkpoint'), ...task, '--out', join(work, 'ours', 'checkpoint'));
  const patched = ['--patch', join(work, 'adapter')];
  portllm('evaluate', base, ...patched, ...task, '--out', join(work, 'ours', 'adapter'));
}

/** The converters alone, out of a source package; without a network there are none. */
function fetchLlamaCpp(python: string): void {
  const { name, version } = LLAMA_CPP;
  const stem = `${name.replaceAll('-', '_')}-${version}`;
  const sources = join(folder, stem, 'vendor', 'llama.cpp');
  if (!existsSync(sources)) {
    const options = ['--quiet', '--no-deps', '--no-binary', name, '--dest', folder];
    if (spawnSync(python, ['-m', 'pip', 'download', `${name}==${version}`, ...options]).status !== 0) return;
    run('tar', ['xzf', join(folder, `${stem}.tar.gz`), '-C', folder]);
  }
  cpSync(sources, join(work, 'llama.cpp'), {
    recursive: true,
    filter: (path) => path === sources || /convert_|gguf-py|conversion|requirements/.test(path),
  });
}

const exponent = (value: number): string => value.toExponential(1);
const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

function page({ versions, loading, lm_eval: scores, llama_cpp: llama }: Found): string {
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const row = (name: string, { items, accuracy_of_ours, accuracy_of_lm_eval, items_that_differ }: Scores): string =>
    `| ${name} | ${items} | ${percent(accuracy_of_ours)} | ${percent(accuracy_of_lm_eval)} | ${items_that_differ} |`;
  const converted =
    llama === null
      ? 'Not tried: its sources could not be had.'
      : `\`convert_lora_to_gguf.py\` of ${LLAMA_CPP.name} ${LLAMA_CPP.version} converts the ported adapter: ${llama.tensors} of ${llama.of_the_adapter} tensors, norms ${llama.norms_are_the_same ? 'the same' : 'DIFFERENT'}.`;
  return `# Interop

What PortLLM writes, opened by the tools that people will open it with. Written by \`npm run interop\`: the sample patch \`kind\` on
storyteller-v2, as a checkpoint and as an adapter; ${used.join(', ')}; ${machine()}, float32.

## transformers and PEFT

- \`AutoModelForCausalLM.from_pretrained\` of the checkpoint misses no tensor and finds no other one: ${Object.keys(loading.missing_or_unexpected).length} complaints.
- Of its ${loading.elements.toLocaleString('en')} elements, ${loading.checkpoint_elements_unlike_pefts_merge} are not those of PEFT's \`merge_and_unload\` in bfloat16.
- \`PeftModel.from_pretrained\` of the adapter on the new base gives the logits of the old patch on it, within
  ${exponent(loading.adapter_against_the_patch_on_the_new_base)}; the checkpoint's are ${exponent(loading.checkpoint_against_adapter)} away, as it is rounded to bfloat16 (logits up to
  ${loading.largest_logit.toFixed(0)}).

## lm-evaluation-harness

One task file for both, all items: \`portllm evaluate\`, and \`hf\` with \`pretrained\`, or with \`peft\` on the new base.

| | items | accuracy, ours | accuracy, lm-eval's | items that differ |
| --- | ---: | ---: | ---: | ---: |
${row('checkpoint', scores.checkpoint)}
${row('adapter', scores.adapter)}

Its own functions find our files, and print them (\`get_results_filenames\`, \`get_sample_results_filenames\`, \`make_table\`):

\`\`\`text
${scores.adapter.table_of_lm_eval.trim()}
\`\`\`

## llama.cpp

${converted}
`;
}

prepare();
const python = pythonIn(folder, 'peft');
fetchLlamaCpp(python);
run(python, ['-m', 'pip', 'install', '--quiet', 'lm_eval==0.4.13', 'safetensors']);
const output =
  run(python, [join(import.meta.dirname, 'interop.py'), work])
    .trim()
    .split('\n')
    .at(-1) ?? '';
const found = JSON.parse(output) as Found;
writeFileSync(join(ROOT, 'docs', 'interop.md'), page(found));
console.log(readdirSync(work).join(' '));
const isSame =
  Object.keys(found.loading.missing_or_unexpected).length === 0 &&
  found.loading.checkpoint_elements_unlike_pefts_merge === 0 &&
  Object.values(found.lm_eval).every(({ items_that_differ: differing }) => differing === 0) &&
  found.llama_cpp?.norms_are_the_same !== false;
process.exitCode = isSame ? 0 : 1;

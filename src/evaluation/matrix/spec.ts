import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import { InputError } from '../../base/errors.ts';
import { readYamlFile } from '../../base/yamlFile.ts';
import { MEMORY_MODES } from '../../model/weights/memory.ts';
import { OUTPUT_KINDS } from '../../port/plan/planTypes.ts';
import { BOS_MODES } from '../request.ts';

const name = z.string().regex(/^[^\r\n\0]{1,80}$/, 'it must be one line of at most 80 characters');
const path = z.string().min(1);
const folders = z.record(name, path).refine((named) => Object.keys(named).length > 0, 'it is empty');
const count = z.int().positive();

/** What a matrix is asked for. In a file, paths are relative to it. */
export const MATRIX_SPEC = z.strictObject({
  patches: folders.describe('The patches: a name for each, and its folder.'),
  bases: folders.describe('The new bases to port them onto: a name for each, and its folder.'),
  tasks: z.array(path).min(1).describe('Tasks: names of built-in ones, YAML files, or files of prompts and answers.'),
  scales: z.array(z.number()).min(1).optional().describe('What each patch is multiplied with. Without it 1.'),
  old: path.optional().describe('The old base that the patches were trained on, where a patch stands for its weights.'),
  retrained: z
    .record(name, z.record(name, path))
    .optional()
    .describe(
      'Patches that were trained on a new base, for the recovery: by its name, then by the patch that they stand beside.',
    ),
  outputs: z
    .enum(OUTPUT_KINDS)
    .optional()
    .describe('What to write of each port. Without it nothing is written but results.'),
  data: path.optional().describe("Where the tasks' documents are."),
  limit: count.optional().describe('Only the first documents of each task.'),
  fewShot: z.int().nonnegative().optional().describe("Examples before each question, instead of the task's number."),
  maxGenToks: count.optional().describe("Tokens of a generated text, instead of the task's number."),
  bos: z.enum(BOS_MODES).optional().describe("A BOS token before the text: the tokenizer's way, always, never."),
  memory: z.enum(MEMORY_MODES).optional().describe('Weights widened in memory, or mapped. Without it what fits.'),
  seed: z.int().nonnegative().optional().describe('Of the few-shot examples. Without it 1234.'),
});
export type MatrixSpec = z.output<typeof MATRIX_SPEC>;

/** @throws InputError if it cannot be read, or does not say what it must */
export async function readSpec(file: string): Promise<MatrixSpec> {
  const keys = Object.keys(MATRIX_SPEC.shape).join(', ');
  const spec = await readYamlFile(file, MATRIX_SPEC, `It may hold ${keys}; patches, bases and tasks it must.`);
  assertNamed(spec, file);
  return absolute(spec, dirname(resolve(file)));
}

/** Where a matrix goes unless told: beside its file, by its name. */
export function folderOfSpec(file: string): string {
  return resolve(file).replace(/(\.portllm-matrix)?\.[^./\\]+$/, '');
}

/** `base + patch@0.5` */
export function portedLabel(base: string, patch: string, scale: number): string {
  return `${base} + ${patch}${scale === 1 ? '' : `@${scale}`}`;
}

/** @throws InputError if something is named twice, or stands for what is not there */
function assertNamed({ patches, bases, scales = [], tasks, retrained = {} }: MatrixSpec, file: string): void {
  for (const [what, values] of [
    ['scale', scales],
    ['task', tasks],
  ] as const) {
    const twice = values.find((value, at) => (values as unknown[]).indexOf(value) < at);
    if (twice !== undefined) throw new InputError(`${file}: the ${what} ${twice} is named twice.`);
  }
  const labels = Object.keys(patches).flatMap((patch) =>
    (scales.length === 0 ? [1] : scales).map((scale) => portedLabel('', patch, scale)),
  );
  const same = labels.find((label, at) => labels.indexOf(label) < at);
  if (same !== undefined)
    throw new InputError(`${file}: two patches would be called ${same.slice(3)}.`, 'Name one otherwise.');
  for (const [base, own] of Object.entries(retrained)) {
    if (!Object.hasOwn(bases, base))
      throw new InputError(`${file}: retrained names ${base}, which is none of the bases.`);
    const unknown = Object.keys(own).find((patch) => !Object.hasOwn(patches, patch));
    if (unknown !== undefined)
      throw new InputError(`${file}: retrained names ${unknown}, which is none of the patches.`);
  }
}

function absolute(spec: MatrixSpec, folder: string): MatrixSpec {
  const from = (file: string): string => resolve(folder, file);
  const all = (named: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(named).map(([key, file]) => [key, from(file)]));
  const { patches, bases, tasks, old, retrained, data } = spec;
  return {
    ...spec,
    patches: all(patches),
    bases: all(bases),
    tasks: tasks.map((task) => (/[/\\.]/.test(task) ? from(task) : task)),
    old: old === undefined ? undefined : from(old),
    data: data === undefined ? undefined : from(data),
    retrained: retrained && Object.fromEntries(Object.entries(retrained).map(([base, own]) => [base, all(own)])),
  };
}

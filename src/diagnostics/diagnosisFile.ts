import * as z from 'zod';
import { readJsonFile } from '../base/jsonFile.ts';
import { writeWhole } from '../base/writeWhole.ts';
import type { Probe } from './probeTypes.ts';
import { MODULE_GROUPS, VERDICTS, WEIGHTS, type Diagnosis } from './types.ts';

/** What `portllm diagnose --out` and the editor write: the figures, when they were taken, and by which version. */
export const DIAGNOSIS_ENDING = '.diagnosis.json';
const VERSION = 1;

/** JSON knows neither NaN nor infinity. */
const number = z
  .number()
  .nullable()
  .transform((value) => value ?? NaN);
const maybe = z.number().nullable();
const beside = z.object({ value: number, chance: number });
const rounding = z.object({ absorbed: number, error: number });
const roundings = z.object({ BF16: rounding, F16: rounding, F32: rounding });
const counts = z.array(z.number());
const angles = z.object({ cosines: counts, chance: counts });
const norms = z.object({ delta: number, weight: number, evolution: maybe, oldWeight: maybe });
const retrained = z.object({ norm: number, distance: beside, cosine: beside }).nullable();
const text = z.string();

export const TENSOR_DIAGNOSIS = z.object({
  ...{ target: text, module: text, layer: maybe, type: text, group: z.enum(MODULE_GROUPS) },
  ...{ shape: z.array(z.number()), dtype: text, method: text },
  norms,
  spectrum: z.object({ values: z.array(z.number()), complete: z.boolean(), stableRank: number }),
  lineage: maybe,
  alignment: z.object({ cosine: beside, columns: beside.nullable(), rows: beside.nullable() }).nullable(),
  kept: z.object({ newBase: number, oldBase: maybe, chance: number }).nullable(),
  rounding: roundings,
  retrained,
  angles: z.object({ columns: angles, rows: angles }).nullable(),
  histogram: z.object({
    from: z.number(),
    counts,
    absorbed: z.object({ BF16: counts, F16: counts, F32: counts }),
  }),
});

const aggregate = z.object({
  ...{
    name: text,
    tensors: z.number(),
    norms,
    lineage: maybe,
    cosine: beside.nullable(),
    rounding: roundings,
    retrained,
  },
});

const checkpoint = z.object({
  ...{ path: text, name: text, revision: text.nullable(), architecture: text, parameters: z.number(), dtype: text },
  ...{ bytes: z.number(), configSha256: text },
  files: z.array(z.object({ name: text, bytes: z.number(), headerSha256: text, sha256: text.nullable() })),
});

const finding = z.object({
  verdict: z.enum(WEIGHTS),
  text,
  grade: z.enum(['certain', 'A', 'B', 'C']),
  // It becomes a link.
  source: z.url({ protocol: /^https$/ }).nullable(),
  figure: text.optional(),
});

export const DIAGNOSE_REQUEST = z.object({
  ...{ patch: text, onto: text, from: text.optional(), against: text.optional(), scale: z.number() },
  directions: z.number(),
});

const diagnosis: z.ZodType<Diagnosis> = z.object({
  request: DIAGNOSE_REQUEST,
  patch: z.object({
    ...{ path: text, name: text, baseName: text.nullable(), method: text, ranks: z.array(z.number()), dtype: text },
    rankStabilised: z.boolean(),
  }),
  newBase: checkpoint,
  oldBase: checkpoint.nullable(),
  tensors: z.array(TENSOR_DIAGNOSIS).min(1),
  all: aggregate,
  layers: z.array(aggregate),
  types: z.array(aggregate),
  groups: z.array(aggregate),
  summary: z.object({
    verdict: z.enum(VERDICTS),
    findings: z.array(finding),
    next: z.array(z.object({ text, command: text.nullable() })),
  }),
});

const estimate = z.object({ value: number, stderr: maybe });
const point = z.object({
  ...{ parameter: z.number(), loss: number, stderr: maybe, tokens: z.number(), lossPerToken: number, accuracy: maybe },
  ...{ against0: estimate, against1: estimate },
});
const points = z.array(point);
const probe: z.ZodType<Probe> = z.object({
  ...{ patch: text, scale: z.number(), onto: text, from: text.nullable() },
  tasks: z.array(
    z.object({
      ...{ task: text, outputType: text, items: z.number(), documents: z.number() },
      blend: z.object({ points, barrier: estimate.extend({ at: z.number() }) }).nullable(),
      scales: z.object({
        points,
        rise: estimate.extend({ from: z.number(), to: z.number() }).nullable(),
        minimum: z.number(),
      }),
    }),
  ),
  findings: z.array(finding),
  notes: z.array(text),
  warnings: z.array(text),
});

const FILE = z.object({
  ...{ portllm: text, version: z.literal(VERSION), made: z.iso.datetime(), diagnosis },
  probe: probe.nullable(),
});
export type DiagnosisFile = z.output<typeof FILE>;

export function diagnosisFile(found: Diagnosis, probed: Probe | null, toolVersion: string, made: Date): DiagnosisFile {
  return { portllm: toolVersion, version: VERSION, made: made.toISOString(), diagnosis: found, probe: probed };
}

/** @throws InputError if it cannot be read, or is something else */
export function readDiagnosis(path: string): Promise<DiagnosisFile> {
  return readJsonFile(path, FILE);
}

/** @throws UserError if it exists already, or cannot be written */
export async function writeDiagnosis(path: string, file: DiagnosisFile): Promise<void> {
  await writeWhole(path, `${JSON.stringify(file, null, 1)}\n`, false);
}

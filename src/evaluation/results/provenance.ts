import * as z from 'zod';
import { COLUMN_ROLES } from '../request.ts';
import type { ColumnFacts } from './types.ts';

/** The version of lm-eval whose semantics and files these are. */
export const LM_EVAL_VERSION = '0.4.13';

const text = z.string();
const count = z.int().nonnegative();

const column = z.object({
  label: text,
  role: z.enum(COLUMN_ROLES).nullable(),
  model: text,
  modelName: text,
  architecture: text,
  parameters: z.number(),
  dtype: text,
  modelSha256: text.nullable(),
  patches: z.array(z.object({ path: text, name: text, sha256: text, settingsSha256: text, scale: z.number() })),
  exported: z.boolean(),
  control: z.number().nullable(),
  device: text,
  memory: text.nullable(),
  bos: text,
  maxLength: count,
  tokenizerSha256: text,
  specialTokens: z.object({ bos: text.nullable(), eos: text.nullable() }),
  endpoint: text.nullable(),
  warnings: z.array(text),
}) satisfies z.ZodType<ColumnFacts>;

const task = z.object({
  source: text,
  hash: text,
  fewShot: count,
  documents: count,
  limit: count.nullable(),
  dataFiles: z.array(z.object({ path: text, sha256: text })),
  complete: z.boolean(),
  seconds: z.number(),
  truncated: count,
});

/** What a results file of ours says beyond lm-eval's keys, under one key of its own. */
export const RESULTS_PROVENANCE = z.object({
  version: text,
  emulates: text,
  column,
  tasks: z.record(z.string(), task),
  request: z.object({ bos: text, seed: z.number(), bootstrapIterations: count }),
});

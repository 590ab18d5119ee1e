import * as z from 'zod';
import { MEMORY_MODES } from '../../../model/weights/memory.ts';
import { COMBINATIONS } from '../../../patch/combine/arithmetic.ts';
import { TIED_CHOICES } from '../../../port/plan/planTypes.ts';
import { BOS_MODES, COLUMN_ROLES, type EvaluateRequest } from '../../request.ts';

const text = z.string();

const patch = z.object({
  patch: text,
  weight: z.number().optional(),
  plus: z.array(z.object({ patch: text, weight: z.number() })).optional(),
  combine: z.object({ combination: z.enum(COMBINATIONS), density: z.number(), seed: z.number() }).optional(),
  from: text.optional(),
  scale: z.number(),
  tied: z.enum(TIED_CHOICES).optional(),
});

const column = z.object({
  label: text,
  role: z.enum(COLUMN_ROLES).optional(),
  model: text,
  patches: z.array(patch),
  exported: z.boolean().optional(),
  control: z.object({ seed: z.number() }).optional(),
  endpoint: z
    .object({ url: text, keyVariable: text.optional(), tokenizer: text, loadAdapter: text.optional() })
    .optional(),
});

/** An `EvaluateRequest` as parts leave it for whoever puts them together; fields in one order, so that texts can be compared. */
export const EVALUATE_REQUEST: z.ZodType<EvaluateRequest> = z.object({
  columns: z.array(column),
  tasks: z.array(text),
  data: text.optional(),
  limit: z.number().optional(),
  maxNewTokens: z.number().optional(),
  fewShot: z.number().optional(),
  bos: z.enum(BOS_MODES),
  scales: z.array(z.number()).optional(),
  memory: z.enum(MEMORY_MODES).optional(),
  batchTokens: z.number().optional(),
  bootstrapIterations: z.number(),
  seed: z.number(),
  out: text,
});

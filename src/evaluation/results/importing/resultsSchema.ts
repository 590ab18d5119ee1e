import * as z from 'zod';
import { RESULTS_PROVENANCE } from '../provenance.ts';

const byTask = <T extends z.ZodType>(of: T): z.ZodRecord<z.ZodString, T> => z.record(z.string(), of);

const CONFIG = z.object({
  metric_list: z
    .array(
      z.object({
        metric: z.unknown().optional(),
        // A function's source where the task names one.
        aggregation: z.unknown().optional(),
        higher_is_better: z.unknown().optional(),
      }),
    )
    .nullish(),
  filter_list: z.array(z.object({ name: z.string() })).nullish(),
});

/** What is read of a results file; lm-eval's own description is lm_eval/result_schema.py. Old versions lack some keys. */
export const RESULTS = z.object({
  results: byTask(byTask(z.unknown())),
  group_subtasks: byTask(z.array(z.string())).nullish(),
  configs: byTask(CONFIG).nullish(),
  versions: byTask(z.unknown()).nullish(),
  'n-shot': byTask(z.unknown()).nullish(),
  higher_is_better: byTask(byTask(z.boolean().nullable())).nullish(),
  'n-samples': byTask(z.object({ original: z.number(), effective: z.number() })).nullish(),
  config: z.object({ model_args: z.unknown().optional(), limit: z.number().nullish() }).nullish(),
  lm_eval_version: z.string().nullish(),
  model_name: z.string().nullish(),
  portllm: RESULTS_PROVENANCE.optional(),
});
export type ResultsJson = z.output<typeof RESULTS>;

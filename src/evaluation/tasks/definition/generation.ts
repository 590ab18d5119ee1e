import * as z from 'zod';
import type { GenerationDefinition } from '../task.ts';
import { fail, read, type Path, type Source } from './source.ts';

/** lm-eval's default of max_gen_toks (lm_eval/defaults.py and HFLM.max_gen_toks, 0.4.13). */
const DEFAULT_MAX_TOKENS = 256;
/** In the order in which lm-eval takes the first that is given (models/utils.py, `normalize_gen_kwargs`). */
const LENGTHS = ['max_gen_toks', 'max_new_tokens', 'max_tokens', 'max_completion_tokens'] as const;

const text = z.string().min(1, 'an empty text would stop at once');
/** More than any model can read. */
const MAX_LENGTH = 10_000_000;
const MAX_ENDS = 100;
const length = z
  .union([
    z.int().positive().max(MAX_LENGTH),
    z
      .string()
      .regex(/^[1-9]\d{0,6}$/)
      .transform(Number),
  ])
  .nullish();
const schema = z.looseObject({
  until: z
    .union([text, z.array(text)])
    .nullish()
    .refine((ends) => !Array.isArray(ends) || ends.length <= MAX_ENDS, `more than ${MAX_ENDS} texts`),
  do_sample: z.boolean().nullish(),
  temperature: z.coerce.number().nullish(),
  max_gen_toks: length,
  max_new_tokens: length,
  max_tokens: length,
  max_completion_tokens: length,
  num_beams: z.literal(1, 'only greedy generation is supported').nullish(),
});
/** They change what is drawn, and nothing is drawn. */
const WITHOUT_EFFECT = new Set(['top_p', 'top_k', 'min_p', 'seed']);

/** @throws InputError for anything but greedy generation */
export function readGeneration(source: Source, value: unknown, fewShotDelimiter: string): GenerationDefinition {
  const path: Path = ['generation_kwargs'];
  const kwargs = read(source, path, value ?? {}, schema);
  for (const key of Object.keys(kwargs))
    if (!Object.hasOwn(schema.shape, key) && !WITHOUT_EFFECT.has(key)) fail(source, [...path, key], 'is not supported');
  const samples = kwargs.do_sample ?? (kwargs.temperature ?? 0) > 0;
  if (samples)
    fail(
      source,
      [...path, kwargs.do_sample === true ? 'do_sample' : 'temperature'],
      'asks for sampling; only greedy generation is supported',
    );
  const until = kwargs.until ?? ('until' in kwargs ? [] : fewShotDelimiter);
  const given = LENGTHS.map((name) => kwargs[name]).find((each) => each != null);
  return { until: typeof until === 'string' ? [until] : until, maxTokens: given ?? DEFAULT_MAX_TOKENS };
}

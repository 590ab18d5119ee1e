import * as z from 'zod';
import { readJsonFile } from '../../base/jsonFile.ts';

/** What a results file says of its run, ours or lm-eval's, that no comparison needs. */
export interface RunFacts {
  readonly fewShot: readonly (readonly [task: string, examples: number])[];
  readonly limit: number | null;
  readonly bootstrap: number | null;
  /** The version of lm-eval whose numbers these are. */
  readonly lmEval: string | null;
}

const number = z.number().nullish().catch(null);
const RESULTS = z.object({
  'n-shot': z.record(z.string(), z.number()).catch({}).default({}),
  config: z.object({ limit: number, bootstrap_iters: number }).catch({}).default({}),
  lm_eval_version: z.string().nullish().catch(null),
});

/** Of what can be read; samples files say nothing of it. */
export async function readRunFacts(files: readonly string[]): Promise<RunFacts[]> {
  const runs = await Promise.all(
    files.map(async (file): Promise<RunFacts[]> => {
      const results = await readJsonFile(file, RESULTS).catch(() => undefined);
      if (results === undefined) return [];
      const { config, lm_eval_version: lmEval } = results;
      return [
        {
          fewShot: Object.entries(results['n-shot']),
          limit: config.limit ?? null,
          bootstrap: config.bootstrap_iters ?? null,
          lmEval: lmEval ?? null,
        },
      ];
    }),
  );
  return runs.flat();
}

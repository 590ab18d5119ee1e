import { BLENDS } from '../../diagnostics/probeTypes.ts';
import { BlendedBases } from '../../model/blended/blendedBases.ts';
import { openOverlay } from '../../model/patched/openOverlay.ts';
import type { OpenOptions } from '../run/column.ts';
import { BATCH_TOKENS, workOf } from '../run/work.ts';
import { networkScorer } from '../scoring/networkScorer.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { Measured } from './lines.ts';
import { measurePoint, type ProbeTask, type ProbeTools } from './measure.ts';
import type { ProbeRequest } from './request.ts';

/** Nothing is generated. */
const SCORING = { endTokens: [], repetitionPenalty: 1 };

/** W_old + t·(W_new − W_old) + Δ, but for the port at t = 1, which the scales have too. */
export interface PlannedBlends extends AsyncDisposable {
  readonly warnings: readonly string[];
  /** @throws InputError with the estimate if a blend would not fit into memory */
  assertFits(tasks: readonly ProbeTask[], tokenizer: Tokenizer): void;
  /** Point by point, each task. */
  measure(tasks: readonly ProbeTask[], tokenizer: Tokenizer, options: OpenOptions): Promise<Measured[][]>;
}

/**
 * @returns undefined where no old base was named
 * @throws InputError if there is no line between the bases
 */
export async function planBlends(
  { from, onto, patch, scale, bos, batchTokens = BATCH_TOKENS }: ProbeRequest,
  { runtime, kernel }: Pick<ProbeTools, 'runtime' | 'kernel'>,
): Promise<PlannedBlends | undefined> {
  if (from === undefined) return undefined;
  const bases = await BlendedBases.open(from, onto, runtime);
  const own = [{ patch, scale, from }];
  const encodingOf = (tokenizer: Tokenizer) => ({ tokenizer, bos, maxLength: bases.maxLength });
  return {
    warnings: bases.warnings,
    assertFits(tasks, tokenizer) {
      const items = tasks.flatMap((task) => task.items);
      bases.assertFits({ ...workOf(items, encodingOf(tokenizer), batchTokens), replaced: 0 });
    },
    async measure(tasks, tokenizer, options) {
      const measured: Measured[][] = [];
      for (const t of BLENDS.filter((blend) => blend < 1)) {
        const network = await bases.network(
          t,
          async (base) => (await openOverlay(onto, own, { kernel, exported: false, base, ...options })).overlay,
          options,
        );
        const scorer = networkScorer(network, { ...encodingOf(tokenizer), ...SCORING, batchTokens });
        measured.push(await measurePoint(t, `t = ${t}`, scorer, tasks, options));
      }
      return measured;
    },
    [Symbol.asyncDispose]: () => bases[Symbol.asyncDispose](),
  };
}

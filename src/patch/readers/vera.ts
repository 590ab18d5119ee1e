import type { AdapterConfig } from '../adapterConfig.ts';
import { refuse, type Group, type Read } from '../change.ts';

/** VeRA: two vectors for each module, and two matrices that all modules share, if they were saved. */
export function readVera(
  { module, entries, rules }: Group,
  config: AdapterConfig,
  groups: ReadonlyMap<string, Group>,
): Read[] {
  const shared = groups.get('')?.entries;
  const [a, b] = [shared?.get('vera_A'), shared?.get('vera_B')];
  const [outputs, ranks] = [entries.get('vera_lambda_b'), entries.get('vera_lambda_d')];
  const partner = outputs ?? ranks;
  if (partner === undefined) return [];
  if (outputs === undefined || ranks === undefined) return [refuse(partner.name, 'its partner is missing')];
  if (a === undefined || b === undefined)
    return [
      refuse(
        partner.name,
        'its random projections were not saved (save_projection), and only PyTorch can draw them again: ' +
          `load the patch with PEFT (projection_prng_key ${config.projection_prng_key ?? 'unknown'}) and save it with them`,
        'pure delta',
      ),
    ];
  const [rank = 0, widest = 0] = a.shape;
  const [out = 0] = outputs.shape;
  if (rank === 0 || ranks.shape[0] !== rank || b.shape[1] !== rank || (b.shape[0] ?? 0) < out)
    return [refuse(partner.name, 'its projections do not fit it')];
  return [
    {
      module,
      parameter: 'weight',
      kind: 'pure delta',
      rules,
      recipe: {
        method: 'VeRA',
        tensors: { a: a.name, b: b.name, outputs: outputs.name, ranks: ranks.name },
        shape: [out, null],
        linear: true,
        rank,
        widest,
      },
    },
  ];
}

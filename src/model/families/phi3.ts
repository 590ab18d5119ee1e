import { ropeParameters, rotatedShare } from '../config.ts';
import { makeRope } from '../rope.ts';
import { decoder, layersOf, type Family } from './decoder.ts';

/** One matrix for queries, keys and values, one for gate and up; part of each head may stay unrotated. */
export const phi3: Family = (input) => {
  const { config } = input;
  const base = decoder({ ...input, config: { ...config, rope_scaling: null, rope_parameters: null } });
  const parameters = ropeParameters(config, 10_000);
  // Older files say "su" or "yarn" and mean longrope (transformers' configuration_phi3.py).
  const type = ['su', 'yarn'].includes(parameters.type) ? 'longrope' : parameters.type;
  const dimension = Math.floor(base.headSize * rotatedShare(config));
  return {
    ...base,
    fused: true,
    ropes: [makeRope({ ...parameters, type }, dimension, base.maxLength)],
    layers: layersOf(config, () => config.sliding_window ?? undefined),
  };
};

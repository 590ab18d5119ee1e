import { ropeParameters, rotatedShare } from '../config.ts';
import { makeRope } from '../rope.ts';
import { decoder, DEFAULT_THETA, layersOf, type Family } from './decoder.ts';

/** One matrix for queries, keys and values, one for gate and up; part of each head may stay unrotated. */
export const phi3: Family = (input) => {
  const { config } = input;
  const plain = { ...input, config: { ...config, rope_scaling: null, rope_parameters: null } };
  const base = decoder(plain, { maxLength: 4096, epsilon: 1e-5 });
  const parameters = ropeParameters(config, DEFAULT_THETA);
  // Older files say "su" or "yarn" and mean longrope (transformers' configuration_phi3.py).
  const type = ['su', 'yarn'].includes(parameters.type) ? 'longrope' : parameters.type;
  // Phi3Config has one of its own, which counts before that of the rotary embedding.
  const originalLength = config.original_max_position_embeddings ?? 4096;
  const dimension = Math.floor(base.headSize * rotatedShare(config));
  return {
    ...base,
    fused: true,
    ropes: [makeRope({ ...parameters, type, originalLength }, dimension, base.maxLength)],
    layers: layersOf(config, () => config.sliding_window ?? undefined),
  };
};

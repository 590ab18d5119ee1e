import { InputError } from '../../base/errors.ts';
import { ropeParameters } from '../config.ts';
import { makeRope } from '../rope.ts';
import { activationOf, decoder, slides, type Family } from './decoder.ts';
import { gemmaNorms, HEAD_SIZE } from './gemma.ts';

const DEFAULT_WINDOW = 4096;
const DEFAULT_PATTERN = 6;
const THETA = { full_attention: 1_000_000, sliding_attention: 10_000 } as const;

/** Gemma 3's text part: normed heads, five sliding layers to one that is not, each kind with its rotary embedding. */
export const gemma3: Family = (input) => {
  const { config } = input;
  if (config.use_bidirectional_attention === true)
    throw new InputError(
      'config.json: use_bidirectional_attention makes this an encoder, which has no log-likelihoods.',
    );
  const plain = { ...input, config: { ...config, rope_scaling: null, rope_parameters: null } };
  const base = decoder(plain, { maxLength: 131_072, keyValueHeads: 4, headSize: HEAD_SIZE });
  const pattern = config.sliding_window_pattern ?? DEFAULT_PATTERN;
  const sliding = slides(config, (layer) => (layer + 1) % pattern !== 0);
  const ropes = (['full_attention', 'sliding_attention'] as const).map((type) =>
    makeRope(ropeParameters(config, THETA[type], type), base.headSize, base.maxLength),
  );
  const window = config.sliding_window ?? DEFAULT_WINDOW;
  return {
    ...base,
    ...gemmaNorms(input),
    activation: activationOf(config.hidden_activation ?? 'gelu_pytorch_tanh'),
    ropes,
    layers: base.layers.map((_, i) => (sliding(i) ? { window, rope: 1 } : { window: undefined, rope: 0 })),
    headNorms: true,
    sandwichNorms: true,
    attentionScale: (config.query_pre_attn_scalar ?? 256) ** -0.5,
    attentionCap: config.attn_logit_softcapping ?? undefined,
    logitCap: config.final_logit_softcapping ?? undefined,
  };
};

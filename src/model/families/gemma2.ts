import { activationOf, decoder, layersOf, orDefault, slides, type Family } from './decoder.ts';
import { GEMMA_LENGTH, gemmaNorms, HEAD_SIZE } from './gemma.ts';

const DEFAULT_WINDOW = 4096;

/** Gemma with norms after each part, capped scores and logits, and every other layer sliding. */
export const gemma2: Family = (input) => {
  const { config } = input;
  const sliding = slides(config, (layer) => layer % 2 === 0);
  return {
    ...decoder(input, { maxLength: GEMMA_LENGTH, keyValueHeads: 4, headSize: HEAD_SIZE }),
    ...gemmaNorms(input),
    activation: activationOf(config.hidden_activation ?? 'gelu_pytorch_tanh'),
    layers: layersOf(config, (layer) => (sliding(layer) ? (config.sliding_window ?? DEFAULT_WINDOW) : undefined)),
    sandwichNorms: true,
    attentionScale: (config.query_pre_attn_scalar ?? 256) ** -0.5,
    attentionCap: orDefault(config.attn_logit_softcapping, 50),
    logitCap: orDefault(config.final_logit_softcapping, 30),
  };
};

/** Architectures whose linears are Conv1D, stored [in, out] (transformers/pytorch_utils.py), and which ones are. */
const MODELS = new Set(['gpt2', 'openai-gpt', 'imagegpt', 'decision_transformer']);
const MODULES = /(^|\.)(c_attn|c_proj|c_fc|q_attn)$/;

export function hasConv1d(modelType: string): boolean {
  return MODELS.has(modelType);
}

/** In one of these architectures. */
export function isConv1d(module: string): boolean {
  return MODULES.test(module);
}

import type { ModuleGroup } from './types.ts';

const ATTENTION = /(^|[._])(attn|attention|self_attn|q_proj|k_proj|v_proj|o_proj|qkv|query|key|value)([._]|$)/;
const FEED_FORWARD =
  /(^|[._])(mlp|ffn|feed_forward|experts|block_sparse_moe|gate_proj|up_proj|down_proj|fc1|fc2)([._]|$)/;

/** By the names that transformers' decoders give their modules. */
export function groupOf(module: string): ModuleGroup {
  if (ATTENTION.test(module)) return 'attention';
  return FEED_FORWARD.test(module) ? 'feed-forward' : 'other';
}

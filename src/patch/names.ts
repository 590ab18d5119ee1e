/** A key as PEFT itself would have written it, and by which rules it became so; none for a key that was so already. */
export interface CanonicalKey {
  readonly key: string;
  readonly rules: readonly string[];
}

export const PREFIX = 'base_model.model.';

/** The leaves that PEFT's methods add to a module; an adapter's name may follow. */
const LEAF =
  'lora_[ABE]|lora_embedding_[AB]|lora_magnitude_vector|hada_[wt][12](?:_[ab])?|lokr_[wt][12](?:_[ab])?|ia3_l|' +
  'vera_lambda_[bd]|oft_[Rr]|boft_[Rs]|(?:token_adapter\\.)?trainable_tokens_(?:delta|original)';
const ENDS_IN_LEAF = new RegExp(`\\.(?:${LEAF})(?:\\.[^.]+)?(?:\\.(?:weight|bias))?$`);
const ADAPTER_NAME = new RegExp(`(\\.(?:${LEAF}))\\.(?!weight$|bias$)[^.]+(\\.(?:weight|bias))?$`);
const MODULE_COPY = /\.modules_to_save\.(?:[^.]+\.(?=[^.]+))?/;

/**
 * Undoes what wrappers do to names. Each rule is announced in the plan, and a name that it leads to
 * must still be found in the base, in the right shape: nothing is guessed.
 */
export function canonicalKey(key: string): CanonicalKey {
  const rules: string[] = [];
  let name = key;
  const apply = (rule: string, changed: string): void => {
    if (changed === name) return;
    name = changed;
    rules.push(rule);
  };
  apply('without _orig_mod. (torch.compile)', name.replaceAll(/(^|\.)_orig_mod\./g, '$1'));
  apply('without module. (data parallel)', name.replace(/^(base_model\.model\.)?module\./, '$1'));
  if (ENDS_IN_LEAF.test(name) && !name.startsWith(PREFIX)) apply(`with ${PREFIX} in front`, PREFIX + name);
  apply('without the adapter name', name.replace(ADAPTER_NAME, '$1$2'));
  apply('without modules_to_save', name.replace(MODULE_COPY, '.'));
  return { key: name, rules };
}

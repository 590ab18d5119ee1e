/** A key as PEFT itself would have written it, and by which rules it became so; none for a key that was so already. */
export interface CanonicalKey {
  readonly key: string;
  readonly rules: readonly string[];
}

export const PREFIX = 'base_model.model.';
const FACTOR_LEAF = /\.lora_(?:[AB](?:\.[^.]+)?\.weight|embedding_[AB](?:\.[^.]+)?)$/;
const ADAPTER_NAME = /(\.lora_[AB])\.([^.]+)(\.weight)$|(\.lora_embedding_[AB])\.([^.]+)$/;

/**
 * Undoes what wrappers do to names (formats.md §2.1). Each rule is announced in the plan, and a name that it leads to
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
  if (FACTOR_LEAF.test(name) && !name.startsWith(PREFIX)) apply(`with ${PREFIX} in front`, PREFIX + name);
  apply('without the adapter name', name.replace(ADAPTER_NAME, '$1$3$4'));
  return { key: name, rules };
}

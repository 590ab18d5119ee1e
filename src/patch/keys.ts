import { canonicalKey, PREFIX } from './names.ts';

/** How a tensor of a patch relates to the base. */
export type PatchKind = 'pure delta' | 'base-relative' | 'absolute' | 'unportable';

/** The part that a tensor plays in its module: PEFT's own leaf, or `saved.` and the parameter it replaces. */
export type Role = string;

/** A tensor of a patch: `module` has no `base_model.model.` prefix. */
export interface PatchKey {
  readonly module: string;
  readonly role: Role;
  /** How the name was mended before it was read; empty for PEFT's own. */
  readonly rules: readonly string[];
}

/** A tensor that is recognised but not ported, with the reason. */
export interface RefusedKey {
  readonly kind: PatchKind;
  readonly reason: string;
}

const LEAVES: readonly (readonly [leaf: RegExp, role: (found: RegExpExecArray) => Role])[] = [
  [
    /\.(lora_[AB])\.(weight|bias)$/,
    ([, factor, parameter]) => (parameter === 'bias' ? `${factor}.bias` : (factor ?? '')),
  ],
  [/\.(lora_[ABE]|ranknum)$/, ([, factor]) => factor ?? ''],
  [/\.(lora_embedding_[AB])$/, ([, factor]) => factor ?? ''],
  [/\.lora_magnitude_vector(?:\.weight)?$/, () => 'magnitude'],
  [/\.((?:hada|lokr)_[wt][12](?:_[ab])?)$/, ([, factor]) => factor ?? ''],
  [/\.(ia3_l|vera_lambda_[bd]|boft_[Rs])$/, ([, factor]) => factor ?? ''],
  [/\.oft_[Rr](?:\.weight)?$/, () => 'oft_R'],
  [/\.oft_embedding_R(?:\.weight)?$/, () => 'oft_embedding_R'],
  [/\.(?:token_adapter\.)?trainable_tokens_delta$/, () => 'rows'],
  // Anything follows: a dot that stops at line ends would begin again at each of many such parts.
  [/\.original_module\.([^]+)$/, ([, parameter]) => `original.${parameter}`],
  [/\.(?:base_layer|ln_tuning_layers)\.([^.]+)$/, ([, parameter]) => `saved.${parameter}`],
  [/\.(num_batches_tracked)$/, () => 'original.counter'],
  [/\.(lora_monteclora_sampler\.[^.]+|lora_velora_embed)$/, ([, state]) => `original.${state}`],
];

/** Leaves that nothing can be made of. */
const REFUSALS: readonly (readonly [leaf: RegExp, reason: string])[] = [
  [/\.lora_diag/, 'a KaSA diagonal, on a truncated base'],
  [/prompt_embeddings$/, 'a prompt, which has no weights to add to'],
  [/\.trainable_tokens_original$/, "a copy of the old base's token rows, which PEFT does not load"],
  [/\.(lora|hada|lokr|ia3|vera|oft|boft|adalora)_[^.]*(\.[^.]+)?$/, 'a tensor of an unknown kind'],
];

/** No module is nested so deeply. */
const LONGEST = 4096;

/** Reads one key of adapter_model.safetensors. */
export function parseKey(written: string): PatchKey | RefusedKey {
  if (written.length > LONGEST) return { kind: 'unportable', reason: `its name has more than ${LONGEST} characters` };
  const { key, rules } = canonicalKey(written);
  if (/^base_model\.vera_[AB]$/.test(key)) return { module: '', role: key.slice('base_model.'.length), rules };
  if (!key.startsWith(PREFIX)) return { kind: 'unportable', reason: `its name does not begin with ${PREFIX}` };
  const rest = key.slice(PREFIX.length);
  for (const [leaf, role] of LEAVES) {
    const match = leaf.exec(rest);
    if (match) return { module: rest.slice(0, match.index), role: role(match), rules };
  }
  const refusal = REFUSALS.find(([leaf]) => leaf.test(rest));
  if (refusal) return { kind: 'unportable', reason: refusal[1] };
  const dot = rest.lastIndexOf('.');
  if (dot < 0) return { kind: 'unportable', reason: 'a tensor of an unknown kind' };
  return { module: rest.slice(0, dot), role: `saved.${rest.slice(dot + 1)}`, rules };
}

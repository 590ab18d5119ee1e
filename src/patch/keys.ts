import { canonicalKey, PREFIX } from './names.ts';

/** How a tensor of a patch relates to the base (DESIGN: "kind of a patch tensor"). */
export type PatchKind = 'pure delta' | 'base-relative' | 'absolute' | 'unportable';

export type FactorRole = 'A' | 'B';

/** A LoRA factor: `module` has no `base_model.model.` prefix. */
export interface FactorKey {
  readonly factor: FactorRole;
  readonly module: string;
  readonly embedding: boolean;
  /** How the name was mended before it was read; empty for PEFT's own. */
  readonly rules: readonly string[];
}

/** A tensor that is recognised but not ported, with the reason. */
export interface RefusedKey {
  readonly kind: PatchKind;
  readonly reason: string;
}

const FACTOR = /^(.+)\.lora_([AB])\.weight$/;
const EMBEDDING_FACTOR = /^(.+)\.lora_embedding_([AB])$/;

/** Every other leaf of PEFT's grammar (formats.md §2.1), first match wins. */
const REFUSALS: readonly (readonly [leaf: RegExp, kind: PatchKind, reason: string])[] = [
  [
    /\.base_layer\.lora_[AB]\.weight$/,
    'pure delta',
    'a factor on the parameters of experts (target_parameters), not supported yet',
  ],
  [/\.lora_magnitude_vector(\..+)?$/, 'base-relative', 'a DoRA magnitude, relative to the old base'],
  [/\.lora_B\.bias$/, 'pure delta', 'a LoRA bias (lora_bias), not supported yet'],
  [/\.base_layer\.(weight|bias)$/, 'absolute', "a saved copy of the old base's own weights"],
  [
    /\.modules_to_save(\.[^.]+)?\.[^.]+$/,
    'absolute',
    'a whole module trained in place of the old one (modules_to_save)',
  ],
  [/\.original_module\.[^.]+$/, 'absolute', 'a saved copy of the old module'],
  [/\.trainable_tokens_delta$/, 'absolute', 'whole rows of the embedding, despite the name (trainable tokens)'],
  [/\.lora_diag/, 'unportable', 'a KaSA diagonal, on a truncated base'],
  [/prompt_embeddings$/, 'unportable', 'a prompt, which has no weights to add to'],
  [/\.bias$/, 'absolute', 'a whole bias vector trained in place of the old one'],
  [/\.weight$/, 'absolute', 'a whole weight trained in place of the old one (modules_to_save)'],
];

/** Reads one key of adapter_model.safetensors. */
export function parseKey(written: string): FactorKey | RefusedKey {
  const { key, rules } = canonicalKey(written);
  if (!key.startsWith(PREFIX)) return { kind: 'unportable', reason: `its name does not begin with ${PREFIX}` };
  const rest = key.slice(PREFIX.length);
  for (const [pattern, embedding] of [
    [FACTOR, false],
    [EMBEDDING_FACTOR, true],
  ] as const) {
    const match = pattern.exec(rest);
    if (match?.[1] !== undefined && !match[1].endsWith('.base_layer'))
      return { module: match[1], factor: match[2] === 'A' ? 'A' : 'B', embedding, rules };
  }
  const refusal = REFUSALS.find(([leaf]) => leaf.test(rest));
  return refusal
    ? { kind: refusal[1], reason: refusal[2] }
    : { kind: 'unportable', reason: 'a tensor of an unknown kind' };
}
